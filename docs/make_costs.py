"""Writes docs/costs.md from the price list: an hour of video, for each choice of engines.

python -m docs.make_costs
"""

import json
from dataclasses import MISSING, replace
from decimal import Decimal
from typing import Any

from chalicelib.domain import presets
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Options
from chalicelib.domain.fetching import PART_BYTES
from chalicelib.engines.answering import _prompt as answering_prompt
from chalicelib.engines.batch import LOADING, SHARE_OF_LENGTH, START_UP, of_machine
from chalicelib.engines.costs import PaidWork, cost, prices
from chalicelib.engines.documents.textract import Options as Textract
from chalicelib.engines.hearing.sagemaker_whisper import PACE
from chalicelib.engines.hearing.sagemaker_whisper import START_UP as UNTIL_IT_LEARNS
from chalicelib.engines.registry import chosen, module_of
from chalicelib.engines.transcription.sagemaker import hours as endpoint_hours
from chalicelib.pipeline import answering, finding
from chalicelib.pipeline.estimates import WORDS_A_MINUTE, cost_of, cost_of_question, media_of, work_on
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.seams.registry import SEAMS
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.translation import TRANSLATION
from chalicelib.seams.vision import VISION
from chalicelib.settings import Settings, declared, variable
from deployment.target import ROOT
from docs import idle_costs

PAGE = ROOT / "docs" / "costs.md"
HOUR = 3600.0
_WEBHOOK_GB = Decimal("0.5")
"""Of memory, of the function that fetches (`.chalice/config.json`)."""

_SOURCE_GB = Decimal("2.0")

_PLACES = {one.name: "named-here" for one in declared(Settings).values() if one.default is MISSING}


def deployed(**named: str) -> Settings:
    """The settings of a deployment that chooses these engines and options, by their setting."""
    engines = {seam: named.get(seam.setting, seam.on_aws or "") for seam in SEAMS}
    environment = {variable(name): value for name, value in named.items()}
    return Settings(**_PLACES, engines=engines, environment=environment)  # type: ignore[arg-type]


SETTINGS = deployed()
CHOICES = {
    "As deployed": SETTINGS,
    "with a summary by Nova Lite": deployed(summarizer="bedrock", bedrock_model="amazon.nova-lite-v1:0"),
    "with a summary by Claude Haiku 4.5": deployed(
        summarizer="bedrock", bedrock_model="anthropic.claude-haiku-4-5-20251001-v1:0"
    ),
    "with a search by meaning": deployed(embedder="bedrock", bedrock_embedding_model="cohere.embed-v4:0"),
    "with personal data left out and found": deployed(transcribe_redact_pii="true", comprehend_pii="true"),
    "with targeted sentiment": deployed(comprehend_targeted_sentiment="true"),
    "with hurtful words marked": replace(SETTINGS, ai_options=AiOptions(toxicity=True)),
    "with a custom language model": deployed(transcribe_language_model="council"),
}


def recording(wanted: tuple[presets.Preset, ...] = presets.DEFAULT, settings: Settings = SETTINGS) -> PaidWork:
    """An hour of 1080p, in which somebody speaks all the time."""
    options = Options(presets=tuple(preset.name for preset in wanted))
    return work_on(media_of(HOUR, video=True), options, settings)


def _translated() -> PaidWork:
    """The same, put into another language."""
    return replace(recording(settings=deployed(translator="amazon_translate")), languages=1)


def by_seam(work: PaidWork) -> dict[Seam[Any], Decimal]:
    """What the engine behind each seam costs, in US dollars."""
    return {seam: cost([engine.charges(work)], prices()).usd for seam, engine in chosen(work.settings)}


