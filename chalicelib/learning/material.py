"""What administrators bring to learn from: sound with its text, text, or words. How it is sorted out and checked. Pure.

It is brought as a *set* of files, each by itself or in a zip. A sound belongs to the file of the same name that holds
its text (`talk.wav` and `talk.txt`) or its captions (`talk.srt`, `talk.vtt`), or to the lines of a table that name it.
What does not fit is left out, and told by its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from chalicelib.domain import names
from chalicelib.domain.media import RECORDINGS, endings
from chalicelib.domain.people import Consent
from chalicelib.learning.errors import is_by_character, tokens
from chalicelib.message import Message

LONGEST_PAIR = 30.0
"""Seconds of sound that Whisper hears at once."""

SHORTEST_PAIR = 0.1
MOST_SETS = 500
MOST_FILES = 1_000
"""Uploaded to a set; what is in a zip counts below."""

MOST_MEMBERS = 20_000
"""Files of a set, with those in its zips."""

MOST_TEXT_BYTES = 10 * 1024**2
"""Of one file of text, captions or lines of a table."""

MOST_SET_TEXT_BYTES = 50 * 1024**2
"""Of all of a set's together."""

MOST_LINES = 200_000
"""Lines of text, or parts of sounds, in a set."""

MOST_SOUND_BYTES = 2 * 1024**3
MOST_EXPANDED_BYTES = 20 * 1024**3
"""What the files of a set may come to when its zips are unpacked."""

MOST_FINDINGS = 200
_LONGEST_NAME = 200
_LONGEST_TEXT = 4_000
_LETTERS_A_SECOND = _LONGEST_TEXT / LONGEST_PAIR
"""Nobody needs to count the words of a text that has more: nobody could say it."""

_LEAST_A_SECOND, _MOST_A_SECOND = 0.2, 8.0
"""Words. Whoever reads the fastest says five."""

_MOST_CHARACTERS_A_SECOND = 16.0
_SLACK = 1.0
"""Seconds that captions may go beyond the sound: players let the last one stand."""

_SOUNDS = endings(RECORDINGS)
_TEXTS, CAPTIONS, _TABLES, _ZIPS = (
    frozenset({"txt"}),
    frozenset({"srt", "vtt"}),
    frozenset({"csv"}),
    frozenset({"zip"}),
)


class MaterialKind(StrEnum):
    """What a set holds."""

    SOUND = "sound"
    """Sound with its text."""
    TEXT = "text"
    WORDS = "words"


class MaterialPurpose(StrEnum):
    """What it is for."""

    TEACH = "teach"
    MEASURE = "measure"
    """It joins the general set, by which every model is measured beside."""


