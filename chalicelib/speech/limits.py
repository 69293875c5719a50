"""Texts cut to the limits that services set in bytes of UTF-8, and put together again. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"[.?!]+[\"'”’)]*\s+|[。？！．｡]+[」』）]*")
_SPACE = re.compile(r"\s+")


def cut(text: str, max_bytes: int) -> Iterator[str]:
    """Pieces of `text`, each of at most `max_bytes` in UTF-8, which joined give `text` again.

    Cut at the last sentence end that fits, else at the last space, else between two characters. `max_bytes` is at least
    4, the most that one character takes.
    """
    rest = text
    while len(rest.encode()) > max_bytes:
        fitting = rest.encode()[:max_bytes].decode(errors="ignore")
        at = _last(_SENTENCE_END, fitting) or _last(_SPACE, fitting) or len(fitting)
        yield rest[:at]
        rest = rest[at:]
    if rest:
        yield rest


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match of `pattern` in `text` ends; 0 if there is none."""
    return max((match.end() for match in pattern.finditer(text)), default=0)


@dataclass(frozen=True, slots=True)
class Packed:
    """A text put together from pieces: `starts` has each piece's first character in it, and which piece that is."""

    text: str
    starts: tuple[tuple[int, int], ...]

    def place(self, offset: int) -> tuple[int, int]:
        """The piece that the character at `offset` is in, and where in it."""
        start, piece = next((start, piece) for start, piece in reversed(self.starts) if start <= offset)
        return piece, offset - start


def pack(pieces: Sequence[str], max_bytes: int) -> list[Packed]:
    """As few texts as hold all `pieces` in order, with a space between; none of more than `max_bytes`.

    No piece may be larger than that by itself.
    """
    texts: list[Packed] = []
    parts: list[str] = []
    starts: list[tuple[int, int]] = []
    length = size = 0
    for number, piece in enumerate(pieces):
        more = len(piece.encode()) + 1
        if parts and size + more > max_bytes + 1:
            texts.append(Packed(" ".join(parts), tuple(starts)))
            parts, starts, length, size = [], [], 0, 0
        starts.append((length, number))
        parts.append(piece)
        length += len(piece) + 1
        size += more
    return [*texts, Packed(" ".join(parts), tuple(starts))] if parts else texts


def size_of(texts: Iterable[str]) -> int:
    """How many bytes `texts` have in UTF-8."""
    return sum(len(text.encode()) for text in texts)
