"""Captions: a transcript cut into cues that can be read along, and written as SRT, WebVTT and text.

The numbers are those of broadcasters' guidelines: at most two lines of 42 columns, cues of at most 7 seconds, one line
where one is enough, lines that break before a conjunction or a preposition and after punctuation (Netflix Timed Text
Style Guide, General Requirements, and BBC Subtitle Guidelines, "Line breaks"). A full-width character takes two columns
(Unicode Standard Annex 11); lines of Japanese, Chinese and Korean are shorter, as their guides have it, and where there
are no spaces they break between phrases, which BudouX knows (https://github.com/google/budoux).
"""

import json
import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import srt

from chalicelib.domain.tracks import Moment, Passage, clock
from chalicelib.speech.speakers import name_of
from chalicelib.speech.transcripts import (
    Segment,
    Transcript,
    Word,
    as_line,
    clean,
    is_mark,
    is_opening,
    is_spaced,
    join,
)

if TYPE_CHECKING:
    import budoux

COLUMNS = 42
_COLUMNS_OF = {"ja": 26, "zh": 32, "ko": 32}
"""Thirteen full-width characters of Japanese, sixteen of Chinese and Korean (Netflix's guides for these languages)."""

_PHRASES_OF = {"ja": "ja", "zh": "zh-hans", "zh-tw": "zh-hant", "zh-hant": "zh-hant", "zh-hk": "zh-hant", "th": "th"}
"""BudouX's models, by language."""

MIN_MS = 1000
LEAST_MS = 250
"""How long a cue is on the screen at least where others wait already: two who interrupt each other, word by word."""

MAX_MS = 7000
LINGER_MS = 750
"""How long a cue may stay after its last word, where nothing follows."""

DASH = "- "
"""Before what another speaker says than the one before, where a format has no place for who speaks."""

_MAY_WAIT_MS = 1500
"""How late a cue may begin, so that the one before it can be read."""

SILENCE_MS = 1500
"""A pause that no cue reaches across; long enough for a cue of one short word to last `MIN_MS` before it."""

_PARAGRAPH_WORDS = 120
_PARAGRAPH_PAUSE = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption on the screen: times in seconds, exact to the millisecond, and one or two lines of plain text."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The cue as an item of the `captions.json` document."""
        return {"StartTime": self.start, "EndTime": self.end, "Speaker": self.speaker, "Lines": list(self.lines)}


def cues(transcript: Transcript) -> list[Cue]:
    """Cut a transcript into cues, in time linear in its words.

    Of all ways to cut what one speaker says between two silences the cheapest is found, by dynamic programming: a cue
    costs something, and so does a break in the middle of a phrase.

    What always holds: a cue has one or two lines of at most 42 columns, the words of one speaker, lasts at most 7 s,
    never begins before its first word nor before the end of the cue ahead of it. It ends at most 0.75 s after its last
    word, unless it needs more to last 1 s. It lasts 1 s at least, unless the next would have to wait for more than
    a second and a half: then a quarter of a second at least. Only where words come faster than that (many with one time
    stamp) are cues shown ever later, one after the other, until a pause lets them catch up.
    """
    spans = sorted((span for turn in _turns(transcript) for span in _cut(turn)), key=lambda span: span.start)
    next_starts = [*(span.start for span in spans[1:]), math.inf]
    made = []
    free = 0
    for span, next_start in zip(spans, next_starts, strict=False):
        start = max(span.start, free)
        wanted = min(span.end + LINGER_MS, next_start)
        least = max(min(start + MIN_MS, next_start + _MAY_WAIT_MS), start + LEAST_MS)
        free = int(min(max(wanted, least), start + MAX_MS))
        made.append(Cue(start / 1000, free / 1000, span.lines, span.speaker))
    return made


