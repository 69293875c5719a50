"""A board as it is shown and taken along: its quotes as they now stand in their transcripts. As Markdown and as Word.
Pure.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.boards import Entry
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.tracks import clock
from chalicelib.speech import docx
from chalicelib.speech.docx import Paragraph, Run

MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as it now stands, from `start` to `end` (seconds) in a recording, which is called `title`.

    It `is_confirmed` if somebody stands behind each of its words, `is_corrected` if they are others than when it was
    taken. `link` plays exactly these words; None where nobody knows where the pages are.
    """

    title: str
    file_name: str
    media: MediaInfo | None
    text: str
    start: float
    end: float
    speakers: tuple[str, ...]
    is_confirmed: bool
    is_corrected: bool
    link: str | None = None


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry of a board with its quote, or with a sentence that says why there is none (`missing`)."""

    entry: Entry
    quoted: Quoted | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Phrases:
    """What files say beside the words, in their reader's language; `speaker` names one."""

    speaker: Callable[[str], str]
    unconfirmed: str
    corrected: str
    play: str

    def source(self, quoted: Quoted) -> str:
        """Who says it, and when."""
        times = f"{clock(quoted.start)}–{clock(quoted.end)}"
        return ", ".join([*map(self.speaker, quoted.speakers), times])

    def doubts(self, quoted: Quoted) -> str:
        """What is to be known of the words, if there is anything."""
        told = ((not quoted.is_confirmed, self.unconfirmed), (quoted.is_corrected, self.corrected))
        return " ".join(sentence for holds, sentence in told if holds)


# ---- Word


def to_docx(name: str, entries: Iterable[ShownEntry], phrases: Phrases) -> bytes:
    """The board as a Word document."""
    return docx.packed([Paragraph((Run(name),), "Title"), *_paragraphs(entries, phrases)])


def _paragraphs(entries: Iterable[ShownEntry], phrases: Phrases) -> Iterator[Paragraph]:
    for one in entries:
        if one.missing is not None:
            yield Paragraph((Run(one.missing, is_italic=True),), "Quote")
        if (quoted := one.quoted) is not None:
            yield Paragraph((Run(quoted.text),), "Quote")
            runs = [Run(f"{phrases.source(quoted)}  ", is_bold=True), Run(quoted.title)]
            if quoted.link is not None:
                runs += [Run("  "), Run(phrases.play, link=quoted.link)]
            if doubts := phrases.doubts(quoted):
                runs.append(Run(f"  {doubts}", is_italic=True))
            yield Paragraph(tuple(runs))
        for line in _lines(one.entry.note):
            yield Paragraph((Run(line),))


# ---- Markdown


def to_markdown(name: str, entries: Iterable[ShownEntry], phrases: Phrases) -> str:
    """The board as CommonMark: nothing that people wrote means anything in it but itself."""
    blocks = [f"# {escaped(name)}"]
    for one in entries:
        if one.missing is not None:
            blocks.append(f"> *{escaped(one.missing)}*")
        if (quoted := one.quoted) is not None:
            blocks.append(f"> {escaped(quoted.text)}")
            source = f"**{escaped(phrases.source(quoted))}**  {escaped(quoted.title)}"
            if quoted.link is not None:
                source += f"  [{escaped(phrases.play)}](<{quoted.link}>)"
            if doubts := phrases.doubts(quoted):
                source += f"\\\n*{escaped(doubts)}*"
            blocks.append(source)
        lines = list(_lines(one.entry.note))
        if lines:
            blocks.append("\\\n".join(map(escaped, lines)))
    return "\n\n".join(blocks) + "\n"


_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$%^=@]|:(?=//)|(?<=www)\.|(?<=WWW)\.")
"""What means something in Markdown wherever it stands, in the dialects too: links by themselves, tables, formulas."""

_AT_BEGINNING = re.compile(r"^(\d{1,9})([.)])|^([-+])")


def escaped(text: str) -> str:
    """A line of Markdown that shows `text`: https://spec.commonmark.org/0.31.2/#backslash-escapes"""
    line = _ACTIVE.sub(r"\\\g<0>", " ".join(text.split()))
    return _AT_BEGINNING.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line)


def _lines(note: str | None) -> Sequence[str]:
    return [line for line in (note or "").splitlines() if line.strip()]
