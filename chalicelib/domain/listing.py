"""What a list of recordings goes by: which are wanted, in what order, and where a page goes on. Pure.

A list in the order of time is read page by page. Any other order, and any choice, is made here, of short lines of all
that may be in it: so it is right over all pages, and no page is empty while more follow.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain import folding
from chalicelib.domain.assets import MediaKind, Status, announced_at
from chalicelib.errors import InvalidRequest

_NUMBER = re.compile(r"\d+")
_LONGEST_KEY = 300
"""Characters of a title by which it is put in order: a cursor holds them."""

_DIGITS = 12


class Sort(StrEnum):
    """In what order."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"
    LONGEST = "longest"
    CHANGED = "changed"

    @property
    def is_by_time(self) -> bool:
        """Whether it is that of the ids, in which a table is read anyway."""
        return self in {Sort.NEWEST, Sort.OLDEST}


@dataclass(frozen=True, slots=True)
class ListedAsset:
    """What is read of an asset to choose it and to put it in order. `seconds` is its length, 0 if it has none;
    `changed_at` is in seconds since the epoch.
    """

    asset_id: str
    title: str
    file_name: str
    tags: tuple[str, ...]
    status: Status
    kind: MediaKind | None
    language: str | None
    seconds: float
    changed_at: float
    folder: str | None
    is_withheld: bool = False

    @property
    def called(self) -> str:
        """What people know it by."""
        return self.title or self.file_name


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which assets are wanted: those for which all holds that is not None. `since` and `before` are seconds since the
    epoch, of when they were announced.
    """

    status: Status | None = None
    kind: MediaKind | None = None
    tag: str | None = None
    language: str | None = None
    text: str | None = None
    since: float | None = None
    before: float | None = None

    def chosen(self, assets: Iterable[ListedAsset]) -> list[ListedAsset]:
        """Those that are wanted."""
        pattern = folding.pattern(self.text or "")
        tag = None if self.tag is None else folding.same(self.tag)
        language = None if self.language is None else self.language.partition("-")[0].lower()

        def is_wanted(asset: ListedAsset) -> bool:
            if self.status not in {None, asset.status} or self.kind not in {None, asset.kind}:
                return False
            if language is not None and (asset.language or "").partition("-")[0].lower() != language:
                return False
            if tag is not None and tag not in map(folding.same, asset.tags):
                return False
            at = announced_at(asset.asset_id)
            if (self.since is not None and at < self.since) or (self.before is not None and at >= self.before):
                return False
            called = (asset.file_name, asset.title, *asset.tags)
            return pattern is None or any(pattern.search(folding.fold(text)) for text in called)

        return [asset for asset in assets if is_wanted(asset)]


Key = tuple[str | float, str]
"""By what an asset is put in order: the ids tell those apart that have the rest in common."""


def key_of(asset: ListedAsset, sort: Sort) -> Key:
    """The place of an asset. Titles go by letters without capitals and accents, and by the numbers in them: 2 comes
    before 10. Letters that are not Latin go as Unicode numbers them.
    """
    match sort:
        case Sort.TITLE:
            spelt = _NUMBER.sub(lambda found: found.group().zfill(_DIGITS), folding.fold(asset.called))
            return spelt[:_LONGEST_KEY], asset.asset_id
        case Sort.LONGEST:
            return asset.seconds, asset.asset_id
        case Sort.CHANGED:
            return asset.changed_at, asset.asset_id
        case Sort.OLDEST | Sort.NEWEST:
            return "", asset.asset_id


def cursor(key: Key) -> str:
    """Where a page goes on that ended at `key`: right also if what stood there is gone by then."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def key_in(cursor: str) -> Key:
    """What `cursor` was made of. Raises InvalidRequest if it was not."""
    try:
        match json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))):
            case [str() | int() | float() as first, str() as asset_id] if not isinstance(first, bool):
                return first, asset_id
    except (ValueError, RecursionError):  # binascii.Error is a ValueError
        pass
    raise InvalidRequest("The cursor (after) must be what the page before named as `next`.", field="after")


def in_order(assets: Iterable[ListedAsset], sort: Sort, after: str | None = None) -> list[tuple[Key, ListedAsset]]:
    """The assets in order with their places, from `after` on. Raises InvalidRequest if that is of another order."""
    is_falling = sort not in {Sort.TITLE, Sort.OLDEST}
    placed = [(key_of(asset, sort), asset) for asset in assets]
    if after is not None:
        last = key_in(after)
        if isinstance(last[0], str) is (sort in {Sort.LONGEST, Sort.CHANGED}):
            raise InvalidRequest("The cursor (after) is of a list in another order.", field="after")
        placed = [one for one in placed if (one[0] < last if is_falling else one[0] > last)]
    return sorted(placed, key=lambda one: one[0], reverse=is_falling)
