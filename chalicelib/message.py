"""What people are told about their recordings, in parts, so that each can read it in their own language.

Whoever has something to say keeps its sentence in English beside the code that says it, once:

    TOO_LARGE = Message("too-large", "The file has %(size_bytes)s; at most %(most_bytes)s are accepted.")
    …
    return TOO_LARGE.of(size_bytes=size, most_bytes=most)

and that travels, and is stored, as it is. The sentence is at once what its translation is found by, as with gettext: so
an engine of somebody's own has to be known nowhere, and what it said can be read after it is gone.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Message:
    """A `code` for programs, a sentence for people, in `english`, and the `values` that go where it says `%(name)s`.

    Values are data: they are written for the reader when they are read. The last word of a value's name says what it
    is: `bytes`, `seconds` (a length), `time` or `times` (seconds from the recording's start), `usd`, `language` or
    `languages` (BCP 47), `rendition` (a preset's name). Anything else is a number, or a text that is shown as it is,
    such as the `reason` that an outside service gives. A value may be a message too, or several of one kind.
    """

    code: str
    english: str
    values: "Mapping[str, str | int | float | Message | tuple[str | int | float | Message, ...]]" = field(
        default_factory=dict
    )

    def of(self, **values: "str | float | Message | tuple[str | float | Message, ...]") -> Self:
        """The same message with these values."""
        return replace(self, values=values)

    def to_json(self) -> dict[str, Any]:
        """The message as a document."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The message in a document. Raises LookupError, TypeError or AttributeError if there is none."""
        values = {name: cls._value(value) for name, value in document["values"].items()}
        return cls(str(document["code"]), str(document["english"]), values)

    @classmethod
    def _value(cls, value: Any) -> Any:  # noqa: ANN401 - of a document
        if isinstance(value, (list, tuple)):
            return tuple(map(cls._value, value))
        return cls.from_json(value) if isinstance(value, dict) else value

    def __str__(self) -> str:
        """In English, with the values as they are: for logs. For people there is `letters/wording.py`."""
        return filled(self.english, {name: _plain(value) for name, value in self.values.items()})

    def __hash__(self) -> int:
        """Made of the code, since a mapping has none."""
        return hash(self.code)


def filled(sentence: str, values: Mapping[str, str]) -> str:
    """`sentence` with `values` in their places. What stands in a value is never a place itself; a lack is shown as …"""
    return _PLACE.sub(lambda place: values.get(place[1], "…"), sentence)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