def page() -> str:
    """The whole of docs/costs.md."""
    listed = json.loads((ROOT / "chalicelib" / "engines" / "prices.json").read_text())
    lines = [
        "# What an hour of video costs",
        "",
        f"Computed by `docs/make_costs.py` from `chalicelib/engines/prices.json`: list prices of {listed['region']}, "
        f"as of {listed['as_of']}, without free or volume tiers. The recording: one hour of 1080p, {WORDS_A_MINUTE} "
        "words a minute, all default renditions (720p and 1080p MP4, MP3, GIF preview).",
        "",
    ]
    works = {name: recording(settings=settings) for name, settings in CHOICES.items()}
    paid = [seam for seam in SEAMS if any(by_seam(one).get(seam) for one in works.values())]
    titles = ["engines", *(seam.name for seam in paid), "requests, functions, mail", "together"]
    lines += [f"| {' | '.join(titles)} |", f"|---|{'--:|' * (len(titles) - 1)}"]
    for name, one in works.items():
        whole = cost_of(one).usd
        parts = [by_seam(one).get(seam, Decimal(0)) for seam in paid]
        cells = [_usd(part) for part in (*parts, whole - sum(parts))]
        lines.append(f"| {' | '.join([name, *cells])} | **{_usd(whole)}** |")
    cheaper = {
        "720p and sound only": (presets.WEB, presets.AUDIO),
        "sound only": (presets.AUDIO,),
    }
    lines += ["", "Fewer renditions cost less; what an upload asks for is made, no more:", ""]
    lines += ["| renditions | together |", "|---|--:|"]
    for name, wanted in cheaper.items():
        lines.append(f"| {name} | {_usd(cost_of(recording(wanted)).usd)} |")
    made = sum(map(_gigabytes, presets.chosen(presets.DEFAULT_NAMES, media_of(HOUR, video=True))))
    kept = (Decimal(made) + _SOURCE_GB) * prices().usd["s3.month"]
    lines += [
        "",
        f"Keeping it costs about {_usd(kept)} a month more: an upload of {_SOURCE_GB} GB and {made:.1f} GB of "
        "renditions. Old renditions can move to a storage class that keeps them for about a half or a sixth of that "
        "([deployment.md](deployment.md), `COLD_AFTER_DAYS`).",
        "",
        "Each sitting in which what is said is corrected costs its language and its summary once more, by the length "
        "of the whole recording: they are made anew when it ends. It is in the books by itself, in no estimate, and "
        "held against the limit of what a recording may cost, and against as many minutes a month as may be recorded. "
        "`RAPPORTEUR_ANALYSIS_OF_CORRECTIONS=false` saves it.",
        "",
        f"Captions in another language cost {_usd(by_seam(_translated())[TRANSLATION])} a language by Amazon "
        "Translate, where it is chosen and an owner asks for them; nothing by a model of one's own. The page says so "
        "before, and it is in the books by itself.",
        "",
        f"A thousand questions to the library cost at most {_asked('amazon.nova-lite-v1:0')} by Nova Lite, or "
        f"{_asked('anthropic.claude-haiku-4-5-20251001-v1:0')} by Claude Haiku 4.5, where a model of Bedrock is chosen "
        "for that (`ANSWERER=bedrock`): what it is sent is bounded, however many recordings there are. They cost "
        "nothing by a model of one's own, or by what is near in meaning on one machine. What one costs is told before "
        "and after, in the books by itself, and held against the account's limit; `RAPPORTEUR_QUESTIONS_A_DAY` bounds "
        "how many there are.",
        "",
        "MediaConvert is reckoned in its basic tier. AWS does not say plainly whether the rate control used here "
        "(QVBR) belongs there; in the professional tier an hour costs about a dollar more.",
        "",
        *looking(),
        *on_a_gpu(),
        *learning(),
        *taught(),
        *reading(),
        *searching(),
        *fetching(),
        "On one machine, with the local engines, nothing is charged.",
        "",
        *idle_costs.lines(),
        "## Beside it: transcription alone, elsewhere",
        "",
        "What other services take for the transcript of the same hour, to compare with the column *transcription*. "
        "None of them is built in; each would be one file behind the same seam (`docs/engines.md`).",
        "",
        "| service | an hour |",
        "|---|--:|",
    ]
    lines += [f"| {name} | {_usd(Decimal(price['usd']) * 60)} |" for name, price in listed["alternatives"].items()]
    lines += [
        "",
        "## The price list",
        "",
        "Where *checked* says yes, the price was read in a stored copy of a public document that quotes the source, on "
        "the day that `prices.json` has under `quoted`; where it says no, it could not be looked up where this was "
        "written. Check the source before you rely on either.",
        "",
        "| item | unit | US dollars | checked | source |",
        "|---|---|--:|---|---|",
    ]
    for item, price in {**listed["items"], **listed["idle"], **listed["alternatives"]}.items():
        checked = "yes" if price["verified"] else "no"
        lines.append(f"| {item} | {price['unit']} | {price['usd']} | {checked} | <{price['source']}> |")
    return "\n".join(lines) + "\n"


