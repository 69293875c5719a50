"""The vocabularies that a service has been given of lexicons, in the table of accounts.

- `vocabulary#{language}` of an account: how the newest one stands; and until it is looked at again, when that is due
- `vocabulary#{name}` of the service itself: whose it is; and that it is to go, once it is

Both are found by the sparse index `due`.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.message import Message
from chalicelib.storage.items import SERVICE, OwnerItems
from chalicelib.storage.updates import SHARDS, Update, query, shard_of

_ITEM = "vocabulary#"


class Stage(StrEnum):
    """How far a vocabulary is."""

    WAITING = "waiting"
    """Nothing was made yet of what the lexicon now holds."""
    BEGUN = "begun"
    """It is about to be asked for, or has just been: whoever did may have died before this was noted."""
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The newest of an account and a language, by its `number` from 1 on: `name` is what the service calls it, `digest`
    that of what it is made of. `touched` changes with the lexicon.
    """

    owner: str
    language: str
    stage: Stage = Stage.WAITING
    number: int = 0
    name: str = ""
    digest: str = ""
    touched: str = ""
    failure: Message | None = None


class VocabularyStore(OwnerItems):
    """`table` is that of accounts."""

    def get(self, owner: str, language: str) -> Vocabulary | None:
        """The newest of an account and a language; None if there never was one."""
        item = self._get(owner, f"{_ITEM}{language}")
        return _vocabulary(item) if item else None

    def of_account(self, owner: str) -> list[Vocabulary]:
        """The newest of each language."""
        return [_vocabulary(item) for item in self._items(owner, _ITEM)]

    def touch(self, owner: str, language: str, due_at: float) -> str:
        """Note that the lexicon has changed, of which a vocabulary is made when that is due. Returns the mark of this
        change.
        """
        touched = secrets.token_hex(8)
        update = Update().set(touched=touched, due_at=due_at, due_shard=_shard(owner))
        self._update(owner, f"{_ITEM}{language}", update)
        return touched

    def begin(self, before: Vocabulary, name: str, digest: str, due_at: float) -> Vocabulary | None:
        """Note that one of that name is about to be asked for. None if somebody else was faster."""
        number = before.number if before.stage is Stage.BEGUN else before.number + 1
        self._put_named(name, before.owner, before.language)
        update = Update().set(stage=Stage.BEGUN.value, number=number, name=name, digest=digest)
        update.set(due_at=due_at, due_shard=_shard(before.owner))
        update.remove("failure")
        _as_it_was(update, before)
        item = self._update(before.owner, f"{_ITEM}{before.language}", update)
        return _vocabulary(item) if item else None

    def move(
        self, before: Vocabulary, stage: Stage, due_at: float | None = None, failure: Message | None = None
    ) -> Vocabulary | None:
        """Note how one stands now, and when it is looked at again. None if somebody else was faster."""
        update = Update().set(stage=stage.value)
        if failure is not None:
            update.set(failure=failure.to_json())
        else:
            update.remove("failure")
        _as_it_was(update, before)
        if due_at is not None:
            update.set(due_at=due_at, due_shard=_shard(before.owner))
        item = self._update(before.owner, f"{_ITEM}{before.language}", update)
        return _vocabulary(item) if item else None

    def settle(self, seen: Vocabulary) -> None:
        """It need not be looked at again, unless the lexicon has changed since it was `seen`."""
        update = Update().remove("due_at", "due_shard").require("{} = {}", "touched", seen.touched)
        self._update(seen.owner, f"{_ITEM}{seen.language}", _as_it_was(update, seen))

    def forget(self, owner: str, language: str) -> None:
        """Forget how the vocabulary of a language stands."""
        self._delete(owner, f"{_ITEM}{language}")

    # ---- by what the service calls them

    def _put_named(self, name: str, owner: str, language: str) -> None:
        self._put({"owner": SERVICE, "item": f"{_ITEM}{name}", "of": owner, "language": language})

    def whose(self, name: str) -> tuple[str, str] | None:
        """The account and the language that one of this name was made for; None if it is none of ours, or is to go."""
        item = self._get(SERVICE, f"{_ITEM}{name}")
        return None if item is None or item.get("is_gone") else (item["of"], item["language"])

    def is_gone(self, name: str) -> bool:
        """Whether one of this name is to go."""
        item = self._get(SERVICE, f"{_ITEM}{name}")
        return item is not None and bool(item.get("is_gone"))

    def mark_gone(self, name: str, due_at: float) -> bool:
        """Note that one of this name is to go, when that is due. False if there is none."""
        update = Update().set(is_gone=True, due_at=due_at, due_shard=_shard(name))
        return self._update(SERVICE, f"{_ITEM}{name}", update.require("attribute_exists({})", "item")) is not None

    def forget_name(self, name: str) -> None:
        """It is gone."""
        self._delete(SERVICE, f"{_ITEM}{name}")

    # ---- what is due

    def due(self, now: float) -> Iterator[Vocabulary | str]:
        """What is to be looked at by now: the account's, and the names of those that are to go."""
        for shard in range(SHARDS):
            condition, values = "due_shard = :shard AND due_at <= :now", {"shard": f"words-{shard}", "now": now}
            for item in query(self._client, self._table, condition, values, IndexName="due"):
                called = item["item"].removeprefix(_ITEM)
                yield called if item["owner"] == SERVICE else Vocabulary(item["owner"], called)


def _as_it_was(update: Update, before: Vocabulary) -> Update:
    """Only if nobody has moved it on meanwhile."""
    if before.number == 0:
        return update.require("attribute_not_exists({})", "number")
    return update.require("{} = {}", "number", before.number).require("{} = {}", "stage", before.stage.value)


def _vocabulary(item: dict[str, Any]) -> Vocabulary:
    failure = item.get("failure")
    return Vocabulary(
        item["owner"],
        item["item"].removeprefix(_ITEM),
        Stage(item.get("stage", Stage.WAITING)),
        int(item.get("number", 0)),
        item.get("name", ""),
        item.get("digest", ""),
        item.get("touched", ""),
        Message.from_json(failure) if failure else None,
    )


def _shard(name: str) -> str:
    return f"words-{shard_of(name)}"
