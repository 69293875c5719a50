"""What a corrected transcript teaches: what was misheard as what, and text that somebody stands behind. Pure.

Only confirmed words teach. What nobody touched may be wrong, and is neither right nor an error of anybody's.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any, Self

from chalicelib.learning.errors import Errors, errors, tokens
from chalicelib.speech.transcripts import Transcript, Word, join, spaced

LEAST_CONFIRMED = 0.8
"""Of its words, for a recording to be one to measure by."""

_LONGEST_CHANGE = 6
"""Words: a longer change is a person's own wording, and nothing that was misheard."""

_SHORTEST_STRETCH = 3
"""Words that stand together before they count as text."""

_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Change:
    """Words that were `heard` in the place of what was `written`, from `start` to `end` (seconds); those around.
    `is_inside` says that no sentence or line begins with them: a capital is then their own.
    """

    heard: tuple[str, ...]
    written: str
    start: float
    end: float
    before: str = ""
    after: str = ""
    is_inside: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one recording teaches, in `language`.

    `words` are all of it, and `confirmed` those that somebody stands behind; `text` are the stretches of these. Of what
    rules have changed, `kept` counts by what was heard (`key`) what stands confirmed, and `undone` what was corrected.

    `models` heard it (`ModelRef.called`), and readers changed `edits` of the `read` words (or characters) that they
    stand behind.
    """

    language: str | None
    words: int
    confirmed: int
    changes: tuple[Change, ...] = ()
    text: tuple[str, ...] = ()
    kept: Mapping[str, int] = field(default_factory=dict)
    undone: Mapping[str, int] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    edits: int = 0
    read: int = 0

    @property
    def share(self) -> float:
        """How much of it is confirmed, from 0 to 1."""
        return self.confirmed / self.words if self.words else 0.0

    @property
    def measures(self) -> bool:
        """Whether enough of it is confirmed to measure by."""
        return self.share >= LEAST_CONFIRMED

    def to_json(self) -> dict[str, Any]:
        """The lesson as it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The lesson that `to_json` wrote. Raises LookupError, TypeError or ValueError if it is none."""
        changes = tuple(Change(**{**change, "heard": tuple(change["heard"])}) for change in values["changes"])
        texts = {name: tuple(values.get(name, ())) for name in ("text", "models")}
        return cls(**{**values, "changes": changes, **texts})

    @classmethod
    def load(cls, document: bytes) -> Self:
        """As `from_json`, of a stored document."""
        return cls.from_json(json.loads(document))


def key(words: Iterable[str], language: str | None) -> str:
    """What makes words the same that were heard: neither capitals nor marks count; one space between each."""
    return " ".join(filter(None, ("".join(tokens([word], language)) for word in words)))


def measured(written: Transcript, heard: Transcript, language: str | None) -> Errors:
    """How far what was heard is from what is written, where somebody stands behind that."""
    said: list[str] = []
    known: list[bool] = []
    for word in written.words():
        parts = tokens([word.text], language)
        said += parts
        known += [word.confirmed is not None] * len(parts)
    return errors(said, tokens((word.text for word in heard.words()), language), known)


def lesson(heard: Transcript, written: Transcript, models: Iterable[str] = ()) -> Lesson:
    """What the edition `written` of the transcript `heard` teaches, which these `models` have heard."""
    shown, words = list(heard.words()), list(written.words())
    language = written.language or heard.language
    kept, undone = _judged(shown, words, language)
    edited = measured(written, heard, language)
    return Lesson(
        language,
        len(words),
        sum(word.confirmed is not None for word in words),
        tuple(_changes(list(heard.as_heard().words()), written, language)),
        tuple(_text(written)),
        kept,
        undone,
        tuple(models),
        edited.count,
        edited.total,
    )


def _judged(
    shown: Sequence[Word], written: Sequence[Word], language: str | None
) -> tuple[dict[str, int], dict[str, int]]:
    """What became of that which rules had changed, where somebody looked: kept, and undone."""
    kept: Counter[str] = Counter(
        key(word.heard.split(), language) for word in written if word.heard is not None and word.confirmed is not None
    )
    undone: Counter[str] = Counter()
    if not any(word.heard for word in shown):
        return dict(kept), {}
    matcher = SequenceMatcher(None, _keys(shown, language), _keys(written, language), autojunk=True)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "replace" and all(word.confirmed for word in written[j1:j2]):
            undone.update(key(word.heard.split(), language) for word in shown[i1:i2] if word.heard is not None)
    return dict(kept), dict(undone)


def _text(written: Transcript) -> Iterator[str]:
    """The stretches of confirmed words, none over the end of a line."""
    for segment in written.segments:
        stretch: list[Word] = []
        for word in (*segment.words, None):
            if word is not None and word.confirmed is not None:
                stretch.append(word)
                continue
            if len(stretch) >= _SHORTEST_STRETCH:
                yield "".join(part for pair in spaced(stretch) for part in pair).strip()
            stretch = []


def _changes(heard: Sequence[Word], transcript: Transcript, language: str | None) -> Iterator[Change]:
    written = list(transcript.words())
    firsts = {0, *accumulate(len(segment.words) for segment in transcript.segments)}
    said, right = _keys(heard, language), _keys(written, language)
    matcher = SequenceMatcher(None, said, right, autojunk=True)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "replace" or max(i2 - i1, j2 - j1) > _LONGEST_CHANGE:
            continue
        if not all(word.confirmed for word in written[j1:j2]) or not _is_corrected(said, right, i1, i2, j1, j2):
            continue
        yield Change(
            tuple(word.text for word in heard[i1:i2]),
            join(word.text for word in written[j1:j2]),
            heard[i1].start,
            heard[i2 - 1].end,
            join(word.text for word in written[max(0, j1 - _CONTEXT) : j1]),
            join(word.text for word in written[j2 : j2 + _CONTEXT]),
            j1 not in firsts and not written[j1 - 1].ends_sentence,
        )


def _is_corrected(said: Sequence[str], right: Sequence[str], i1: int, i2: int, j1: int, j2: int) -> bool:
    """Whether what stands around a change is the same in both: else somebody wrote the line anew."""
    before, after = said[max(0, i1 - _CONTEXT) : i1], said[i2 : i2 + _CONTEXT]
    return bool(before and before == right[max(0, j1 - _CONTEXT) : j1]) or bool(
        after and after == right[j2 : j2 + _CONTEXT]
    )


def _keys(words: Sequence[Word], language: str | None) -> list[str]:
    return [key([word.text], language) for word in words]