def fetching() -> list[str]:
    """What it costs to have files fetched from their addresses."""
    usd, parts = prices().usd, Decimal(1024**3) / PART_BYTES
    a_part = 3 * usd["lambda.request"] + 4 * usd["sqs.request"] + 5 * usd["dynamodb.write"] + 2 * usd["dynamodb.read"]
    a_part += usd["s3.put"]
    second = usd["lambda.gb_second"] * _WEBHOOK_GB
    quick, slow = (parts * (a_part + second * seconds) for seconds in (3, 60))
    return [
        "## What fetching a file costs",
        "",
        "What comes in from the web costs nothing to transfer. A function waits for it, with half a GB of memory, "
        f"{parts:.0f} times for a GiB: with 3 seconds for each part of 16 MiB that is ${quick:.4f} a GiB, with "
        f"a minute for each ${slow:.4f}. It is in no estimate and in no books, like what webhooks cost. None of it has "
        "been measured on AWS.",
        "",
    ]


_STILLS = {1003: "5 seconds", 1002: "2 seconds", 1: "second", 2: "half second"}
"""How often a still is taken, by the code of `frameCaptureMode`."""


def looking() -> list[str]:
    """What it costs to look at the hour, by detection: as a film, and in stills."""
    listed = prices().usd

    def seen(**asked: bool | int) -> Decimal:
        work = recording()
        options = Options(ai=AiOptions.from_json(asked))
        asked_for = replace(work, asset=replace(work.asset, options=options, done=None))
        return cost([module_of(VISION, "rekognition").charges(asked_for)], prices()).usd

    even = listed["rekognition.video"] / listed["rekognition.image"]
    segments = seen(segment=True)
    taking = (listed["mediaconvert.hd"] + listed["mediaconvert.sd"]) * 60
    lines = [
        "## What looking at it costs",
        "",
        "Each of labels, moderation, text on screen, faces, celebrities and faces of a collection is charged by "
        f"itself. Looked at as a film, one costs {_usd(seen(label=True))} an hour; shots and technical cues together "
        f"cost {_usd(segments)}, and are always found in the film. Looked at in stills (`framebased`), each still is a "
        f"picture of {listed['rekognition.image']} dollars: **below {even:.0f} stills a minute they are cheaper**, but "
        f"for taking them, which costs {_usd(taking)} an hour once: MediaConvert's price of a picture of their size, "
        "and of a small film that it insists on.",
        "",
        "| a still every | `frameCaptureMode` | one detection | six detections |",
        "|---|--:|--:|--:|",
        f"| film | 0 | {_usd(seen(label=True))} | {_usd(seen(**_ALL))} |",
    ]
    for mode, every in _STILLS.items():
        by_stills = {"framebased": True, "frameCaptureMode": mode}
        one, all_of_them = seen(label=True, **by_stills), seen(**_ALL, **by_stills)
        lines.append(f"| {every} | {mode} | {_usd(one)} | {_usd(all_of_them)} |")
    return [
        *lines,
        "",
        f"A picture costs {listed['rekognition.image']} dollars a detection. A model of custom labels costs "
        f"{listed['rekognition.custom_label']} dollars for each hour that its operator has it run, whatever it looks "
        "at; it is never started from here. Faces in collections cost "
        f"{listed['rekognition.faces_stored']} dollars each and month.",
        "",
    ]


MACHINES = {
    "Spot": "ec2.gpu_spot_hour",
    "g4dn.xlarge on demand": "ec2.g4dn_xlarge_hour",
    "g6.xlarge on demand": "ec2.g6_xlarge_hour",
    "g5.xlarge on demand": "ec2.g5_xlarge_hour",
}
IN_A_ROW = 10