def to_srt(cues: Sequence[Cue]) -> str:
    """The cues as SubRip, with a dash where another begins to speak.

    It has no escapes, so what a player could take for markup is replaced by look-alikes.
    """
    import srt  # every function of the app loads this file at its start, and most write no captions

    speakers = [cues[0].speaker if cues else None, *(cue.speaker for cue in cues)]
    written: str = srt.compose(
        (
            srt.Subtitle(
                number,
                timedelta(milliseconds=round(cue.start * 1000)),
                timedelta(milliseconds=round(cue.end * 1000)),
                (DASH if cue.speaker != before else "") + "\n".join(cue.lines).translate(SRT_LOOK_ALIKES),
            )
            for number, (before, cue) in enumerate(zip(speakers, cues, strict=False), start=1)
        ),
        reindex=False,
    )
    return written


def to_webvtt(cues: Sequence[Cue]) -> str:
    """The cues as WebVTT (https://www.w3.org/TR/webvtt1/), each in its speaker's voice span where one is known."""
    from webvtt import Caption, WebVTT  # as srt

    captions = []
    for cue in cues:
        name = as_line(name_of(cue.speaker)) if cue.speaker else ""
        voice = f"<v {_escape(name)}>" if name else ""
        text = voice + _escape("\n".join(cue.lines))
        captions.append(Caption(_webvtt_time(cue.start), _webvtt_time(cue.end), text))
    return WebVTT(captions=captions).content.rstrip("\n") + "\n"


def passages(document: bytes) -> Iterator[Passage]:
    """The captions in a document that `to_srt` wrote, each on one line."""
    for cue in srt.parse(document.decode()):
        moment = Moment(cue.start.total_seconds(), cue.end.total_seconds())
        yield Passage(" ".join(cue.content.split()), moment)


def written(transcript: Transcript, captions: Sequence[Cue]) -> dict[str, str]:
    """The captions of a transcript, and its text, by what the files' names end in."""
    return {"srt": to_srt(captions), "vtt": to_webvtt(captions), "txt": to_text(transcript)}


def to_text(transcript: Transcript) -> str:
    """The transcript for people: paragraphs with the time (h:mm:ss) and the speaker's name, where known.

    A paragraph is one line: whoever shows it breaks it better than we could, and no space is lost.
    """
    written = []
    for paragraph in _paragraphs(transcript):
        first = paragraph[0]
        name = f" {as_line(name_of(first.speaker))}:" if first.speaker else ""
        text = as_line(join(segment.text for segment in paragraph))
        written.append(f"[{clock(first.start, with_hours=True)}]{name} {text}")
    return "\n\n".join(written) + "\n" if written else ""


def with_note(text: str, ending: str, note: str) -> str:
    """What a file with this ending says, with a `note` at its beginning for whoever reads it.

    Raises ValueError where there is no place for one, as in SubRip.
    """
    match ending:
        case "txt":
            return f"{as_line(note)}\n\n{text}" if text else f"{as_line(note)}\n"
        case "vtt":  # a comment holds no arrow, which would make a cue of it: https://www.w3.org/TR/webvtt1/#comments
            head, line, rest = text.partition("\n")
            return f"{head}{line}\nNOTE {as_line(note).replace('-->', '→')}\n{rest if rest.strip() else ''}"
    raise ValueError(f"a file that ends in {ending} has no place for a note")


