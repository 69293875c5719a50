"""What administrators have brought to learn from, in the table of accounts, under the owner `#everybody`.

- `brought#{id}`: a set; while it is checked, or is leaving, also when that is looked at again (the sparse index `due`)
"""

import time
from collections.abc import Iterator
from dataclasses import replace

from chalicelib.domain.people import NOBODY
from chalicelib.learning.material import Brought, MaterialStage
from chalicelib.learning.models import EVERYBODY, Material
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import Update, attributes_of, query, storable

_ITEM = "brought#"
_SHARD = "material-0"
"""There are few sets, and one at a time is checked."""

_HOUR = 3600


class MaterialStore(OwnerItems):
    """`table` is that of accounts. Each change is one conditional write."""

    def make(self, brought: Brought) -> None:
        """Note a new set."""
        self._put_once({"owner": EVERYBODY, "item": f"{_ITEM}{brought.id}", **attributes_of(brought)})

    def get(self, set_id: str) -> Brought | None:
        """A set; None if there is none."""
        item = self._get(EVERYBODY, f"{_ITEM}{set_id}")
        return parsed(Brought, item) if item else None

    def all(self) -> list[Brought]:
        """All sets."""
        return [parsed(Brought, item) for item in self._items(EVERYBODY, _ITEM)]

    def ready(self, language: str) -> list[Brought]:
        """The sets of a language that models are made of."""
        found = [one for one in self.all() if (one.language, one.stage) == (language, MaterialStage.READY)]
        return [one for one in found if one.makes_models]

    def total(self, language: str) -> Material:
        """What there is to learn from in a language, in all."""
        found = self.ready(language)
        return Material(
            sum(one.files for one in found),
            sum(one.words for one in found),
            sum(one.seconds for one in found),
            max((one.changed_at for one in found), default=0.0),
        )

    def begin(self, brought: Brought) -> Brought | None:
        """Have a set be checked from its beginning. None if it is not open any more."""
        return self._move(brought, MaterialStage.OPEN, stage=MaterialStage.CHECKING.value, done=0, lines=0)

    def go_on(self, brought: Brought, done: int, members: int, lines: int) -> Brought | None:
        """Note how far the check is, and how many lines the set has by then. None if somebody else was faster, or the
        set is leaving.
        """
        return self._move(brought, MaterialStage.CHECKING, done=done, members=members, lines=lines)

    def end(self, brought: Brought, ended: Brought) -> Brought | None:
        """Note how the check of a set has `ended`. None as above."""
        values = replace(ended, changed_at=time.time())
        told = {name: getattr(values, name) for name in ("files", "words", "seconds", "left_out", "changed_at", "done")}
        return self._move(brought, MaterialStage.CHECKING, stage=values.stage.value, **told)

    def leave(self, set_id: str) -> Brought | None:
        """Note that a set is to go, however it stands. None if there is none."""
        update = Update().require("attribute_exists({})", "item").set(stage=MaterialStage.LEAVING.value, **_due(_HOUR))
        item = self._update(EVERYBODY, f"{_ITEM}{set_id}", update)
        return parsed(Brought, item) if item else None

    def forget_who(self, brought: Brought, owner: str) -> None:
        """An account is erased: it stands no more for who has brought a set, or noted an agreement."""
        made_by = NOBODY if brought.made_by == owner else brought.made_by
        consent = brought.consent
        if consent is not None and consent.recorded_by == owner:
            consent = replace(consent, recorded_by=NOBODY)
        update = Update().require("attribute_exists({})", "item").set(made_by=made_by)
        if consent is not None:
            update.set(consent=storable(consent))
        self._update(EVERYBODY, f"{_ITEM}{brought.id}", update)

    def forget(self, set_id: str) -> None:
        """It is gone."""
        self._delete(EVERYBODY, f"{_ITEM}{set_id}")

    def due(self, now: float) -> Iterator[str]:
        """The ids of the sets that are to be gone on with by now (seconds since the epoch)."""
        condition, values = "due_shard = :shard AND due_at <= :now", {"shard": _SHARD, "now": now}
        for item in query(self._client, self._table, condition, values, IndexName="due"):
            yield item["item"].removeprefix(_ITEM)

    def _move(self, before: Brought, was: MaterialStage, /, **values: object) -> Brought | None:
        update = Update().require("{} = {}", "stage", was.value).require("{} = {}", "done", before.done)
        if values.get("stage", MaterialStage.CHECKING) == MaterialStage.CHECKING:
            update.set(**_due(_HOUR))
        else:
            update.remove("due_at", "due_shard")
        item = self._update(EVERYBODY, f"{_ITEM}{before.id}", update.set(**values))
        return parsed(Brought, item) if item else None


def _due(seconds: float) -> dict[str, object]:
    return {"due_at": time.time() + seconds, "due_shard": _SHARD}
