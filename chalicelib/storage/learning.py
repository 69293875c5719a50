"""What is learnt, in the table of accounts. An account's lies with the account, and goes with it; what is for everybody
lies under the owner `#everybody`.

- `term#{language}#{id}`: an entry of the lexicon
- `lesson#{asset}`: that a recording has taught something
- `fresh#{language}#{owner}#{asset}`: that this has not been taken in yet: a night reads what is new, not the stock
- `learn#{language}`: while there is something new, when training is next due, by which the sparse index `due` finds it;
  and which document (`known`) has what is known
- `dropped#{language}#{id}`: what a rule is not to be for any more
- `look#{language}`: while a model is being made, when that is looked after next, found the same way
- `model#{language}#{trainer}#{number}`: a model
- `use#{language}#{trainer}`: which of these is in use
- `night#{language}#{trainer}`: what the last night has come to

Only for everybody:

- `approved#{language}#{id}`: a rule that an administrator has let through
- `spent#{day}`: what the trainings of a day cost, by estimate

Under the owner `#nights#{day in UTC}` stands what became of each model on that day. It goes by itself.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.domain.calendar import today
from chalicelib.learning.lexicon import Entry, same
from chalicelib.learning.models import (
    EVERYBODY,
    LEARN,
    LOOK,
    Approved,
    Dropped,
    Fresh,
    InUse,
    LastNight,
    Model,
    ModelRef,
    ModelState,
    Night,
    Noted,
    Outcome,
)
from chalicelib.message import Message
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import SHARDS, Update, attributes_of, natural, query, shard_of, storable

_TERM, _LESSON, _FRESH, _MODEL, _USE = "term#", "lesson#", "fresh#", "model#", "use#"
_NIGHT, _APPROVED, _SPENT, _DROPPED = "night#", "approved#", "spent#", "dropped#"
_NIGHTS_KEPT = 62 * 24 * 3600


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
        self._put_all(
            {"owner": owner, "item": _term(entry.language, term_id(entry.text)), **attributes_of(entry)}
            for entry in entries
        )

    def entry(self, owner: str, language: str, entry_id: str) -> Entry | None:
        """An entry; None if there is none."""
        item = self._get(owner, _term(language, entry_id))
        return parsed(Entry, item) if item else None

    def remove_entry(self, owner: str, language: str, entry_id: str) -> bool:
        """Take an entry out; False if there is none."""
        return self._delete(owner, _term(language, entry_id))

    # ---- lessons

    def note_lesson(self, owner: str, noted: Noted, due_at: float) -> None:
        """Note that a recording has taught something, for the training that is due at `due_at`, or one before.

        What is new is noted before what is due: who dies in between notes both again. Where it taught something before
        in another language, or to everybody and does no longer, it is gone there.
        """
        former = self.lesson(owner, noted.asset_id)
        now = _places(owner, noted)
        for scope, language in _places(owner, former) if former else ():
            if (scope, language) not in now:
                self._make_fresh(scope, Fresh(language, owner, noted.asset_id, gone=True), due_at)
        self._put({"owner": owner, "item": noted.name, **attributes_of(noted)})
        for scope, language in now:
            self._make_fresh(scope, Fresh(language, owner, noted.asset_id), due_at)
        told = Update().set(is_told=True)
        for name in ("version", "edition", "at"):  # what was noted since is told by whoever noted it
            told.require("{} = {}", name, getattr(noted, name))
        self._update(owner, noted.name, told)

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
        for scope, language in _places(owner, noted):
            self._make_fresh(scope, Fresh(language, owner, asset_id, gone=True), due_at)
        self._delete(owner, noted.name)

    def _make_fresh(self, scope: str, fresh: Fresh, due_at: float) -> None:
        touched = secrets.token_hex(8)
        values = attributes_of(replace(fresh, touched=touched))
        self._put({**values, "of": fresh.owner, "owner": scope, "item": fresh.name})
        self.make_due(scope, fresh.language, due_at, touched)

    def make_due(self, scope: str, language: str, due_at: float, touched: str | None = None) -> None:
        """There is something new: have a training be due at `due_at`, unless one is before."""
        update = Update().set_once("due_at", due_at).set_once("due_shard", _shard(scope))
        self._update(scope, f"{LEARN}{language}", update.set(touched=touched or secrets.token_hex(8)))

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
                kind, _, language = item["item"].partition("#")
                yield Night(item["owner"], language, float(item["due_at"]), is_look=f"{kind}#" == LOOK)

    def night(self, scope: str, language: str) -> Night | None:
        """When the next training of a scope is due; None if nothing is new."""
        item = self._get(scope, f"{LEARN}{language}")
        if item is None or "due_at" not in item:
            return None
        return Night(scope, language, float(item["due_at"]), item.get("touched", ""), item.get("known", ""))

    def known(self, scope: str, language: str) -> str:
        """Which document has what is known; empty if there is none."""
        return str((self._get(scope, f"{LEARN}{language}") or {}).get("known", ""))

    def note_known(self, night: Night, known: str) -> bool:
        """Have another document be what is known: one conditional write. False, and nothing changed, if somebody was
        faster.
        """
        update = Update().require("attribute_exists({})", "item").set(known=known)
        if night.known:
            update.require("{} = {}", "known", night.known)
        else:
            update.require("attribute_not_exists({})", "known")
        return self._update(night.scope, f"{LEARN}{night.language}", update) is not None

    def look_again(self, scope: str, language: str, at: float) -> None:
        """Have what is being made looked after at a moment."""
        self._update(scope, f"{LOOK}{language}", Update().set(due_at=at, due_shard=_shard(scope)))

    def look_no_more(self, look: Night) -> None:
        """Nothing is being made any more."""
        self._update(
            look.scope, look.name, Update().require("{} = {}", "due_at", look.due_at).remove("due_at", "due_shard")
        )

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

    def begin(self, scope: str, language: str, trainer: str, night: str, **about: Any) -> Model:  # noqa: ANN401 - fields
        """The model that a `night` (a name of its own) makes: asked again for the same night, it is the same one.

        `about` are further fields of it.
        """
        known = list(self._items(scope, f"{_MODEL}{language}#{trainer}#"))
        for item in known:
            if item.get("night") == night:
                return _model(scope, item)
        ref = ModelRef(scope, language, trainer, len(known) + 1)
        model = Model(ref, ModelState.TRAINING, time.time(), night=night, **about)
        values = storable(model.to_json())
        assert isinstance(values, dict), "a map stays one"
        self._put_once({"owner": scope, "item": ref.name, **values})
        made = self._get(scope, ref.name)
        assert made is not None, "it has just been written, by whomever"
        return (
            _model(scope, made) if made.get("night") == night else self.begin(scope, language, trainer, night, **about)
        )

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
        gone = replace(model, state=ModelState.RETIRED, artefact=None, material="")
        if not self.change(gone, states):
            return False
        self.note_empty(model.ref)
        return True

    def note_empty(self, ref: ModelRef) -> None:
        """Note that there is nothing of a model any more, nor what it was made of."""
        update = Update().require("attribute_exists({})", "item").set(material="").remove("artefact")
        self._update(ref.scope, ref.name, update)

    def note_ended(self, ref: ModelRef) -> None:
        """Note that a job has ended that nobody waited for: nothing more comes of it."""
        self._update(ref.scope, ref.name, Update().require("attribute_exists({})", "item").set(is_left=False))

    def note_gone(self, model: Model) -> None:
        """Note, once, that something was withdrawn that a model was made of."""
        update = Update().require("attribute_exists({})", "item").set_once("gone_since", time.time())
        self._update(model.ref.scope, model.ref.name, update)

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

    def bring_back(self, ref: ModelRef, use: InUse) -> bool:
        """Have the model before `use` be in use again; none, if there was none: one conditional write, once.

        False, and nothing changed, if `use` is not in use any more.
        """
        if use.previous is None or use.previous_artefact is None:
            return self.put_out_of_use(ref.scope, ref.language, ref.trainer, use.number)
        back = InUse(use.previous, use.previous_artefact, since=time.time(), is_brought_back=True)
        values = {name: value for name, value in attributes_of(back).items() if value is not None}
        update = Update().require("{} = {}", "number", use.number).set(**values)
        update.remove("previous", "previous_artefact")
        return self._update(ref.scope, _use(ref.language, ref.trainer), update) is not None

    def have_no_way_back(self, ref: ModelRef) -> None:
        """A model is gone: it is not brought back any more."""
        update = Update().require("{} = {}", "previous", ref.number).remove("previous", "previous_artefact")
        self._update(ref.scope, _use(ref.language, ref.trainer), update)

    def put_out_of_use(self, scope: str, language: str, trainer: str, number: int) -> bool:
        """Have none be in use where this one was."""
        update = Update().require("{} = {}", "number", number)
        update.remove("number", "artefact", "previous", "previous_artefact", "is_brought_back")
        return self._update(scope, _use(language, trainer), update) is not None

    # ---- nights

    def note_night(self, scope: str, last: LastNight, *, is_aside: bool = False) -> None:
        """Note what a night has come to, in the place of the one before; and, of a model, for the operators: for them
        alone, where it `is_aside`.
        """
        values = attributes_of(last)
        if last.reason is not None:
            values["reason"] = storable(last.reason.to_json())
        if not is_aside:
            self._put({"owner": scope, "item": last.name, **values})
        if last.number is not None:
            told = f"{scope}#{last.language}#{last.trainer}#{last.number}#{last.outcome}"
            name = hashlib.sha256(told.encode()).hexdigest()[:32]
            expires = int(time.time() + _NIGHTS_KEPT)
            self._put({"owner": _day(today()), "item": name, "outcome": last.outcome.value, "expires": expires})

    def nights(self, scope: str) -> list[LastNight]:
        """What the last night has come to, by language and trainer."""
        return [_last_night(item) for item in self._items(scope, _NIGHT)]

    def last_night(self, scope: str, language: str, trainer: str) -> LastNight | None:
        """What the last night has come to; None if there was none."""
        item = self._get(scope, f"{_NIGHT}{language}#{trainer}")
        return _last_night(item) if item else None

    def of_day(self, day: date) -> Counter[Outcome]:
        """What became of how many models on a day (in UTC)."""
        return Counter(Outcome(item["outcome"]) for item in self._items(_day(day), ""))

    def spend(self, day: date, name: str, usd: Decimal, limit: Decimal) -> bool:
        """Count an estimate among those of a day, if they stay within the limit: one conditional write. Asked again for
        the same `name`, the answer is the same.
        """
        update = Update().require("NOT contains({}, {})", "names", name)
        update.add("usd", usd).add_to("names", {name}).set(expires=int(time.time() + _NIGHTS_KEPT))
        if usd > limit:
            return False
        update.require("(attribute_not_exists({0}) OR {0} <= {1})", "usd", limit - usd)
        item = f"{_SPENT}{day.isoformat()}"
        if self._update(EVERYBODY, item, update) is not None:
            return True
        return name in (self._get(EVERYBODY, item) or {}).get("names", ())

    # ---- rules that are to be used no more

    def drop(self, scope: str, dropped: Dropped) -> None:
        """Have there be no rule for what is heard, from now on."""
        self._put({"owner": scope, "item": _dropped(dropped.language, dropped.heard), **attributes_of(dropped)})

    def take_up(self, scope: str, language: str, heard: str) -> None:
        """There may be a rule again."""
        self._delete(scope, _dropped(language, heard))

    def all_dropped(self, scope: str, language: str | None = None) -> list[Dropped]:
        """What was dropped, by whom."""
        beginning = f"{_DROPPED}{language}#" if language else _DROPPED
        return [parsed(Dropped, item) for item in self._items(scope, beginning)]

    def dropped(self, scope: str, language: str) -> frozenset[str]:
        """What no rule of this scope is to be used for, whatever models say."""
        found = {one.heard for one in self.all_dropped(scope, language)}
        if scope == EVERYBODY:
            found.update(one.heard for one in self.approved(language) if not one.written)
        return frozenset(found)

    # ---- what is for everybody

    def approve(self, approved: Approved) -> None:
        """Let a rule through for everybody; or never, where nothing is meant."""
        self._put({"owner": EVERYBODY, "item": _approved(approved.language, approved.heard), **attributes_of(approved)})

    def approved(self, language: str) -> list[Approved]:
        """The rules that were let through."""
        return [parsed(Approved, item) for item in self._items(EVERYBODY, f"{_APPROVED}{language}#")]


def _places(owner: str, noted: Noted) -> list[tuple[str, str]]:
    """Where a lesson teaches: the scopes, each with the language."""
    return [(scope, noted.language) for scope in ((owner, EVERYBODY) if noted.everybody else (owner,))]


def _term(language: str, entry_id: str) -> str:
    return f"{_TERM}{language}#{entry_id}"


def _approved(language: str, heard: str) -> str:
    return f"{_APPROVED}{language}#{term_id(heard)}"


def _dropped(language: str, heard: str) -> str:
    return f"{_DROPPED}{language}#{term_id(heard)}"


def _day(day: date) -> str:
    return f"#nights#{day.isoformat()}"


def _last_night(item: Mapping[str, Any]) -> LastNight:
    values = natural(dict(item))
    assert isinstance(values, dict), "a map stays one"
    reason, number = values.get("reason"), values.get("number")
    return LastNight(
        values["language"],
        values["trainer"],
        float(values["at"]),
        Outcome(values["outcome"]),
        None if reason is None else Message.from_json(reason),
        None if number is None else int(number),
    )


def _use(language: str, trainer: str) -> str:
    return f"{_USE}{language}#{trainer}"


def _shard(scope: str) -> str:
    return f"learn-{shard_of(scope)}"


def _model(scope: str, item: Mapping[str, Any]) -> Model:
    _, language, trainer, number = item["item"].split("#")
    values = natural(dict(item))
    assert isinstance(values, dict), "a map stays one"
    return Model.from_json(ModelRef(scope, language, trainer, int(number)), values)
