"""What is looked for in an account's recordings. Pure.

By terms the index names recordings that may be meant; whether they are is told by the recording itself: its title, tags
and language as they are now, and its own words. So an index that is a little behind never shows what is not so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain import folding
from chalicelib.domain.assets import Asset, Status, announced_at
from chalicelib.search.terms import Phrase, terms_of_phrase, units

MOST_TERMS = 8
"""By which the index is asked, the longest: each is an object to read. The recording's own words have them all."""


@dataclass(frozen=True, slots=True)
class Query:
    """All `phrases` are wanted, and all else that is not empty: units of the name of whoever says them, units of the
    title, a tag, a language, when the recording was announced (seconds since the epoch; `before` itself is not in it).
    """

    phrases: tuple[Phrase, ...]
    speaker: Phrase = ()
    title: Phrase = ()
    tag: str | None = None
    language: str | None = None
    since: float | None = None
    before: float | None = None

    def terms(self) -> list[str]:
        """By what the index is asked."""
        found = {term for phrase in self.phrases for term in terms_of_phrase(phrase)}
        found |= {f"s:{unit}" for unit in self.speaker} | {f"t:{unit}" for unit in self.title}
        if self.tag is not None:
            found.add(_tag_term(self.tag))
        if self.language is not None:
            found.add(_language_term(self.language))
        return sorted(found, key=lambda term: (-len(term), term))[:MOST_TERMS]

    def is_of_its_days(self, asset_id: str) -> bool:
        """Whether a recording was announced on the days that are wanted."""
        at = announced_at(asset_id)
        return (self.since is None or at >= self.since) and (self.before is None or at < self.before)

    def takes(self, asset: Asset) -> bool:
        """Whether a recording may be looked into, and is one of those that are wanted, by all but its words."""
        if asset.status is not Status.COMPLETED or asset.is_withheld:
            return False
        if not {*self.title} <= {*units(asset.title or asset.file_name)}:
            return False
        if self.tag is not None and folding.same(self.tag) not in map(folding.same, asset.tags):
            return False
        return self.language is None or _base(asset.language or "") == _base(self.language)


def terms_about(title: str, tags: Iterable[str], language: str | None, speakers: Iterable[str]) -> set[str]:
    """What the index has of a recording beside its words."""
    found = {f"t:{unit}" for unit in units(title)} | set(map(_tag_term, tags))
    found |= {f"s:{unit}" for name in speakers for unit in units(name)}
    return found | ({_language_term(language)} if language else set())


def _tag_term(tag: str) -> str:
    return f"g:{folding.fold(tag).replace(' ', '_')}"


def _language_term(language: str) -> str:
    return f"l:{_base(language)}"


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
