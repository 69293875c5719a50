"""What is known of all that recordings have taught, in one document a scope and a language: by recording, so that each
can be taken out again. A night reads this and what is new, never all recordings.

The document is never changed: a new one takes its place by one conditional write, so that two nights at once never lose
what one of them has taken in.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.accounts import Training, TrainingScope
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.batched import batched
from chalicelib.learning.gate import is_held_out
from chalicelib.learning.lessons import Lesson
from chalicelib.learning.models import EVERYBODY, Fresh, Night
from chalicelib.learning.rules import Taught, also_standing, corrected, taught
from chalicelib.pipeline import lessons, models
from chalicelib.services import Services

_MOST_AT_ONCE = 100
_MOST_LOOKED_INTO = 200
"""Older recordings that a night looks into again, for what has only now become something to learn."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What one recording has taught, and whether it is measured by instead: so many `words` are confirmed, `seconds`
    long. Of `read` words that somebody stands behind, readers changed `edits`; `models` had heard it. `at` is when it
    was corrected, `taken_at` when that was taken in.
    """

    taught: Taught
    version: int
    edition: int
    words: int
    is_held_out: bool
    at: float
    taken_at: float
    seconds: float = 0.0
    models: tuple[str, ...] = ()
    edits: int = 0
    read: int = 0

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {name: getattr(self, name) for name in _PLAIN} | {"taught": self.taught.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Recording":
        """What `to_json` wrote."""
        given = {**values, "taught": Taught.from_json(values["taught"]), "models": tuple(values["models"])}
        return cls(**given)


_PLAIN = ("version", "edition", "words", "is_held_out", "at", "taken_at", "seconds", "models", "edits", "read")

Known = dict[str, Recording]
"""By "{owner}/{asset}"."""


def owner_of(name: str) -> str:
    """Whose recording it is."""
    return name.partition("/")[0]


def ref_of(name: str) -> AssetRef:
    """Which recording it is."""
    owner, _, asset_id = name.partition("/")
    return AssetRef(owner, asset_id)


def text_of(scope: str, language: str) -> str:
    """Where what somebody stands behind begins, a file a recording."""
    return f"{keys.learning_of(scope, language)}text/"


def load(scope: str, language: str, services: Services) -> Known:
    """What is known."""
    return _read(scope, language, services.learning.known(scope, language), services) or {}


def _read(scope: str, language: str, name: str, services: Services) -> Known | None:
    stored = services.outputs.read(_place(scope, language, name)) if name else b"{}"
    if stored is None:
        return None
    return {one: Recording.from_json(values) for one, values in json.loads(stored).items()}


def _place(scope: str, language: str, name: str) -> str:
    return f"{_folder(scope, language)}{name}.json"


def _folder(scope: str, language: str) -> str:
    return f"{keys.learning_of(scope, language)}known/"


def take_in(night: Night, fresh: Collection[Fresh], now: float, services: Services) -> Known | None:
    """What is known once the new lessons are in it, and those that are gone are not; None if another was faster.

    A model that was made of what is gone is noted before that is forgotten.
    """
    before = _read(night.scope, night.language, night.known, services)
    if before is None:
        if services.learning.known(night.scope, night.language) != night.known:
            return None
        before = {}  # the account has withdrawn, and all of it was deleted
    agree = _agreeing(night.scope, {*map(owner_of, before), *(one.owner for one in fresh)}, services)
    known = {name: one for name, one in before.items() if owner_of(name) in agree}
    for one in fresh:
        name = f"{one.owner}/{one.asset_id}"
        found = None if one.gone or one.owner not in agree else _found(night, one, now, services)
        former = known.pop(name, None)
        if found is None:
            _delete_text(night, name, services)
        else:
            is_same = former is not None and _is_same(found, former)
            known[name] = replace(found, taken_at=former.taken_at) if former is not None and is_same else found
    _look_who_disagrees(before, known, {f"{one.owner}/{one.asset_id}" for one in fresh}, services)
    _keep(night, before, known, services)
    return known if _note(night, known, services) else None


def _look_who_disagrees(before: Known, known: Known, fresh: AbstractSet[str], services: Services) -> None:
    """Count where what may become a rule stands confirmed as it was heard: in what is new; and, where it has only now
    been corrected often enough, in the latest of what was known before.
    """
    words = corrected(one.taught for one in known.values())
    new = words - corrected(one.taught for one in before.values())
    older = sorted((name for name in known.keys() - fresh), key=lambda name: (-known[name].at, name))
    for name in sorted(fresh & known.keys()) + (older[:_MOST_LOOKED_INTO] if new else []):
        one, ref = known[name], ref_of(name)
        stored = services.outputs.read(lessons.key(ref.owner, ref.asset_id, one.version)) if words else None
        if stored is not None:
            standing = also_standing(one.taught, Lesson.load(stored), words if name in fresh else new)
            known[name] = replace(one, taught=standing)


def _is_same(one: Recording, other: Recording) -> bool:
    return (one.version, one.edition) == (other.version, other.edition)


def _agreeing(scope: str, owners: Iterable[str], services: Services) -> frozenset[str]:
    """The accounts that agree to teach this scope: what was noted before one of them withdrew does not count."""
    found = agreements(owners, services)
    return frozenset(
        owner for owner, agreed in found.items() if scope != EVERYBODY or agreed.scope is TrainingScope.EVERYBODY
    )


def agreements(owners: Iterable[str], services: Services) -> dict[str, Training]:
    """What those of these accounts have agreed to that teach."""
    found = {}
    for some in batched(sorted(owners), _MOST_AT_ONCE):
        for owner, profile in services.users.profiles(some).items():
            if profile.teaches is not None:
                found[owner] = profile.teaches
    return found


def _found(night: Night, one: Fresh, now: float, services: Services) -> Recording | None:
    noted = services.learning.lesson(one.owner, one.asset_id)
    asset = services.store.get(AssetRef(one.owner, one.asset_id)) if noted else None
    if noted is None or asset is None or asset.no_training or asset.version != noted.version:
        return None
    stored = services.outputs.read(lessons.key(one.owner, one.asset_id, noted.version))
    if stored is None:
        return None
    lesson = Lesson.load(stored)
    _write_text(night.scope, night.language, asset, lesson, services)
    return Recording(
        taught(one.owner, lesson),
        noted.version,
        noted.edition,
        lesson.confirmed,
        is_held_out(one.asset_id) and lesson.measures,
        noted.at,
        now,
        asset.media.duration if asset.media else 0.0,
        lesson.models,
        lesson.edits,
        lesson.read,
    )


def _write_text(scope: str, language: str, asset: Asset, lesson: Lesson, services: Services) -> None:
    """Keep what somebody stands behind as text, for trainers that read: for the account alone; names are in it."""
    if scope != EVERYBODY and not is_held_out(asset.ref.asset_id):
        place = _text_place(scope, language, asset.ref.asset_id)
        services.outputs.write(place, "\n".join(lesson.text), "text/plain; charset=utf-8")


def _text_place(scope: str, language: str, asset_id: str) -> str:
    return f"{text_of(scope, language)}{asset_id}.txt"


def _delete_text(night: Night, name: str, services: Services) -> None:
    """Also of what nothing is known: a night may have died after it had kept the text."""
    if night.scope != EVERYBODY:
        services.outputs.delete_under(_text_place(night.scope, night.language, ref_of(name).asset_id))


def _keep(night: Night, before: Known, known: Known, services: Services) -> None:
    """Note of the models that were made of what is gone, and delete its text."""
    gone = before.keys() - known.keys()
    if not gone:
        return
    models.note_withdrawn(night.scope, night.language, "taught", gone, services)
    for name in gone:
        _delete_text(night, name, services)


def _note(night: Night, known: Known, services: Services) -> bool:
    document = json.dumps({name: one.to_json() for name, one in sorted(known.items())}, ensure_ascii=False)
    name = hashlib.sha256(document.encode()).hexdigest()[:32]
    if name != night.known:
        services.outputs.write(_place(night.scope, night.language, name), document, "application/json")
        if not services.learning.note_known(night, name):
            return False
    # Also where it is done again: whoever died over this has left what was withdrawn.
    for old in services.outputs.names(_folder(night.scope, night.language)):
        if old != _place(night.scope, night.language, name):
            services.outputs.delete_under(old)
    return True
