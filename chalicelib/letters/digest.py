"""The digest's letter: what has ended since the last one. Pure: values in, values out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.domain.assets import Asset, Status
from chalicelib.letters.letter import Letter, Picture, Reader
from chalicelib.letters.rendering import COLOURS, MAX_HTML_BYTES, as_text, cut, one_line, render, shortened, shown_name
from chalicelib.letters.report import MOODS, extent, failures_of, look_at, why
from chalicelib.letters.wording import Wording, mark

MOST_IN_FULL = 30
"""So many recordings are told in full; the rest only by name."""

MAX_PREVIEW_BYTES = 3_000_000
"""Previews that would make more than this together are left out: a digest is no place to download films."""

_GIF = (b"GIF87a", b"GIF89a")
_NAME = 120
_PREHEADER = 140


class _Measure(NamedTuple):
    """How much a letter tells in full: the number of recordings, and characters of each summary and each failure."""

    recordings: int
    summary: int
    failures: int
    failure: int


_MEASURES = (
    _Measure(MOST_IN_FULL, 400, 4, 300),
    _Measure(MOST_IN_FULL, 240, 4, 200),
    _Measure(MOST_IN_FULL, 120, 2, 120),
    _Measure(MOST_IN_FULL, 0, 1, 120),
    _Measure(MOST_IN_FULL // 3, 0, 1, 120),
    _Measure(0, 0, 0, 0),
)
"""The first of these that keeps the letter's HTML small enough is taken."""

_OF_RECORDINGS = mark("Sent by Rapporteur, once a day, because you have recordings there.")
_OF_COMMENTS = mark("Sent by Rapporteur, once a day at most, because people comment on recordings there.")

_STATUSES = {
    Status.COMPLETED: mark("Ready"),
    Status.FAILED: mark("Failed"),
    Status.REJECTED: mark("Not accepted"),
    Status.HELD: mark("Held"),
}


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """What a digest tells of one asset that has come to its end.

    `preview` is a small GIF, a picture of the recording; `link` leads to the asset's own page.
    """

    asset: Asset
    summary: str | None
    preview: bytes | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Remarks:
    """What others have done with comments on the recording called `name`: so many `comments` are new, and so many of
    the reader's own were `resolved`. `link` leads to it.
    """

    name: str
    comments: int
    resolved: int
    link: str | None = None


def build_digest(entries: Sequence[DigestEntry], reader: Reader, remarks: Sequence[Remarks] = ()) -> Letter:
    """One letter about all of `entries` and `remarks`, of which together there is at least one: what went wrong comes
    first, what was said to recordings last.
    """
    words = Wording.of(reader)
    ordered = sorted(entries, key=lambda entry: entry.asset.status is Status.COMPLETED)
    called = [shown_name(entry.asset) for entry in ordered] + [one.name for one in remarks]
    name = shortened(called[0])
    others = (len(ordered) or len(remarks)) - 1
    subject = (
        words.ngettext("Digest: %(name)s and %(count)s more", "Digest: %(name)s and %(count)s more", others, name=name)
        if others
        else words.gettext("Digest: %(name)s", name=name)
    )
    values: dict[str, Any] = {
        "words": words,
        "reader": reader,
        "subject": subject,
        "why": why(reader, words, _OF_RECORDINGS if ordered else _OF_COMMENTS),
        "is_page": False,
        "preheader": cut(", ".join(called[:5]), _PREHEADER),
        "heading": _heading(ordered, words) if ordered else words.gettext("Comments"),
        "outcomes": _outcomes(ordered, words),
        "remarks": [_said(one, words) for one in remarks[:MOST_IN_FULL]],
        "more_remarks": len(remarks[MOST_IN_FULL:]),
    }
    for measure in _MEASURES:
        full, rest = ordered[: measure.recordings], ordered[measure.recordings :]
        pictures = _pictures(full)
        values["entries"] = [_in_full(entry, pictures.get(number), measure, words) for number, entry in enumerate(full)]
        html, is_small = _with_rest(values, rest, words)
        if is_small:
            break
    return Letter(subject, as_text("digest.txt.j2", words.language, values), html, tuple(pictures.values()))


