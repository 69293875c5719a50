"""What is in the texts, captions and tables that administrators bring. Pure."""

import csv
import io
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from chalicelib.domain import names
from chalicelib.learning.errors import is_by_character
from chalicelib.learning.material import (
    CAPTIONS,
    MOST_FINDINGS,
    MOST_LINES,
    MOST_TEXT_BYTES,
    TOO_MANY_LINES,
    Cut,
    Unusable,
    shown,
)
from chalicelib.message import Message

_NO_SUCH_SOUND = Message("material-no-such-sound", "Line %(line)s names a sound that is not there: %(sound)s.")
_NOT_UTF8 = Message("material-no-text-file", "It is no text in UTF-8: save it as that.")
_TOO_LONG = Message("material-text-too-long", "The file is too large: a text has at most %(most_bytes)s.")
_EMPTY = Message("material-empty", "There is nothing in it.")
_NO_HEADER = Message(
    "material-no-header",
    'The first line of the table must name its columns: "file" and "text", and for parts of a sound "start" and '
    '"end" in seconds.',
)
_BAD_QUOTE = Message(
    "material-bad-quote",
    "Line %(line)s cannot be read: a quotation mark is not closed, or stands where none belongs.",
)
_LONG_FIELD = Message("material-long-field", "Line %(line)s cannot be read: a field of it is far too long.")
_BAD_LINE = Message("material-bad-line", "Line %(line)s cannot be read: file, text, and times in seconds are wanted.")
_NO_CAPTIONS = Message("material-no-captions", "The file cannot be read as captions.")


def text_in(data: bytes) -> str:
    """The text of a file. Raises Unusable."""
    if len(data) > MOST_TEXT_BYTES:
        raise Unusable(_TOO_LONG.of(most_bytes=MOST_TEXT_BYTES))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Unusable(_NOT_UTF8) from exc
    if not text.strip():
        raise Unusable(_EMPTY)
    return text


def _lines(data: bytes) -> Iterator[str]:
    """The lines of a file, as they are asked for. Raises Unusable."""
    if len(data) > MOST_TEXT_BYTES:
        raise Unusable(_TOO_LONG.of(most_bytes=MOST_TEXT_BYTES))
    try:
        yield from io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Unusable(_NOT_UTF8) from exc


def lines_in(data: bytes) -> Iterator[str]:
    """The lines of a text that have words in them, each as one line that can be seen, as they are asked for. Raises
    Unusable, also after some lines.
    """
    is_empty = True
    for line in map(names.one_line, _lines(data)):
        if any(map(str.isalnum, line)):
            is_empty = False
            yield line
    if is_empty:
        raise Unusable(_EMPTY)


def words_of(line: str, language: str) -> int:
    """About how many words, or characters where words have no spaces, a line of `lines_in` has: quickly counted."""
    spaces = line.count(" ")
    return len(line) - spaces if is_by_character(language) else spaces + 1


def cuts_in(name: str, data: bytes) -> list[Cut]:
    """What is said in a sound, by the text or the captions of a `name`. Raises Unusable."""
    ending = names.ending_of(name)
    if ending not in CAPTIONS:
        return [Cut(" ".join(lines_in(data)))]
    text = text_in(data)
    try:
        cues = _of_srt(text) if ending == "srt" else _of_webvtt(text)
        found = list(islice(cues, MOST_LINES + 1))
    except Exception as exc:  # whatever a broken file does to whoever reads it
        raise Unusable(_NO_CAPTIONS) from exc
    if not found:
        raise Unusable(_EMPTY)
    return found


def _of_srt(text: str) -> Iterator[Cut]:
    import srt  # slow to import, and hardly ever wanted

    for cue in srt.parse(text, ignore_errors=False):
        yield from _cue(cue.content, cue.start.total_seconds(), cue.end.total_seconds())


def _of_webvtt(text: str) -> Iterator[Cut]:
    from webvtt import WebVTT  # as srt

    for cue in WebVTT.from_string(text).captions:
        yield from _cue(cue.text, cue.start_in_seconds, cue.end_in_seconds)


def _cue(text: str, start: float, end: float) -> Iterator[Cut]:
    said = names.one_line(re.sub(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}", "", text))
    if any(map(str.isalnum, said)):
        yield Cut(said, float(start), float(end))


@dataclass
class Table:
    """What is said in which sounds by so many `lines` of a table, and what is wrong with some of them: the first."""

    cuts: dict[str, list[Cut]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[Message] = field(default_factory=list)
    lines: int = 0


def table_in(data: bytes, sounds: Mapping[str, str], wanted: Collection[str], most: int = MOST_LINES) -> Table:
    """What is said in the `wanted` of the `sounds` (as `by_same_name` gives them), by at most so many lines of a table.

    Each line stands for itself: a quotation mark that is not closed costs no other line. Raises Unusable.
    """
    out = Table()
    spelt: dict[str, str | None] = {}
    header: list[str] | None = None
    for number, line in enumerate(_lines(data), 1):
        if not line.strip():
            continue
        row = _row(line, number)
        if header is None:
            header = [names.one_line(cell).casefold() for cell in row] if isinstance(row, list) else []
            if not {"file", "text"} <= set(header):
                raise Unusable(row if isinstance(row, Message) else _NO_HEADER)
            continue
        if isinstance(row, list) and not any(map(str.strip, row)):
            continue
        if out.lines == most:
            out.wrong.append(TOO_MANY_LINES.of(most=MOST_LINES))
            break
        out.lines += 1
        if isinstance(row, list):
            cells = dict(zip(header, row, strict=False))
            name, cut = cells.get("file", ""), _line(cells)
            if name not in spelt:
                spelt[name] = sounds.get(names.one_line(name).casefold())
            sound = spelt[name]
            if cut is not None and sound is not None:
                if sound in wanted:
                    out.cuts[sound].append(cut)
                continue
            row = _BAD_LINE.of(line=number) if cut is None else _NO_SUCH_SOUND.of(line=number, sound=shown(name))
        if len(out.wrong) < MOST_FINDINGS:
            out.wrong.append(row)
    if header is None:
        raise Unusable(_EMPTY)
    return out


def by_same_name(sounds: Iterable[str]) -> dict[str, str]:
    """Sounds by how the lines of tables may name them: capitals do not count."""
    return {names.one_line(name).casefold(): name for name in sounds}


def _row(line: str, number: int) -> list[str] | Message:
    """The cells of a line, or what is wrong with it."""
    if len(line) > csv.field_size_limit():
        return _LONG_FIELD.of(line=number)
    try:
        return next(csv.reader([line.rstrip("\n")], strict=True), [])
    except csv.Error:
        return _BAD_QUOTE.of(line=number)


def _line(line: Mapping[str, str]) -> Cut | None:
    text = names.one_line(line.get("text", ""))
    try:
        start = float(line.get("start", "").strip() or 0)
        end = float(line["end"]) if line.get("end", "").strip() else None
    except ValueError:
        return None
    is_span = math.isfinite(start) and start >= 0 and (end is None or (math.isfinite(end) and end > start))
    return Cut(text, start, end) if is_span and any(map(str.isalnum, text)) else None
