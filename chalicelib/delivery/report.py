"""Builds the report of a finished asset: as mail and as a page. Pure: values in, values out.

What a reader sees is written in the templates beside this file, and everything that comes from users is escaped there.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from chalicelib import keys, presets
from chalicelib.analysis import Entity, LanguageAnalysis
from chalicelib.assets import Asset, Branch, BranchStatus, Cost, Status
from chalicelib.delivery import timeline
from chalicelib.media import readable_size
from chalicelib.texts import clock
from chalicelib.transcripts import Segment, Transcript

TIMELINE_CID = "timeline@rapporteur"
"""The Content-ID (RFC 2392) under which the mail's HTML expects the picture."""

MAX_ATTACHED_BYTES = 10_000_000
"""Attachments that would make more than this together are left out of the mail, which says so. In base64 it is 14 MB,
well below what SES takes (40 MB, https://docs.aws.amazon.com/ses/latest/dg/quotas.html) and mailboxes usually allow."""

OPENING_SEGMENTS = 25
"""So many sentences of the transcript stand in the mail itself; the page has them all."""

_DIGEST_SUMMARY = 400
_LONGEST_SUBJECT_NAME = 80
_SUBJECT_ENDING = 12
_ENTITIES_A_KIND = 12

_SUBJECTS = {Status.COMPLETED: "Report", Status.FAILED: "Failed", Status.REJECTED: "Rejected"}
_BRANCHES = {
    Branch.RENDITIONS: "Making the renditions",
    Branch.SPEECH: "The transcription",
    Branch.LANGUAGE: "The language analysis",
}
_ENTITY_KINDS = {
    "PERSON": "People",
    "LOCATION": "Places",
    "ORGANIZATION": "Organisations",
    "COMMERCIAL_ITEM": "Products",
    "EVENT": "Events",
    "TITLE": "Titles",
    "DATE": "Dates",
    "QUANTITY": "Quantities",
    "OTHER": "Other",
}
_SERVICES = {
    "mediaconvert": "MediaConvert",
    "transcribe": "Amazon Transcribe",
    "comprehend": "Amazon Comprehend",
    "bedrock": "Amazon Bedrock",
}
_CENT = Decimal("0.01")

_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True)
class ReportData:
    """What there is to report; None for what the asset has not."""

    asset: Asset
    transcript: Transcript | None
    analysis: LanguageAnalysis | None
    summary: str | None
    captions_srt: str | None
    transcript_txt: str | None
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """What a digest tells of one asset that has come to its end."""

    asset: Asset
    summary: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the mail: text in UTF-8, its name without folders or control characters."""

    file_name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report.

    `text` and `html` are the two forms of the mail, whose picture is `timeline_png` under `TIMELINE_CID`; `page` stands
    alone, with the picture in it and without scripts.
    """

    subject: str
    text: str
    html: str
    page: str
    timeline_png: bytes | None
    attachments: tuple[Attachment, ...]


def build(data: ReportData) -> Report:
    """The report of an asset that has come to its end: COMPLETED, FAILED or REJECTED."""
    asset, analysis = data.asset, data.analysis
    name = keys.safe_name(asset.file_name)
    attachments, left_out = _attachments(name, data)
    picture = timeline.draw(analysis.segments, _length(asset)) if analysis and analysis.segments else None
    values = {
        "asset": asset,
        "name": name,
        "length": _length(asset),
        "language": _language(data),
        "failures": _failures(asset),
        "notes": tuple(dict.fromkeys(asset.notes)),
        "analysis": analysis,
        "moods": Counter(segment.score.label.value.lower() for segment in analysis.segments) if analysis else None,
        "entities": _entities(analysis.entities or ()) if analysis else {},
        "summary": data.summary,
        "talk_time": _talk_time(data.transcript),
        "cost": _cost(data.cost),
        "attached": [attachment.file_name for attachment in attachments],
        "left_out": left_out,
    }
    segments: Sequence[Segment] = data.transcript.segments if data.transcript else ()
    mail = values | {"segments": segments[:OPENING_SEGMENTS], "more": len(segments[OPENING_SEGMENTS:])}
    inline = base64.b64encode(picture).decode() if picture else None
    environment = _environment()
    html = environment.get_template("report.html.j2")
    return Report(
        subject=f"{_SUBJECTS[asset.status]}: {_shortened(name)}",
        text=environment.get_template("report.txt.j2").render(mail),
        html=html.render(mail, is_page=False, picture=picture and f"cid:{TIMELINE_CID}"),
        page=html.render(
            values, segments=segments, more=0, is_page=True, picture=inline and f"data:image/png;base64,{inline}"
        ),
        timeline_png=picture,
        attachments=attachments,
    )