def _with_rest(values: dict[str, Any], rest: Sequence[DigestEntry], words: Wording) -> tuple[str, bool]:
    """The HTML with as many of `rest` by name as there is room for, and whether it is small enough with that.

    `values` then has what is told of the rest.
    """
    named = [{"name": cut(shown_name(entry.asset), _NAME), "link": entry.link} for entry in rest]
    while True:
        values |= {"rest": named, "more": len(rest) - len(named)}
        html = render("digest.html.j2", words.language, values)
        is_small = len(html.encode()) < MAX_HTML_BYTES
        if is_small or not named:
            return html, is_small
        named = named[: len(named) * 9 // 10]


def _said(one: Remarks, words: Wording) -> dict[str, Any]:
    facts = []
    if one.comments:
        facts.append(words.ngettext("%(count)s new comment", "%(count)s new comments", one.comments))
    if one.resolved:
        facts.append(
            words.ngettext(
                "%(count)s comment of yours was resolved", "%(count)s comments of yours were resolved", one.resolved
            )
        )
    return {"name": cut(one_line(one.name), _NAME), "facts": facts, "link": one.link}


def _in_full(entry: DigestEntry, picture: Picture | None, measure: _Measure, words: Wording) -> dict[str, Any]:
    asset = entry.asset
    name = cut(shown_name(asset), _NAME)
    mood = (asset.mood or "").lower()
    facts = [words.gettext(_STATUSES[asset.status]), *extent(asset, words)]
    facts.append(words.moment(asset.finished_at or asset.created_at))
    return {
        "name": name,
        "facts": facts,
        "mood": words.gettext(MOODS[mood]) if mood in MOODS else None,
        "colour": COLOURS.get(mood),
        "failures": [cut(failure, measure.failure) for failure in failures_of(asset, words)[: measure.failures]],
        "summary": cut(one_line(entry.summary or ""), measure.summary) if measure.summary else "",
        "link": entry.link,
        "link_text": words.gettext(look_at(asset)),
        "cid": picture.cid if picture else None,
        "picture_text": words.gettext("A picture of %(name)s", name=name),
    }


def _heading(entries: Sequence[DigestEntry], words: Wording) -> str:
    count = len(entries)
    if any(entry.asset.media and entry.asset.media.is_still for entry in entries):
        return words.ngettext("Your file", "Your %(count)s files", count)
    return words.ngettext("Your recording", "Your %(count)s recordings", count)


def _outcomes(entries: Sequence[DigestEntry], words: Wording) -> str:
    """How many came out how; nothing where all are complete."""
    counts = Counter(entry.asset.status for entry in entries)
    if counts[Status.COMPLETED] == len(entries):
        return ""
    told = []
    if count := counts[Status.COMPLETED]:
        told.append(words.ngettext("%(count)s ready", "%(count)s ready", count))
    if count := counts[Status.FAILED]:
        told.append(words.ngettext("%(count)s failed", "%(count)s failed", count))
    if count := counts[Status.REJECTED]:
        told.append(words.ngettext("%(count)s not accepted", "%(count)s not accepted", count))
    if count := counts[Status.HELD]:
        told.append(words.ngettext("%(count)s held", "%(count)s held", count))
    return words.gettext("Of them: %(counts)s.", counts=words.list(told))


def _pictures(entries: Sequence[DigestEntry]) -> dict[int, Picture]:
    """The previews that go with the letter, by the number of their entry, as long as they are small enough."""
    room = MAX_PREVIEW_BYTES
    pictures: dict[int, Picture] = {}
    for number, entry in enumerate(entries):
        data = entry.preview
        if data is None or not data.startswith(_GIF) or len(data) > room:
            continue
        room -= len(data)
        pictures[number] = Picture(f"preview-{number + 1}@rapporteur", "image/gif", data, f"preview-{number + 1}.gif")
    return pictures