def machine(hours: Decimal, kind: str) -> Decimal:
    """What a machine with a GPU costs for so long."""
    return cost([of_machine(hours, kind)], prices()).usd


def managed() -> dict[str, Decimal]:
    """What services take for what one job on a GPU does."""
    work = recording()
    asked = AiOptions.from_json({"moderation": True, "toxicity": True, "framebased": True, "frameCaptureMode": 1003})
    settings = deployed(summarizer="bedrock", bedrock_model="amazon.nova-lite-v1:0")
    work = replace(work, asset=replace(work.asset, options=Options(ai=asked), done=None), settings=settings)

    def by(seam: Seam[Any], name: str) -> Decimal:
        return cost([module_of(seam, name).charges(work)], prices()).usd

    return {
        "the transcript, by Amazon Transcribe": by(TRANSCRIPTION, "amazon_transcribe"),
        "moderation, by Rekognition in a still every 5 seconds": by(VISION, "rekognition"),
        "hurtful words, by Comprehend": by(TOXICITY, "comprehend"),
        "the summary, by Nova Lite": by(SUMMARIZING, "bedrock"),
    }


def on_a_gpu() -> list[str]:
    """What the hour costs where one job on a GPU does it, beside the services that do the same."""
    alone = START_UP + LOADING + SHARE_OF_LENGTH
    each = START_UP / IN_A_ROW + LOADING + SHARE_OF_LENGTH
    services = managed()
    spot, warm = (machine(hours, MACHINES["Spot"]) for hours in (alone, each))
    first = machine(START_UP + LOADING, MACHINES["Spot"])
    words = services["the transcript, by Amazon Transcribe"]
    minutes = {what: round(hours * 60) for what, hours in (("start", START_UP), ("load", LOADING))}
    return [
        "## What one job on a GPU costs",
        "",
        "With `GPU=on` ([deployment.md](deployment.md)) one job on a machine of your own does moderation, transcript, "
        "hurtful words and summary. **Nothing of this has been measured by us: no job has run on AWS yet.** It is "
        f"reckoned with {minutes['start']} minutes for a machine to come and to fetch the image, {minutes['load']} for "
        "each job to fetch its weights from S3 and to load its models, and "
        f"{round(SHARE_OF_LENGTH * 60)} minutes of work for an hour of speech, which is what others report of WhisperX "
        "with alignment and speakers on such cards. A Spot machine costs what the market says, by zone and hour: "
        f"{prices().usd['ec2.gpu_spot_hour']} dollars an hour is a guess at the middle. Each row has the machine, its "
        "public address and its disk.",
        "",
        f"| machine | an hour of video, alone | each of {IN_A_ROW} in a row |",
        "|---|--:|--:|",
        *(
            f"| {name} | {_usd(machine(alone, item))} | {_usd(machine(each, item))} |"
            for name, item in MACHINES.items()
        ),
        "",
        "The same by services:",
        "",
        "| what | an hour |",
        "|---|--:|",
        *(f"| {what} | {_usd(usd)} |" for what, usd in services.items()),
        f"| **together** | **{_usd(sum(services.values(), Decimal(0)))}** |",
        "",
        f"So the transcript of an hour alone, the first on its machine, costs {_usd(spot)} in place of {_usd(words)}, "
        f"and {_usd(warm)} where many come at once; moderation is what saves most, where it is wanted at all. A short "
        f"recording pays for the start of a machine like a long one, {_usd(first)} before a word is heard: below "
        f"{_break_even(words):.0f} minutes Amazon Transcribe is cheaper for one that comes alone. A machine that is "
        "taken back (Spot) has its job begin anew on another, which is paid for too; what was left until then stays. A "
        "machine that waits for the next job is paid for until Batch lets it go, some minutes later. Renditions, "
        "language and all else cost what they did.",
        "",
        "What the service tells of a recording's cost reckons one job at the Spot price, also where it was done on "
        "demand or begun anew, and leaves out a job that failed before it left a transcript: a share of the bill that "
        "only the bill knows.",
        "",
    ]


