"""The inverted index of an account: which recordings have a term. Pure.

- **Documents**: a line a recording, with its id and what it was indexed as; its number is that of the line. An empty
  line is a number that is free.
- **Shards**: a term is in the one that its CRC-32 says. In it each term has a line: itself, then the numbers of the
  recordings that have it. So a query looks for a line and parses no other, and a merge only adds to lines.
- A term that stands in private tracks of a recording alone (`Track.is_private`) is in the same shard under another
  name (`private`): so others with whom it is shared find it by no such word, nor are they told how many may have it.
- **The delta**: recordings that came or changed since the shards were last made, each with all its terms. A recording
  in it stands for the one of the same id among the documents.

Where in a recording a term stands is not here: that is in the recording's own words (`concordance.py`), which are read
only of those that a page shows.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

SHARD_BYTES = 256 * 1024
"""Of one shard, compressed: about so many, so that reading one takes a few hundredths of a second."""

MOST_SHARDS = 1024
MOST_IN_DELTA = 64
"""Recordings: then the delta goes into the shards. It is read by each query, and written by each recording."""


_PRIVATE = "p:"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording as it was indexed: `stamp` tells whether it has changed since, `terms` are separated by spaces."""

    stamp: str
    terms: str

    @classmethod
    def of(cls, stamp: str, terms: Iterable[str]) -> Self:
        """What has these terms."""
        return cls(stamp, f" {' '.join(sorted(terms))} ")

    def has(self, terms: Iterable[str], *, with_private: bool = True) -> bool:
        """Whether it has all of them; those that are private, if they count."""
        return all(f" {term} " in self.terms or (with_private and f" {private(term)} " in self.terms) for term in terms)


@dataclass(frozen=True)
class Documents:
    """The recordings by their numbers: of each its id and its stamp; ("", "") where a number is free."""

    lines: tuple[tuple[str, str], ...] = ()

    def to_bytes(self) -> bytes:
        """As it is stored."""
        return zlib.compress("\n".join(f"{name} {stamp}" for name, stamp in self.lines).encode(), 1)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """What `to_bytes` made."""
        text = zlib.decompress(stored).decode()
        pairs = (line.partition(" ") for line in text.split("\n")) if text else ()
        return cls(tuple((name, stamp) for name, _, stamp in pairs))

    @property
    def stamps(self) -> dict[str, str]:
        """The stamp of each recording."""
        return {name: stamp for name, stamp in self.lines if name}


@dataclass(frozen=True)
class Delta:
    """The recordings that came or changed since the shards were made, by their ids."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As it is stored."""
        values = {name: [entry.stamp, entry.terms] for name, entry in self.entries.items()}
        return zlib.compress(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """What `to_bytes` made."""
        values: dict[str, Any] = json.loads(zlib.decompress(stored))
        return cls({name: Entry(stamp, terms) for name, (stamp, terms) in values.items()})


def private(term: str) -> str:
    """The name of a term where it stands in private tracks alone."""
    return f"{_PRIVATE}{term}"


def shard_of(term: str, shards: int) -> int:
    """In which of so many shards a term is."""
    return _shard_of(term.encode(), shards)


def _shard_of(term: bytes, shards: int) -> int:
    return zlib.crc32(term.removeprefix(_PRIVATE.encode())) % shards


def numbers(shard: bytes, term: str, *, with_private: bool = True) -> set[int]:
    """The numbers of the recordings that have a term, from the shard that it is in (uncompressed)."""
    found = _numbers(shard, term)
    return found | _numbers(shard, private(term)) if with_private else found


def _numbers(shard: bytes, term: str) -> set[int]:
    wanted = b"\n" + term.encode() + b" "
    at = shard.find(wanted)
    if at < 0:
        return set()
    line = shard[at + len(wanted) : shard.index(b"\n", at + 1)]
    return set(map(int, line.split()))


def shards_for(before: int, stored_bytes: int) -> int:
    """How many shards there are to be, where `before` many hold so many bytes: twice as many while they are too big."""
    shards = max(before, 1)
    while shards < MOST_SHARDS and stored_bytes / shards > SHARD_BYTES:
        shards *= 2
    return shards


@dataclass(frozen=True)
class Merge:
    """What goes into the shards, and what out of them."""

    documents: Documents
    dead: frozenset[bytes]
    """The numbers that go out, as they are written."""
    added: Mapping[str, list[int]]
    """The numbers that each term gets."""

    @classmethod
    def of(cls, before: Documents, delta: Delta, gone: Collection[str]) -> Self:
        """All of the delta in, and what it replaces, or what is `gone`, out."""
        out = {*gone, *delta.entries}
        dead = {number for number, (name, _) in enumerate(before.lines) if name in out}
        lines = [("", "") if number in dead else line for number, line in enumerate(before.lines)]
        # Numbers that were free before are given anew; those that get free just now are not, for they still go out.
        free = [number for number, (name, _) in enumerate(before.lines) if not name]
        added: defaultdict[str, list[int]] = defaultdict(list)
        for name, entry in delta.entries.items():
            if name in gone:
                continue
            if free:
                number = free.pop()
            else:
                number = len(lines)
                lines.append(("", ""))
            lines[number] = (name, entry.stamp)
            for term in entry.terms.split():
                added[term].append(number)
        return cls(Documents(tuple(lines)), frozenset(str(number).encode() for number in dead), added)

    def by_shard(self, shards: int) -> list[dict[str, list[int]]]:
        """What is added, in so many parts."""
        parts: list[dict[str, list[int]]] = [{} for _ in range(shards)]
        for term, numbers in self.added.items():
            parts[shard_of(term, shards)][term] = numbers
        return parts

    def merged(self, shard: bytes, added: Mapping[str, Sequence[int]]) -> bytes:
        """A shard (uncompressed) without what goes out, and with what is added to it."""
        new = {term.encode(): b" ".join(str(number).encode() for number in some) for term, some in added.items()}
        lines: list[bytes] = []
        for line in shard.split(b"\n"):
            term, _, held = line.partition(b" ")
            if not term:
                continue
            if self.dead:
                held = b" ".join(number for number in held.split(b" ") if number not in self.dead)
            if (more := new.pop(term, None)) is not None:
                held = held + b" " + more if held else more
            if held:
                lines.append(term + b" " + held)
        lines.extend(term + b" " + held for term, held in new.items())
        return b"\n" + b"".join(line + b"\n" for line in lines)


def split(shard: bytes, at: int, before: int, after: int) -> dict[int, bytes]:
    """A shard (uncompressed) that was the one `at` of `before`, as those that it becomes of `after`: a multiple."""
    parts: dict[int, list[bytes]] = {number: [] for number in range(at, after, before)}
    for line in shard.split(b"\n"):
        term = line.partition(b" ")[0]
        if term:
            parts[_shard_of(term, after)].append(line)
    return {number: b"\n" + b"".join(line + b"\n" for line in lines) for number, lines in parts.items()}