class MaterialStage(StrEnum):
    """How a set stands."""

    OPEN = "open"
    """Files may be added."""
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"
    """There is nothing in it that could be used."""
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Brought:
    """A set: what it is called, in which language (a bare code), what it holds and what for; who brought it, and when
    (seconds since the epoch). Of sound, `consent` says what those who speak have agreed to.

    Of the `members` there are `done` are checked, which have so many `lines` (of sounds: parts). It is `ready` with so
    many `files`, `words` and `seconds`, and `left_out` were left out.
    """

    id: str
    name: str
    language: str
    kind: MaterialKind
    purpose: MaterialPurpose
    made_by: str
    made_at: float
    stage: MaterialStage = MaterialStage.OPEN
    consent: Consent | None = None
    changed_at: float = 0.0
    done: int = 0
    lines: int = 0
    members: int = 0
    files: int = 0
    words: int = 0
    seconds: float = 0.0
    left_out: int = 0

    @property
    def makes_models(self) -> bool:
        """Whether models are made of it: of sound and text that is to be learnt from, and of no list of words."""
        return self.purpose is MaterialPurpose.TEACH and self.kind is not MaterialKind.WORDS


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the file of a `name`."""

    name: str
    reason: Message


@dataclass(frozen=True, slots=True)
class Cut:
    """What is said in a sound from `start` to `end` (seconds): to its end, where that is None."""

    text: str
    start: float = 0.0
    end: float | None = None


_UNKNOWN = Message("material-unknown-kind", "A file of this kind is of no use here. Wanted: %(wanted)s.")
TWICE = Message("material-twice", "There is another file of this name.")
_NO_TEXT = Message(
    "material-no-text",
    "There is no text for this sound: a file of the same name that ends in .txt, .srt or .vtt, or a line of a table.",
)
_SEVERAL_TEXTS = Message("material-several-texts", "There are several texts for this sound.")
_NO_SOUND = Message("material-no-sound", "There is no sound for this text: a file of the same name.")
TOO_MUCH_TEXT = Message(
    "material-too-much-text", "The texts of a set have at most %(most_bytes)s together: what is beyond is left out."
)
TOO_MANY_LINES = Message(
    "material-too-many-lines", "There are more than %(most)s lines or parts in the set: what is beyond is left out."
)
_PAIR_TOO_LONG = Message(
    "material-pair-too-long",
    "It is %(length_seconds)s long; at most %(most_seconds)s can be learnt from at once. Bring captions with it, or a "
    "table with the times of its parts.",
)
_PART_TOO_LONG = Message(
    "material-part-too-long",
    "The part from %(start_time)s is %(length_seconds)s long; at most %(most_seconds)s can be learnt from at once.",
)
_BEYOND = Message(
    "material-beyond", "The part from %(start_time)s ends after the sound does: these do not belong together."
)
_BACKWARDS = Message("material-backwards", "The part from %(start_time)s ends before it begins.")
_OVERLAP = Message(
    "material-overlap", "Parts of the sound lie over one another, or are there twice: of those the first is taken."
)
_TOO_FAST = Message(
    "material-too-fast", "The text is too long for %(length_seconds)s of sound: these do not belong together."
)
_TOO_SLOW = Message(
    "material-too-slow", "The text is too short for %(length_seconds)s of sound: these do not belong together."
)
_PLAIN: Mapping[MaterialKind, frozenset[str]] = {
    MaterialKind.SOUND: frozenset(),
    MaterialKind.TEXT: _TEXTS,
    MaterialKind.WORDS: _TEXTS | _TABLES,
}
_WANTED: Mapping[MaterialKind, str] = {
    MaterialKind.SOUND: "wav, mp3, m4a, flac, ogg, mp4 …, txt, srt, vtt, csv, zip",
    MaterialKind.TEXT: "txt, zip",
    MaterialKind.WORDS: "txt, csv, zip",
}


class Unusable(ValueError):
    """A file that cannot be used, and why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.code)
        self.reason = reason


def shown(name: str) -> str:
    """A file's name as people are told it."""
    return names.one_line(name)[-_LONGEST_NAME:] or "?"


# ---- which file belongs to which


@dataclass
class Sorted:
    """The files of a set by what they are: `texts` and `captions` by the stem that they share with their sound."""

    sounds: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tables: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def of_sound(self, sound: str) -> list[str]:
        """The texts and captions of a sound."""
        return self.texts.get(stem(sound), [])


def is_zip(name: str) -> bool:
    """Whether a file is called a zip."""
    return names.ending_of(name) in _ZIPS


def is_text(name: str) -> bool:
    """Whether a file is read as text: as one, as captions, or as a table."""
    return names.ending_of(name) in _TEXTS | CAPTIONS | _TABLES


def is_aside(name: str) -> bool:
    """Whether a file is what systems put beside others: nobody has brought it."""
    path = PurePosixPath(name)
    return path.name.startswith(".") or path.name in {"Thumbs.db", "desktop.ini"} or "__MACOSX" in path.parts


def stem(name: str) -> str:
    """What a sound and its text have in common."""
    found = names.one_line(name)
    return found.rpartition(".")[0].casefold() or found.casefold()


