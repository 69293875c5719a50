"""Writes docs/costs.md from the price list: an hour of video, for each choice of engines.

python docs/make_costs.py
"""

import json
import sys
from dataclasses import MISSING, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.domain import presets  # noqa: E402
from chalicelib.domain.assets import Asset, AssetRef, MediaKind, Rendition, Status  # noqa: E402
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream  # noqa: E402
from chalicelib.engines.costs import PaidWork, cost, prices  # noqa: E402
from chalicelib.engines.registry import chosen  # noqa: E402
from chalicelib.pipeline.estimates import cost_of  # noqa: E402
from chalicelib.seams.registry import SEAMS  # noqa: E402
from chalicelib.seams.seam import Seam  # noqa: E402
from chalicelib.settings import Settings, declared, variable  # noqa: E402
from chalicelib.speech.transcripts import Segment, Transcript, Word  # noqa: E402
from docs import idle_costs  # noqa: E402

PAGE = ROOT / "docs" / "costs.md"
HOUR = 3600.0
WORDS_A_MINUTE = 150
WORDS_A_SENTENCE = 15
LETTERS_A_WORD = 5
_SOURCE_GB = Decimal("2.0")
_BITS = 8 * 1000 * 1000

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
    "with personal data left out and found": deployed(transcribe_redact_pii="true", comprehend_pii="true"),
    "with targeted sentiment and toxicity": deployed(comprehend_targeted_sentiment="true", comprehend_toxicity="true"),
    "with a custom language model": deployed(transcribe_language_model="council"),
}


def recording(wanted: tuple[presets.Preset, ...] = presets.DEFAULT) -> PaidWork:
    """An hour of 1080p, in which somebody speaks all the time."""
    media = MediaInfo("mp4", HOUR, VideoStream(1920, 1080, 25.0), AudioStream("aac", 48_000, 2))
    renditions = []
    for preset in wanted:
        plan = presets.plan(preset, media)
        if plan is None:
            continue
        rate = (plan.video.bit_rate if plan.video else 0) + ((plan.audio.bit_rate or 0) if plan.audio else 0)
        size = int(rate * 1000 * plan.seconds / 8)
        sides = (plan.video.width, plan.video.height) if plan.video else (None, None)
        renditions.append(Rendition(preset.name, f"output/{preset.name}/x", size, plan.seconds, *sides))
    asset = Asset(
        AssetRef("owner-1", "0123456789abcdef"),
        "hour.mp4",
        "input/owner-1/0123456789abcdef/hour.mp4",
        Status.COMPLETED,
        0.0,
        kind=MediaKind.VIDEO,
        media=media,
        renditions=tuple(renditions),
    )
    return PaidWork(asset, transcript(), SETTINGS)


def transcript() -> Transcript:
    """150 words a minute, in sentences of 15."""
    seconds = 60 / WORDS_A_MINUTE
    words = [
        Word(at * seconds, (at + 1) * seconds, "w" * LETTERS_A_WORD) for at in range(int(HOUR / 60) * WORDS_A_MINUTE)
    ]
    segments = [
        Segment(tuple(words[first : first + WORDS_A_SENTENCE])) for first in range(0, len(words), WORDS_A_SENTENCE)
    ]
    return Transcript(tuple(segments), "en-US")


def by_seam(work: PaidWork) -> dict[Seam[Any], Decimal]:
    """What the engine behind each seam costs, in US dollars."""
    return {seam: cost([engine.charges(work)], prices()).usd for seam, engine in chosen(work.settings)}


def page() -> str:
    """The whole of docs/costs.md."""
    listed = json.loads((ROOT / "chalicelib" / "engines" / "prices.json").read_text())
    work = recording()
    lines = [
        "# What an hour of video costs",
        "",
        f"Computed by `docs/make_costs.py` from `chalicelib/engines/prices.json`: list prices of {listed['region']}, "
        f"as of {listed['as_of']}, without free or volume tiers. The recording: one hour of 1080p, {WORDS_A_MINUTE} "
        "words a minute, all default renditions (720p and 1080p MP4, MP3, GIF preview).",
        "",
    ]
    works = {name: replace(work, settings=settings) for name, settings in CHOICES.items()}
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
    made = sum(rendition.size for rendition in work.asset.renditions)
    kept = (Decimal(made) / 10**9 + _SOURCE_GB) * prices().usd["s3.month"]
    lines += [
        "",
        f"Keeping it costs about {_usd(kept)} a month more: an upload of {_SOURCE_GB} GB and {made / 10**9:.1f} GB of "
        "renditions. Old renditions can move to a storage class that keeps them for about a half or a sixth of that "
        "([deployment.md](deployment.md), `COLD_AFTER_DAYS`).",
        "",
        "MediaConvert is reckoned in its basic tier. AWS does not say plainly whether the rate control used here "
        "(QVBR) belongs there; in the professional tier an hour costs about a dollar more.",
        "",
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


def _usd(value: Decimal) -> str:
    return f"${value:.3f}" if 0 < value < Decimal("0.01") else f"${value:.2f}"


if __name__ == "__main__":
    PAGE.write_text(page())
