"""What is learnt, in the table of accounts. An account's lies with the account, and goes with it; what is for everybody
lies under the owner `#everybody`.

- `term#{language}#{id}`: an entry of the lexicon
- `lesson#{asset}`: that a recording has taught something
- `fresh#{language}#{owner}#{asset}`: that this has not been taken in yet: a night reads what is new, not the stock
- `learn#{language}`: while there is something new, when training is next due, by which the sparse index `due` finds it
- `model#{language}#{trainer}#{number}`: a model
- `use#{language}#{trainer}`: which of these is in use
"""

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.batched import batched
from chalicelib.learning.lexicon import Entry, same
from chalicelib.learning.models import EVERYBODY, Fresh, InUse, Model, ModelRef, ModelState, Night, Noted
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import SHARDS, Update, attributes_of, natural, query, shard_of, storable

_TERM, _LESSON, _FRESH, _MODEL, _USE = "term#", "lesson#", "fresh#", "model#", "use#"
_MOST_AT_ONCE = 25


def term_id(text: str) -> str:
    """The id of an entry in its language: of the same words always the same."""
    return hashlib.sha256(same(text).encode()).hexdigest()[:20]


class LearningStore(OwnerItems):
    """Lexicons, lessons, models. `table` is that of accounts."""

    # ---- the lexicon

    def entries(self, owner: str, language: str | None = None) -> list[Entry]:
        """The entries of an account, of one language or of all."""
        beginning = f"{_TERM}{language}#" if language else _TERM
        return [parsed(Entry, item) for item in self._items(owner, beginning)]

    def put_entries(self, owner: str, entries: Iterable[Entry]) -> None:
        """Write entries in the place of those with the same words."""
        for some in batched(list(entries), _MOST_AT_ONCE):
            for entry in some:
                self._put({"owner": owner, "item": _term(entry.language, term_id(entry.text)), **attributes_of(entry)})

    def remove_entry(self, owner: str, language: str, entry_id: str) -> bool:
        """Take an entry out; False if there is none."""
        return self._delete(owner, _term(language, entry_id))

    # ---- lessons

    def note_lesson(self, owner: str, noted: Noted, due_at: float) -> None:
        """Note that a recording has taught something, for the training that is due at `due_at`, or one before.

        What is new is noted before what is due: who dies in between notes both again.
        """
        self._put({"owner": owner, "item": noted.name, **attributes_of(noted)})
        for scope in (owner, EVERYBODY) if noted.everybody else (owner,):
            self._make_fresh(scope, Fresh(noted.language, owner, noted.asset_id), due_at)

    def lessons(self, owner: str) -> list[Noted]:
        """What the recordings of an account have taught."""
        return [parsed(Noted, item) for item in self._items(owner, _LESSON)]

    def lesson(self, owner: str, asset_id: str) -> Noted | None:
        """What one recording has taught; None if nothing."""
        item = self._get(owner, f"{_LESSON}{asset_id}")
        return parsed(Noted, item) if item else None

    def forget_lesson(self, owner: str, asset_id: str, due_at: float) -> None:
        """See to it that the next training is without this recording, wherever it has taught something."""
        noted = self.lesson(owner, asset_id)
        if noted is None:
            return
        for scope in (owner, EVERYBODY) if noted.everybody else (owner,):
            self._make_fresh(scope, Fresh(noted.language, owner, asset_id, gone=True), due_at)
        self._delete(owner, noted.name)

    def _make_fresh(self, scope: str, fresh: Fresh, due_at: float) -> None:
        touched = secrets.token_hex(8)
        values = attributes_of(replace(fresh, touched=touched))
        self._put({**values, "of": fresh.owner, "owner": scope, "item": fresh.name})
        update = Update().set_once("due_at", due_at).set_once("due_shard", _shard(scope)).set(touched=touched)
        self._update(scope, f"learn#{fresh.language}", update)

    def fresh(self, scope: str, language: str) -> list[Fresh]:
        """What has not been taken in yet."""
        found = self._items(scope, f"{_FRESH}{language}#")
        return [parsed(Fresh, {**item, "owner": item["of"]}) for item in found]

    def taken_in(self, scope: str, fresh: Iterable[Fresh]) -> None:
        """These lessons have been taken in, unless there is a newer one of the recording."""
        for one in fresh:
            self._drop(scope, one.name, one.touched)

    def _drop(self, scope: str, name: str, touched: str) -> None:
        update = Update().require("{} = {}", "touched", touched).set(is_done=True)
        if self._update(scope, name, update) is not None:
            self._delete(scope, name)

    # ---- what is due

    def due(self, now: float) -> Iterator[Night]:
        """The trainings that have become due. Costs what it finds, however many accounts there are."""
        for shard in range(SHARDS):
            condition, values = "due_shard = :shard AND due_at <= :now", {"shard": f"learn-{shard}", "now": now}
            for item in query(self._client, self._table, condition, values, IndexName="due"):
                yield Night(item["owner"], item["item"].partition("#")[2], float(item["due_at"]))

    def night(self, scope: str, language: str) -> Night | None:
        """When the next training of a scope is due; None if nothing is new."""
        item = self._get(scope, f"learn#{language}")
        if item is None or "due_at" not in item:
            return None
        return Night(scope, language, float(item["due_at"]), item.get("touched", ""))

    def settle(self, night: Night, next_at: float | None) -> bool:
        """A training is done with; the next one is due at `next_at`, if there is more to learn.

        False, and nothing changed, if there is a newer lesson than `night` knows of.
        """
        update = Update().require("{} = {}", "due_at", night.due_at).require("{} = {}", "touched", night.touched)
        if next_at is None:
            update.remove("due_at", "due_shard")
        else:
            update.set(due_at=next_at)
        return self._update(night.scope, night.name, update) is not None

    # ---- models

    def models(self, scope: str, language: str | None = None) -> list[Model]:
        """The models of a scope, those of each language and trainer in the order in which they were made."""
        beginning = f"{_MODEL}{language}#" if language else _MODEL
        return [_model(scope, item) for item in self._items(scope, beginning)]

    def model(self, ref: ModelRef) -> Model | None:
        """One of them; None if there is none."""
        item = self._get(ref.scope, ref.name)
        return _model(ref.scope, item) if item else None

    def begin(self, scope: str, language: str, trainer: str, night: str) -> Model:
        """The model that a `night` (a name of its own) makes: asked again for the same night, it is the same one."""
        known = list(self._items(scope, f"{_MODEL}{language}#{trainer}#"))
        for item in known:
            if item.get("night") == night:
                return _model(scope, item)
        ref = ModelRef(scope, language, trainer, len(known) + 1)
        model = Model(ref, ModelState.TRAINING, time.time())
        values = storable(model.to_json())
        assert isinstance(values, dict), "a map stays one"
        self._put_once({"owner": scope, "item": ref.name, "night": night, **values})
        made = self._get(scope, ref.name)
        assert made is not None, "it has just been written, by whomever"
        return _model(scope, made) if made.get("night") == night else self.begin(scope, language, trainer, night)

    def change(self, model: Model, states: Iterable[ModelState]) -> bool:
        """Note how a model stands now, if it stood as one of `states` until now; else False, and nothing changed."""
        allowed = sorted(states)
        update = Update().set(**replace(model, changed_at=time.time()).to_json())
        for state in ModelState:
            if state not in allowed:
                update.require("{} <> {}", "state", state.value)
        return self._update(model.ref.scope, model.ref.name, update.require("attribute_exists({})", "item")) is not None

    def retire(self, model: Model, states: Iterable[ModelState]) -> bool:
        """Note that a model is to be used no more, nor what it was made of known."""
        gone = replace(model, state=ModelState.RETIRED, artefact=None, owners=frozenset())
        if not self.change(gone, states):
            return False
        self._update(model.ref.scope, model.ref.name, Update().remove("artefact"))
        return True

    def in_use(self, scope: str, language: str, trainer: str) -> InUse | None:
        """What is in use; None if nothing is."""
        item = self._get(scope, _use(language, trainer))
        return parsed(InUse, item) if item and item.get("number") else None

    def all_in_use(self, scope: str, trainer: str) -> dict[str, InUse]:
        """What is in use of a trainer, by language."""
        found = {}
        for item in self._items(scope, _USE):
            _, language, of_trainer = item["item"].split("#")
            if of_trainer == trainer and item.get("number"):
                found[language] = parsed(InUse, item)
        return found

    def flip(self, ref: ModelRef, artefact: str, before: InUse | None) -> bool:
        """Have a model be the one in use in place of `before`: one conditional write, by which it is so or not.

        Done twice, it is done once. False, and nothing changed, if another is in use by now.
        """
        now = time.time()
        use = InUse(ref.number, artefact, since=now)
        if before is not None:
            use = replace(use, previous=before.number, previous_artefact=before.artefact)
        update = Update().set(**attributes_of(use))
        if before is None:
            update.require("attribute_not_exists({})", "number")
        else:
            update.require("{} = {}", "number", before.number)
        if self._update(ref.scope, _use(ref.language, ref.trainer), update) is not None:
            return True
        current = self.in_use(ref.scope, ref.language, ref.trainer)
        return current is not None and current.number == ref.number

    def put_out_of_use(self, scope: str, language: str, trainer: str, number: int) -> bool:
        """Have none be in use where this one was."""
        update = Update().require("{} = {}", "number", number)
        update.remove("number", "artefact", "previous", "previous_artefact")
        return self._update(scope, _use(language, trainer), update) is not None


def _term(language: str, entry_id: str) -> str:
    return f"{_TERM}{language}#{entry_id}"


def _use(language: str, trainer: str) -> str:
    return f"{_USE}{language}#{trainer}"


def _shard(scope: str) -> str:
    return f"learn-{shard_of(scope)}"


def _model(scope: str, item: Mapping[str, Any]) -> Model:
    _, language, trainer, number = item["item"].split("#")
    values = natural(dict(item))
    assert isinstance(values, dict), "a map stays one"
    return Model.from_json(ModelRef(scope, language, trainer, int(number)), values)