def sorted_out(found: Iterable[str], kind: MaterialKind) -> Sorted:
    """Sort the files of a set out by their names. What is of no use, or there twice, is told."""
    out, seen = Sorted(), set()
    for name in found:
        ending, same = names.ending_of(name), names.one_line(name).casefold()
        if same in seen:
            out.findings.append(Finding(name, TWICE))
            continue
        seen.add(same)
        if kind is MaterialKind.SOUND and ending in _SOUNDS:
            out.sounds.append(name)
        elif kind is MaterialKind.SOUND and ending in _TEXTS | CAPTIONS:
            out.texts[stem(name)].append(name)
        elif kind is MaterialKind.SOUND and ending in _TABLES:
            out.tables.append(name)
        elif ending in _PLAIN[kind]:
            out.plain.append(name)
        else:
            out.findings.append(Finding(name, _UNKNOWN.of(wanted=_WANTED[kind])))
    by_stem = set(map(stem, out.sounds))
    out.findings += [
        Finding(name, _NO_SOUND) for called, some in out.texts.items() if called not in by_stem for name in some
    ]
    return out


# ---- whether they belong together


def text_of_sound(sound: str, texts: Sequence[str], lines: Sequence[Cut]) -> str | None:
    """Which file has the text of a sound; None where lines of a table do. Raises Unusable if none or several do."""
    if len(texts) + bool(lines) > 1:
        raise Unusable(_SEVERAL_TEXTS)
    if not texts and not lines:
        raise Unusable(_NO_TEXT)
    return texts[0] if texts else None


def checked(
    cuts: Sequence[Cut], duration: float, language: str, purpose: MaterialPurpose
) -> tuple[list[Cut], list[Message]]:
    """Which cuts of a sound of `duration` seconds can be learnt from or measured by, each with its end, in order; and
    why others cannot: the first of them, of those that lie over others one.
    """
    good: list[Cut] = []
    wrong: list[Message] = []
    overlaps = False
    reach = 0.0
    for cut in sorted(cuts, key=lambda one: one.start):
        end = duration if cut.end is None else min(cut.end, duration)
        reason = _reason(cut, end, duration, language, purpose)
        if reason is not None:
            if len(wrong) < MOST_FINDINGS:
                wrong.append(reason)
        elif good and min(end, reach) - cut.start > min(_SLACK, (end - cut.start) / 2):
            overlaps = True
        else:
            good.append(Cut(cut.text, cut.start, end))
            reach = max(reach, end)
    return good, [_OVERLAP, *wrong] if overlaps else wrong


def seconds_of(cuts: Iterable[tuple[float, float]]) -> float:
    """How much of a sound its parts are, from when to when, in order: what two of them have counts once."""
    total = reach = 0.0
    for start, end in cuts:
        total += max(0.0, end - max(start, reach))
        reach = max(reach, end)
    return total


def _reason(cut: Cut, end: float, duration: float, language: str, purpose: MaterialPurpose) -> Message | None:
    length = end - cut.start
    if cut.end is not None and cut.end < cut.start:
        return _BACKWARDS.of(start_time=cut.start)
    if cut.start >= duration or (cut.end is not None and cut.end > duration + _SLACK):
        return _BEYOND.of(start_time=cut.start)
    if length > LONGEST_PAIR and purpose is MaterialPurpose.TEACH:
        if cut.end is None and not cut.start:
            return _PAIR_TOO_LONG.of(length_seconds=length, most_seconds=LONGEST_PAIR)
        return _PART_TOO_LONG.of(start_time=cut.start, length_seconds=length, most_seconds=LONGEST_PAIR)
    if length < SHORTEST_PAIR or len(cut.text) > max(_LONGEST_TEXT, _LETTERS_A_SECOND * length):
        return _TOO_FAST.of(length_seconds=length)
    said = len(tokens([cut.text], language))
    most = _MOST_CHARACTERS_A_SECOND if is_by_character(language) else _MOST_A_SECOND
    if said > most * max(length, 1.0):
        return _TOO_FAST.of(length_seconds=length)
    if said < _LEAST_A_SECOND * length - 1:
        return _TOO_SLOW.of(length_seconds=length)
    return None
