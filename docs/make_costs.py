"""Writes docs/costs.md from the price list: an hour of video, for each choice of engines.

python docs/make_costs.py
"""

import json
import sys
from dataclasses import MISSING, fields, replace
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.domain import presets  # noqa: E402
from chalicelib.domain.assets import Asset, AssetRef, Kind, Rendition, Status  # noqa: E402
from chalicelib.domain.costs import Cost  # noqa: E402
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream  # noqa: E402
from chalicelib.engines.costs import REQUESTS, Work, cost, prices  # noqa: E402
from chalicelib.engines.registry import charges_of  # noqa: E402
from chalicelib.settings import Settings  # noqa: E402
from chalicelib.speech.transcripts import Segment, Transcript, Word  # noqa: E402
from docs import idle_costs  # noqa: E402

PAGE = ROOT / "docs" / "costs.md"
HOUR = 3600.0
WORDS_A_MINUTE = 150
WORDS_A_SENTENCE = 15
LETTERS_A_WORD = 5
_SOURCE_GB = Decimal("2.0")
_BITS = 8 * 1000 * 1000

_ON_AWS = {
    "prober": "mediaconvert",
    "transcoder": "mediaconvert",
    "transcriber": "amazon_transcribe",
    "language_analyzer": "comprehend",
}
_PLACES = {one.name: "named-here" for one in fields(Settings) if one.default is MISSING and one.name not in _ON_AWS}
SETTINGS = Settings(**_PLACES, **_ON_AWS)  # type: ignore[arg-type]
CHOICES = {
    "As deployed": SETTINGS,
    "with a summary by Nova Lite": replace(SETTINGS, summarizer="bedrock", bedrock_model="amazon.nova-lite-v1:0"),
    "with a summary by Claude Haiku 4.5": replace(
        SETTINGS, summarizer="bedrock", bedrock_model="anthropic.claude-haiku-4-5-20251001-v1:0"
    ),
    "with personal data left out and found": replace(SETTINGS, transcribe_redact_pii=True, comprehend_pii=True),
    "with targeted sentiment and toxicity": replace(
        SETTINGS, comprehend_targeted_sentiment=True, comprehend_toxicity=True
    ),
    "with a custom language model": replace(SETTINGS, transcribe_language_model="council"),
}
SERVICES = ("mediaconvert", "transcribe", "comprehend", "bedrock")


def recording(wanted: tuple[presets.Preset, ...] = presets.DEFAULT) -> Work:
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
        kind=Kind.VIDEO,
        media=media,
        renditions=tuple(renditions),
    )
    return Work(asset, transcript(), SETTINGS)


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


def cost_of(work: Work, settings: Settings) -> Cost:
    """What the work costs with these engines."""
    work = replace(work, settings=settings)
    return cost([*(charges_of(seam, name, work) for seam, name in settings.engines.items()), REQUESTS], prices())


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
        "| engines | transcoding | transcription | language | summary | requests, functions, mail | together |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, settings in CHOICES.items():
        found = cost_of(work, settings)
        parts = [
            sum((line.usd for line in found.lines if line.item.startswith(service + ".")), Decimal(0))
            for service in SERVICES
        ]
        rest = found.usd - sum(parts)
        lines.append(f"| {name} | " + " | ".join(_usd(part) for part in (*parts, rest)) + f" | **{_usd(found.usd)}** |")
    cheaper = {
        "720p and sound only": (presets.WEB, presets.AUDIO),
        "sound only": (presets.AUDIO,),
    }
    lines += ["", "Fewer renditions cost less; what an upload asks for is made, no more:", ""]
    lines += ["| renditions | together |", "|---|--:|"]
    for name, wanted in cheaper.items():
        lines.append(f"| {name} | {_usd(cost_of(recording(wanted), SETTINGS).usd)} |")
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
