"""Collections of faces and the people in them, in the table of accounts, under the owner `#service`.

- `collection#{name}`: a collection
- `collection#{name}#person#{id}`: a person in it
- `deed#{when}#{…}`: what was done to one, by whom. It goes by itself (`expires`).

Each change is one conditional write. What the engine is told of is noted here before, as under way, and noted as done
after: so whatever dies in between, there is no face at the engine that no record knows of. `pipeline/people.py` goes on
from there.
"""

import hashlib
import time
from collections.abc import Iterable

from chalicelib.domain.people import MOST_FACES, NOBODY, Collection, CollectionDeed, Consent, Done, Person
from chalicelib.storage.items import SERVICE, OwnerItems, parsed
from chalicelib.storage.updates import Update, attributes_of

_COLLECTION = "collection#"
_PERSON = "#person#"
_DEED = "deed#"
_KEPT = 3 * 366 * 24 * 3600


class PeopleStore(OwnerItems):
    """Who is in which collection."""

    # ---- collections

    def make(self, name: str, by: str) -> Collection | None:
        """Note that a collection is to be made. One that was begun and never became ready goes on as it was begun.

        None if there is one that is ready, or is being deleted.
        """
        update = Update().require("attribute_not_exists({})", "is_ready").require(_NOT_THERE, "leaving_at")
        update.set_once("name", name).set_once("made_by", by).set_once("made_at", time.time())
        made = self._update(SERVICE, _collection(name), update)
        return parsed(Collection, made) if made else None

    def note_ready(self, collection: Collection) -> Collection | None:
        """The engine has it. None if it is being deleted, or is gone."""
        self.note(Done(collection.name, CollectionDeed.MADE, collection.made_by, collection.made_at))
        update = Update().require("{} = {}", "made_at", collection.made_at).require(_NOT_THERE, "leaving_at")
        ready = self._update(SERVICE, _collection(collection.name), update.set(is_ready=True))
        return parsed(Collection, ready) if ready else None

    def collection(self, name: str) -> Collection | None:
        """The collection of this name."""
        item = self._get(SERVICE, _collection(name))
        return parsed(Collection, item) if item else None

    def everything(self) -> tuple[list[Collection], list[Person]]:
        """All collections, and everybody in them."""
        collections, people = [], []
        for item in self._items(SERVICE, _COLLECTION):
            if _PERSON in item["item"]:
                people.append(parsed(Person, item))
            else:
                collections.append(parsed(Collection, item))
        return collections, people

    def leave(self, name: str, by: str) -> Collection | None:
        """Note that a collection is to be deleted: from now on nobody comes into it. None if there is none."""
        update = Update().require("attribute_exists({})", "made_at")
        update.set_once("leaving_by", by).set_once("leaving_at", time.time())
        leaving = self._update(SERVICE, _collection(name), update)
        return parsed(Collection, leaving) if leaving else None

    def drop(self, collection: Collection) -> None:
        """Nothing is left of it at the engine, nor of anybody in it: forget it but for the deed."""
        if collection.leaving_by is not None and collection.leaving_at is not None:
            self.note(Done(collection.name, CollectionDeed.DELETED, collection.leaving_by, collection.leaving_at))
        self._delete(SERVICE, _collection(collection.name))

    # ---- people

    def people(self, collection: str) -> list[Person]:
        """Everybody in a collection, also those who are leaving."""
        return [parsed(Person, item) for item in self._items(SERVICE, f"{_collection(collection)}{_PERSON}")]

    def person(self, collection: str, person_id: str) -> Person | None:
        """Somebody in a collection."""
        item = self._get(SERVICE, _person(collection, person_id))
        return parsed(Person, item) if item else None

    def add_person(self, person: Person, consent: Consent) -> bool:
        """Put somebody into a collection, of whom there are no faces yet. False if it is gone, or going."""
        update = (
            Update()
            .set_once("adding", {})
            .set(id=person.id, collection=person.collection, name=person.name, consent=consent)
        )
        self._update(SERVICE, _person(person.collection, person.id), update)
        there = self.collection(person.collection)
        if there is None or not there.is_ready or there.leaving_at is not None:
            # Whoever deletes it looked for people before this one was there, or will find them.
            self._delete(SERVICE, _person(person.collection, person.id))
            return False
        by, at = consent.recorded_by, consent.recorded_at
        self.note(Done(person.collection, CollectionDeed.PERSON_ADDED, by, at, person.id))
        return True

    def begin_picture(self, person: Person, token: str) -> bool:
        """Note that the engine is about to be given a picture; False if the person is leaving, or has enough."""
        update = Update().require("attribute_exists({})", "name").require(_NOT_THERE, "leaving_at")
        update.require(_FEWER, "faces", MOST_FACES).require(_FEWER, "adding", MOST_FACES)
        return self._change(person, update.set_in("adding", token, time.time())) is not None

    def end_picture(self, person: Person, token: str, face: str | None) -> bool:
        """Note what came of it: the face, if there is one. False if the person is leaving: then it is of no use."""
        update = Update().require("attribute_exists({})", "id").remove_in("adding", token)
        if face is None:
            return self._change(person, update) is not None
        update.require(_NOT_THERE, "leaving_at").add_to("faces", {face})
        return self._change(person, update) is not None

    def forget_begun(self, person: Person, tokens: Iterable[str]) -> Person | None:
        """The engine has nothing of these pictures."""
        update = Update().require("attribute_exists({})", "id").remove_in("adding", *tokens)
        return self._change(person, update)

    def leave_person(self, person: Person, by: str) -> Person | None:
        """Note that a person is to be removed: name and consent are gone with this. None if there is nobody."""
        update = Update().require("attribute_exists({})", "id").remove("name", "consent")
        update.set_once("leaving_by", by).set_once("leaving_at", time.time())
        return self._change(person, update)

    def drop_person(self, person: Person) -> None:
        """Nothing is left of a person at the engine: forget them but for the deed."""
        if person.leaving_by is not None and person.leaving_at is not None:
            by, at = person.leaving_by, person.leaving_at
            self.note(Done(person.collection, CollectionDeed.PERSON_REMOVED, by, at, person.id))
        self._delete(SERVICE, _person(person.collection, person.id))

    def _change(self, person: Person, update: Update) -> Person | None:
        changed = self._update(SERVICE, _person(person.collection, person.id), update)
        return parsed(Person, changed) if changed else None

    # ---- deeds

    def note(self, done: Done) -> None:
        """Put a deed on record. Noted twice it is there once."""
        about = f"{done.collection}#{done.deed}#{done.person}"
        name = f"{_DEED}{done.at:017.6f}#{hashlib.sha256(about.encode()).hexdigest()[:12]}"
        self._put_once({**attributes_of(done), "owner": SERVICE, "item": name, "expires": int(done.at) + _KEPT})

    def deeds(self) -> list[Done]:
        """What was done, oldest first."""
        return [parsed(Done, item) for item in self._items(SERVICE, _DEED)]

    # ---- the end of an account

    def release(self, owner: str) -> None:
        """An account is erased: what it did and noted stays on record as nobody's. Safe to call again."""
        for item in list(self._items(SERVICE, _DEED)):
            if item["by"] == owner:
                self._update(SERVICE, item["item"], Update().require("{} = {}", "by", owner).set(by=NOBODY))
        for item in list(self._items(SERVICE, _COLLECTION)):
            for name in ("made_by", "leaving_by"):
                if item.get(name) == owner:
                    self._update(SERVICE, item["item"], Update().require("{} = {}", name, owner).set(**{name: NOBODY}))
            if item.get("consent", {}).get("recorded_by") == owner:
                there = Update().require("attribute_exists({})", "consent")
                self._update(SERVICE, item["item"], there.set_in("consent", "recorded_by", NOBODY))


_NOT_THERE = "attribute_not_exists({})"
_FEWER = "(attribute_not_exists({0}) OR size({0}) < {1})"


def _collection(name: str) -> str:
    return f"{_COLLECTION}{name}"


def _person(collection: str, person_id: str) -> str:
    return f"{_collection(collection)}{_PERSON}{person_id}"