def _break_even(words: Decimal) -> Decimal:
    """How many minutes long a recording is that costs as much on a machine that comes for it as its transcript does."""
    start, minute = machine(START_UP + LOADING, MACHINES["Spot"]), machine(SHARE_OF_LENGTH, MACHINES["Spot"]) / 60
    return start / (words / 60 - minute)


def learning() -> list[str]:
    """What it costs that Transcribe learns."""
    usd = prices().usd
    hour = 60 * usd["transcribe.language_model"]
    measured = 2 * (hour + 60 * usd["transcribe.batch"])
    return [
        "## What is learnt, by Transcribe",
        "",
        "Vocabularies made of accounts' lexicons cost nothing. Neither does the training of a language model "
        "(`RAPPORTEUR_LANGUAGE_MODEL_TRAINER`, which is off unless chosen), as far as AWS says; what is heard with one "
        f"costs {_usd(hour)} an hour more, in the languages that there are models for. Whether a recording was heard "
        "with one is not noted when it is begun, so where the trainer is chosen each recording in such a language is "
        "reckoned with it. To measure a candidate, up to 40 recordings that were held out, and the sound of the "
        f"general set, are transcribed twice: at most {_usd(measured)} for each of their hours, within "
        "`RAPPORTEUR_TRAINING_LIMIT_USD` a day, by an estimate made before. A few requests to SQS, S3 and DynamoDB "
        "come beside.",
        "",
    ]


def taught() -> list[str]:
    """What it costs that Whisper is taught, and hears, on SageMaker."""
    usd = prices().usd
    spot, full, endpoint = (
        usd[f"sagemaker.{item}"] for item in ("training_spot_hour", "training.ml.g5.xlarge", "endpoint_hour")
    )
    pairs = Decimal(2)
    hours = UNTIL_IT_LEARNS / 3600 + PACE * pairs
    return [
        "## What is taught, on SageMaker",
        "",
        "Off unless chosen (`RAPPORTEUR_HEARING_TRAINER`, `RAPPORTEUR_TRANSCRIBER=sagemaker`). **Nothing of this has "
        f"been measured by us.** A training with {pairs} hours of sound is reckoned with {hours:.2f} hours of a "
        f"ml.g5.xlarge: {_usd(spot * hours)} as Spot, {_usd(full * hours)} at full price, each night that there is "
        "enough new; it never takes longer than `RAPPORTEUR_SAGEMAKER_TRAINING_HOURS`, and the estimate, at the full "
        "price of the machine chosen, is held against `RAPPORTEUR_TRAINING_LIMIT_USD` before. Of a machine that the "
        "list below does not have, `RAPPORTEUR_SAGEMAKER_INSTANCE_USD` says the price. An endpoint's machine costs the "
        "same whether it hears or "
        f"waits: an hour of speech that comes alone is reckoned with {_usd(endpoint * endpoint_hours(3600))}, with "
        "its start and the minutes until it goes. One that does not scale to zero costs "
        f"{_usd(24 * endpoint)} a day. What models and "
        "checkpoints take in S3 is little, and goes with them.",
        "",
    ]


def reading() -> list[str]:
    """What it costs to have a page read."""
    usd = prices().usd
    default = sum((usd[f"textract.{feature}"] for feature in TEXTRACT.features), Decimal(0))
    return [
        "## What reading a document costs",
        "",
        "Textract charges by the page for each thing that it looks for; the text comes with any of them. By default "
        f"that is {' and '.join(TEXTRACT.features)} ({_usd(default * 100)} for a hundred pages, and less where AWS "
        "lets the layout come with the tables); `RAPPORTEUR_TEXTRACT_FEATURES` chooses. Forms are left out by default "
        "because of their price.",
        "",
        "| what is looked for | a hundred pages |",
        "|---|--:|",
        *(
            f"| {feature} | {_usd(usd[f'textract.{feature}'] * 100)} |"
            for feature in ("text", "layout", "tables", "forms", "signatures")
        ),
        "",
    ]


_SEARCHED = 10_000
"""Recordings of an account; what follows of so many was measured (`benchmarks/search.py`)."""
_SHARDS, _BETWEEN_MERGES, _LISTED_READS = 256, 65, 750
_INDEX_GB, _WORDS_GB = Decimal("0.038"), Decimal("0.66")
_SEARCHING, _INDEXING, _MERGING = Decimal("0.7"), Decimal(4), Decimal(10)
"""Seconds of Lambda, of one GB."""