SRT_LOOK_ALIKES = str.maketrans("<>{}\\", "‹›()∖")
"""Braces and `\\` too: players know `{\\an8}` and `\\N` from a kindred format."""


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _webvtt_time(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def _paragraphs(transcript: Transcript) -> Iterator[list[Segment]]:
    """Segments of one speaker, up to a length that is pleasant to read."""
    paragraph: list[Segment] = []
    words = 0
    for segment in transcript.segments:
        if paragraph and (
            segment.speaker != paragraph[0].speaker
            or segment.start - paragraph[-1].end > _PARAGRAPH_PAUSE
            or words + len(segment.words) > _PARAGRAPH_WORDS
        ):
            yield paragraph
            paragraph, words = [], 0
        paragraph.append(segment)
        words += len(segment.words)
    if paragraph:
        yield paragraph


# --- cutting --------------------------------------------------------------------------------------------------------

_LEADERS = {
    "en": "a an the and but or nor so because if when while although as than that which who to in on at by of for from "
    "with into about over under through between after before until since my your his her its our their this these",
    "de": "der die das den dem des ein eine einen einem einer und aber oder denn weil dass wenn als ob während obwohl "
    "in im an am auf aus bei mit nach von vom zu zum zur für über unter durch um mein dein sein ihr unser",
    "es": "el la los las un una unos unas y e o u pero porque que si cuando mientras aunque como de del a al en con "
    "por para sin sobre entre hasta desde mi tu su nuestro",
    "fr": "le la les un une des du de et ou mais donc car que qui si quand lorsque comme à au aux en dans sur sous "
    "avec pour par sans entre chez mon ma mes ton ta tes son sa ses notre votre leur",
    "zh": "因为 因為 但是 可是 不过 不過 如果 所以 而且 并且 並且 或者 虽然 雖然 然后 然後 "
    "在 对 對 把 被 从 從 向 和 与 與 跟",
}
_LEADING_WORDS = {language: frozenset(words.split()) for language, words in _LEADERS.items()}
"""Words that lead a phrase, so that a break before one is good and a break after one is bad."""

# What a break costs, in units of half a cue. Found by looking at real transcripts.
_CUE = 2.0
_BREAK_AT_SENTENCE = -3.0
_BREAK_AT_CLAUSE = -1.5
_BREAK_BEFORE_LEADER = -0.6
_BREAK_AFTER_LEADER = 1.5
_BREAK_IN_PHRASE = 3.0
_BREAK_IN_WORD = 4.0
_BREAK_AT_TIE = 50.0  # only where what is tied is longer than a line
_BREAK_PER_PAUSE_MS = -0.002
_LONGEST_PAUSE_MS = 1000
_LINE_BREAK = 0.5  # of what a break between two cues costs or earns
_UNBALANCED = 0.5
_UNFILLED = 1.5
_TOO_SHORT = 20.0


@dataclass(slots=True)
class _Turn:
    """What one speaker says without a silence, as columns of numbers: the search reads them millions of times.

    A token is a word, or a piece of one that is longer than a line. Times are in ms; `widths` are in columns; `gaps`
    tells what is written between a token and the one before it, `spaces` how many columns that takes (`widest` at
    most), `breaks` what a break there costs.
    """

    speaker: str | None
    columns: int
    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    spaces: list[int] = field(default_factory=list)
    widest: int = 1
    breaks: list[float] = field(default_factory=list)
    next_start: float = math.inf

    def line(self, begin: int, end: int) -> str:
        """Tokens `begin` to `end` on one line."""
        pieces = (self.gaps[at] + self.texts[at] for at in range(begin, end))
        return "".join(pieces)[len(self.gaps[begin]) :]


@dataclass(frozen=True, slots=True)
class _Span:
    """A cue to be: when its words are said (ms)."""

    start: int
    end: int
    lines: tuple[str, ...]
    speaker: str | None


def _turns(transcript: Transcript) -> list[_Turn]:
    turns: list[_Turn] = []
    before: Word | None = None
    for segment in transcript.segments:
        code = (segment.language or transcript.language or "").lower()
        language = code.partition("-")[0]
        leaders = _LEADING_WORDS.get(language, frozenset())
        begins = _begin_phrases(segment, _PHRASES_OF.get(code) or _PHRASES_OF.get(language), leaders)
        for at, word in enumerate(segment.words):
            if not (text := clean(word.written)):
                continue
            start, end = _ms(word.start), _ms(word.end)
            is_other = before is not None and before.speaker != word.speaker
            if before is None or is_other or start - _ms(before.end) >= SILENCE_MS:
                if turns:
                    turns[-1].next_start = start
                turns.append(_Turn(word.speaker, _COLUMNS_OF.get(language, COLUMNS)))
                _add(turns[-1], text, "", start, end, 0.0)
                if is_other:
                    turns[-1].widths[0] = min(turns[-1].widths[0] + len(DASH), turns[-1].columns)
            else:
                space = word.space if at else None
                if _are_tied(before, word):
                    cost = _BREAK_AT_TIE
                elif begins is not None and at not in begins and not space:
                    cost = _BREAK_IN_PHRASE
                else:
                    cost = _break_cost(before, word, leaders, at == 0) + (begins or {}).get(at, 0.0)
                _add(turns[-1], text, space, start, end, cost)
            before = word
    return turns


def _begin_phrases(segment: Segment, model: str | None, leaders: frozenset[str]) -> dict[int, float] | None:
    """Which words of a segment begin a phrase, by their number, with what a break costs there for what leads a phrase.

    None where spaces tell as much.
    """
    if model is None:
        return None
    written = [clean(word.written) for word in segment.words]
    phrases = _phrase_parser(model).parse("".join(written))
    starts = dict(zip(accumulate(map(len, phrases), initial=0), pairwise(["", *phrases]), strict=False))
    offsets = accumulate(map(len, written[:-1]), initial=0)
    return {
        at: _BREAK_AFTER_LEADER if before in leaders else _BREAK_BEFORE_LEADER if after in leaders else 0.0
        for at, offset in enumerate(offsets)
        if offset in starts
        for before, after in (starts[offset],)
    }


@cache
def _phrase_parser(model: str) -> "budoux.Parser":
    import budoux  # as srt

    return budoux.Parser(json.loads((Path(budoux.__file__).parent / "models" / f"{model}.json").read_text()))


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _are_tied(before: Word, after: Word) -> bool:
    """Whether nobody would break between two words: at a no-break space, or between « and oui in « oui »."""
    if after.space is None:
        return False
    return (
        not _NO_BREAK_SPACES.isdisjoint(after.space)
        or (is_opening(before.text[-1]) and not before.punctuation)
        or (all(map(is_mark, after.written)) and unicodedata.category(after.text[0]) in {"Pe", "Pf", "Po"})
    )


_NO_BREAK_SPACES = frozenset("\u00a0\u2007\u202f")


def _add(turn: _Turn, text: str, space: str | None, start: int, end: int, cost: float) -> None:
    """Add a word to a turn, in pieces if it is longer than a line. `space` as of a `Word`."""
    if space is None:
        space = " " if is_spaced(turn.texts[-1], text) else ""
    columns = min(_columns(space), turn.columns)  # with more, no two words have room in one line
    turn.widest = max(turn.widest, columns)
    start = max(start, turn.starts[-1]) if turn.starts else start  # times may overlap, but the order of words stands
    end = max(start, end)
    pieces = _pieces(text, turn.columns)
    for at, piece in enumerate(pieces):
        turn.texts.append(piece)
        turn.starts.append(start + (end - start) * at // len(pieces))
        turn.ends.append(start + (end - start) * (at + 1) // len(pieces))
        turn.widths.append(max(1, _columns(piece)))
        turn.gaps.append("" if at else space)
        turn.spaces.append(0 if at else columns)
        turn.breaks.append(_BREAK_IN_WORD if at else cost)


def _break_cost(before: Word, after: Word, leaders: frozenset[str], is_new_segment: bool) -> float:
    cost = _BREAK_PER_PAUSE_MS * min(max(0, _ms(after.start) - _ms(before.end)), _LONGEST_PAUSE_MS)
    if is_new_segment:
        return cost + _BREAK_AT_SENTENCE
    if before.ends_clause:
        return cost + _BREAK_AT_CLAUSE
    if before.text.lower() in leaders:
        return cost + _BREAK_AFTER_LEADER
    return cost + (_BREAK_BEFORE_LEADER if after.text.lower() in leaders else 0.0)


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    """Columns of one character: none for marks that stand on another, two for full-width ones."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _pieces(text: str, most: int) -> list[str]:
    """`text` in pieces of nearly the same width, none wider than a line of `most` columns."""
    columns = _columns(text)
    if columns <= most:
        return [text]
    target = math.ceil(columns / math.ceil(columns / (most - 1)))  # a wide character may overshoot by a column
    pieces, width = [""], 0
    for sign in _signs(text, most):
        wide = _columns(sign)
        if width and wide and (width >= target or width + wide > most):
            pieces.append("")
            width = 0
        pieces[-1] += sign
        width += wide
    return pieces


def _signs(text: str, most: int) -> Iterator[str]:
    """`text` by what readers take for one sign: a letter with its accents, emoji that are joined, a flag's two halves.

    About what https://www.unicode.org/reports/tr29/ calls grapheme clusters; none is wider than `most` columns.
    """
    start = width = 0
    for at, char in enumerate(text):
        before, wide = text[at - 1 : at], _width(char)
        goes_on = (
            not wide
            or before == _JOINER
            or unicodedata.category(char) == "Mc"
            or char in _SKINS
            or (char in _FLAGS and before in _FLAGS and at - start == 1)
        )
        if at and not (goes_on and width + wide <= most):
            yield text[start:at]
            start, width = at, 0
        width += wide
    yield text[start:]


_JOINER = "\u200d"
_SKINS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAGS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
"""Regional indicators, two of which are a flag."""


def _cut(turn: _Turn) -> Iterator[_Span]:
    """The cheapest way to cut a turn into cues."""
    count = len(turn.texts)
    edges = [0, *accumulate(width + space for width, space in zip(turn.widths, turn.spaces, strict=True))]
    costs = [0.0] + [math.inf] * count  # of the cheapest way to show the tokens so far …
    begins = [0] * (count + 1)  # … and where the last cue of it begins
    for end in range(1, count + 1):
        next_start = turn.starts[end] if end < count else turn.next_start
        for begin in range(end - 1, -1, -1):
            width = edges[end] - edges[begin] - turn.spaces[begin]
            is_too_long = width > 2 * turn.columns + turn.widest or turn.ends[end - 1] - turn.starts[begin] > MAX_MS
            if is_too_long and begin < end - 1:
                break
            cost = costs[begin] + _cue_cost(turn, edges, begin, end, width, next_start)
            if cost < costs[end]:
                costs[end], begins[end] = cost, begin
    bounds = [count]
    while bounds[-1] > 0:
        bounds.append(begins[bounds[-1]])
    for begin, end in pairwise(reversed(bounds)):
        at, _ = _line_break(turn, edges, begin, end)
        lines = (turn.line(begin, at), turn.line(at, end)) if at < end else (turn.line(begin, end),)
        yield _Span(turn.starts[begin], turn.ends[end - 1], lines, turn.speaker)


def _cue_cost(turn: _Turn, edges: Sequence[int], begin: int, end: int, width: int, next_start: float) -> float:
    """What it costs to show tokens `begin` to `end` as one cue, and to break after them; infinite if it cannot be."""
    cost = _CUE + _UNFILLED * (1 - width / (2 * turn.columns)) ** 2
    if end < len(turn.texts):
        cost += turn.breaks[end]
    time = next_start - turn.starts[begin]
    if time < MIN_MS:
        cost += _TOO_SHORT * (1 - max(0.0, time) / MIN_MS)
    return cost if width <= turn.columns else cost + _line_break(turn, edges, begin, end)[1]


def _line_break(turn: _Turn, edges: Sequence[int], begin: int, end: int) -> tuple[int, float]:
    """Where the second line of a cue best begins, `end` for none, and what that costs; infinite if nothing fits."""
    first = edges[begin] + turn.spaces[begin]
    if edges[end] - first <= turn.columns:
        return end, 0.0
    best, least = end, math.inf
    for at in range(max(begin + 1, bisect_left(edges, edges[end] - turn.columns - turn.widest)), end):
        upper = edges[at] - first
        lower = edges[end] - edges[at] - turn.spaces[at]
        if upper > turn.columns:
            break
        cost = _LINE_BREAK * turn.breaks[at] + _UNBALANCED * abs(upper - lower) / turn.columns
        if lower <= turn.columns and cost < least:
            best, least = at, cost
    return best, least