def build_digest(entries: Sequence[DigestEntry], pages_url: str | None) -> Report:
    """One mail about all of `entries`, with links to their pages where there are pages."""
    pages = pages_url.rstrip("/") if pages_url else None
    told = [
        {
            "name": entry.asset.title or keys.safe_name(entry.asset.file_name),
            "status": entry.asset.status.value,
            "length": _length(entry.asset),
            "mood": entry.asset.mood,
            "summary": _cut(entry.summary or ""),
            "failures": _failures(entry.asset),
            "link": f"{pages}/#/asset/{entry.asset.ref.asset_id}" if pages else None,
        }
        for entry in entries
    ]
    values = {"entries": told, "settings": f"{pages}/#/settings" if pages else None}
    text = _environment().get_template("digest.txt.j2").render(values)
    html = _environment().get_template("digest.html.j2").render(values)
    first = _shortened(str(told[0]["name"]))
    subject = f"Digest: {first}" if len(told) == 1 else f"Digest: {first} and {len(told) - 1} more"
    return Report(subject, text, html, html, None, ())


def _cut(text: str) -> str:
    """The beginning of `text`, at the end of a word."""
    if len(text) <= _DIGEST_SUMMARY:
        return text
    return text[:_DIGEST_SUMMARY].rpartition(" ")[0] + " …"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": clock, "size": readable_size, "preset_title": _preset_title}
    return environment


_HARMFUL: Mapping[int, None] = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)}
    - {ord("\n"), ord("\t")}
)
"""Control characters, halves of surrogate pairs (which no UTF-8 can hold), and the signs that turn the direction of
all text after them (https://www.unicode.org/reports/tr9/, 2.1 to 2.4) and so could show `exe.4pm` as `mp4.exe`."""


def _harmless(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    return value.translate(_HARMFUL) if isinstance(value, str) and not isinstance(value, Markup) else value


def _length(asset: Asset) -> float:
    return asset.media.duration if asset.media else 0.0


def _language(data: ReportData) -> str | None:
    """The language by its name where we know it, with the code as the engine wrote it."""
    code = (data.transcript and data.transcript.language) or (data.analysis and data.analysis.language_code)
    if not code:
        return None
    name = _LANGUAGES.get(code.partition("-")[0].lower())
    return f"{name} ({code})" if name else code


def _failures(asset: Asset) -> list[str]:
    """A sentence for everything that did not work."""
    failed = [
        f"{_BRANCHES[branch]} did not work: {state.failure.message}"
        for branch, state in asset.branches.items()
        if state.status is BranchStatus.FAILED and state.failure
    ]
    return [asset.failure.message, *failed] if asset.failure else failed


def _talk_time(transcript: Transcript | None) -> list[tuple[str, float, float]]:
    """Speakers with their seconds and their share of all talk, the most talkative first."""
    seconds = transcript.talk_time() if transcript else {}
    total = sum(seconds.values()) or 1.0
    longest_first = sorted(seconds.items(), key=lambda entry: -entry[1])
    return [(speaker, spoken, spoken / total) for speaker, spoken in longest_first]


def _cost(cost: Cost | None) -> str | None:
    """What the work cost, by service where that is a cent or more; nothing is said of what cost nothing."""
    if cost is None or not cost.usd:
        return None
    services: dict[str, Decimal] = {}
    for line in cost.lines:
        name = _SERVICES.get(line.item.partition(".")[0], "Requests and the rest")
        services[name] = services.get(name, Decimal(0)) + line.usd
    dearest_first = sorted(services.items(), key=lambda entry: -entry[1])
    parts = ", ".join(f"{name} ${usd:.2f}" for name, usd in dearest_first if usd >= _CENT)
    unpriced = f" Without a price, and so not counted: {', '.join(cost.unpriced)}." if cost.unpriced else ""
    total = f"The work on this recording cost {_dollars(cost.usd)} by the list prices of {cost.as_of}"
    return f"{total} ({parts}).{unpriced}" if parts else f"{total}.{unpriced}"


def _dollars(usd: Decimal) -> str:
    return f"about ${usd:.2f}" if usd >= _CENT else "less than $0.01"


def _entities(entities: Iterable[Entity]) -> dict[str, list[str]]:
    """Names by kind, the most mentioned first."""
    kinds: dict[str, list[str]] = {}
    for entity in sorted(entities, key=lambda entity: -len(entity.times)):
        names = kinds.setdefault(_ENTITY_KINDS.get(entity.kind, entity.kind.capitalize()), [])
        if len(names) < _ENTITIES_A_KIND:
            names.append(entity.text)
    return dict(sorted(kinds.items()))


def _attachments(name: str, data: ReportData) -> tuple[tuple[Attachment, ...], list[str]]:
    """What goes with the mail, and the names of what is too large for it."""
    stem = PurePosixPath(name).stem
    attached: list[Attachment] = []
    left_out: list[str] = []
    room = MAX_ATTACHED_BYTES
    for text, ending, content_type in (
        (data.transcript_txt, ".txt", "text/plain"),
        (data.captions_srt, ".srt", "application/x-subrip"),
    ):
        if not text:
            continue
        body = text.encode()
        if len(body) > room:
            left_out.append(stem + ending)
        else:
            room -= len(body)
            attached.append(Attachment(stem + ending, content_type, body))
    return tuple(attached), left_out


def _shortened(name: str) -> str:
    """`name` as a subject line has room for it, still with its ending."""
    if len(name) <= _LONGEST_SUBJECT_NAME:
        return name
    return f"{name[: _LONGEST_SUBJECT_NAME - _SUBJECT_ENDING - 1]}…{name[-_SUBJECT_ENDING:]}"


def _preset_title(name: str) -> str:
    return presets.find(name).title