_PASSAGES, _QUESTION_TOKENS = 100, 15
_NEAR_GB, _VECTORS_GB, _NEARING = Decimal("0.064"), Decimal("0.4"), Decimal(2)
"""The same of the search by meaning (`benchmarks/meaning.py`)."""


def searching() -> list[str]:
    """What it costs to have recordings searched, in an account with many."""
    usd = prices().usd
    second = usd["lambda.gb_second"]
    search = 18 * usd["s3.get"] + 11 * usd["dynamodb.read"] + _SEARCHING * second + usd["lambda.request"]
    merge = _SHARDS * (usd["s3.get"] + usd["s3.put"]) + _MERGING * second
    # Its words and the delta are written, what there is is listed, its tracks are read.
    indexed = 4 * usd["s3.put"] + 12 * usd["s3.get"] + _LISTED_READS * usd["dynamodb.read"] + _INDEXING * second
    month = (_INDEX_GB + _WORDS_GB) * usd["s3.month"]
    return [
        "## What the search costs",
        "",
        f"In an account with {_SEARCHED:,} recordings of 8,000 words each, a thousand pages of a search cost "
        f"{_usd(search * 1000)}, and a thousand recordings that come, are corrected or renamed one by one "
        f"{_usd((indexed + merge / _BETWEEN_MERGES) * 1000)}; so they do while there are many, and less while there "
        f"are few: most of it is reading the list of all of them. An erasure costs {_usd(merge + indexed)}, several "
        f"in a minute together not much more. Index and words take {(_INDEX_GB + _WORDS_GB) * 1000:.0f} MB in S3, "
        f"{_usd(month)} a month. While nobody searches and nothing changes, that is all.",
        "",
        *by_meaning(),
    ]


def by_meaning() -> list[str]:
    """What it costs to have them searched by meaning."""
    usd = prices().usd
    hour = by_seam(recording(settings=CHOICES["with a search by meaning"]))[EMBEDDING]
    tokens = _QUESTION_TOKENS * usd["bedrock.cohere.embed-v4:0.input"] / 1000
    search = 17 * usd["s3.get"] + 5 * usd["dynamodb.read"] + _NEARING * usd["lambda.gb_second"] + usd["lambda.request"]
    month = (_NEAR_GB + _VECTORS_GB) * usd["s3.month"]
    return [
        "By meaning, where a deployment does so by Cohere's Embed v4 on Bedrock, the words of the hour cost "
        f"{_usd(hour)} once, which is in the estimate and in the books; what a correction changes is embedded again, "
        f"and is in neither. A thousand pages of a search by meaning cost {_usd((search + tokens) * 1000)} over as "
        f"many recordings of {_PASSAGES} passages, {_usd(tokens * 1000)} of it for the questions. The index takes "
        f"{_NEAR_GB * 1000:.0f} MB in S3 and passages with their vectors {_VECTORS_GB * 1000:.0f} MB, {_usd(month)} a "
        "month; while nobody searches and nothing changes, that is all. The price of the model is from a list of "
        "somebody else's, and none of this has been run on AWS.",
        "",
    ]


TEXTRACT = Textract()

_ALL = dict.fromkeys(("label", "moderation", "text", "face", "celeb", "facematch"), True)


def _gigabytes(plan: presets.OutputPlan) -> float:
    rate = (plan.video.bit_rate if plan.video else 0) + ((plan.audio.bit_rate or 0) if plan.audio else 0)
    return rate * plan.seconds / 8 / 10**6


def _asked(model: str) -> str:
    """What a thousand questions cost at most, by a model of Bedrock."""
    given = finding.MOST_BYTES + answering_prompt.MOST_LINES * answering.OVERHEAD
    return _usd(cost_of_question(given, deployed(answerer="bedrock", bedrock_answer_model=model)).usd * 1000)


def _usd(value: Decimal) -> str:
    return f"${value:.3f}" if 0 < value < Decimal("0.01") else f"${value:.2f}"


if __name__ == "__main__":
    PAGE.write_text(page())
