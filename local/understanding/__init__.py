"""What reads mood, key phrases and names out of sentences on this machine: a `Reader` for each language.

English is read by what every installation has. What another language needs, and what finds names in English, is a pack
that is installed by its language's code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from chalicelib.domain.analysis import SentimentScore
from chalicelib.message import Message


@dataclass(frozen=True, slots=True)
class Name:
    """A name, and of what: one of Comprehend's types (PERSON, LOCATION …)."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that says what a text is about; 1 is the best of a text, 0 none."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one language; everything is given as the sentences of one transcript.

    `phrases` are at most so many as asked for, the best first. `names` is None where none are looked for. `is_spaced`:
    words have spaces between them; `takes_endings`: a word may have more behind it than is meant (서울에서 is "in
    Seoul").
    """

    moods: Callable[[Sequence[str]], list[SentimentScore]]
    phrases: Callable[[Sequence[str], int], list[Found]]
    names: Callable[[Sequence[str]], list[Name]] | None = None
    is_spaced: bool = True
    takes_endings: bool = False
    notes: tuple[Message, ...] = ()


LANGUAGES = {"en": "English", "fr": "French", "ja": "Japanese", "ko": "Korean", "zh": "Chinese"}
"""The languages that can be read, by their code. Each has a module here of its name, with `reader()`, and a pack of its
code, whose requirements-pack-….txt lists what that needs."""


def reader(code: str) -> Reader:
    """What reads the language of that code, made once. Raises KeyError if none does, ImportError without its pack."""
    made: Reader = import_module(f"{__name__}.{LANGUAGES[code].lower()}").reader()
    return made
