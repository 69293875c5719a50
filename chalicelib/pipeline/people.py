"""Collections of faces: made, filled, emptied and deleted, so that the engine has nothing that no record knows of.

Everything here can be done again, by whoever asks next: what is to be done is noted first (`storage/people.py`), then
the engine does it, then it is noted as done. What somebody died over is finished by `settle`, when an administrator
looks at the collections, and with the hourly sweep.
"""

import secrets
import time

from chalicelib.domain.people import (
    MOST_COLLECTIONS,
    MOST_FACES,
    MOST_PEOPLE,
    UNDER_WAY,
    Collection,
    Consent,
    Person,
    collection_id,
    new_id,
)
from chalicelib.domain.releases import ReleaseKind
from chalicelib.errors import Conflict, EngineBusy, EngineFailed, InvalidRequest, NotFound
from chalicelib.observability import logger
from chalicelib.seams.faces import FACES, FaceCollections
from chalicelib.services import Services


def make(name: str, by: str, services: Services) -> Collection:
    """Make a collection, which is released to nobody. Raises Conflict if there is one of this name, or too many."""
    if len(services.people.everything()[0]) >= MOST_COLLECTIONS:
        raise Conflict(f"There are {MOST_COLLECTIONS} collections already; delete one first.", "too-many-collections")
    made = services.people.make(name, by)
    if made is None:
        raise Conflict("There is a collection of this name, or one is being deleted just now.", "collection-exists")
    return _make_ready(made, services)


def _make_ready(collection: Collection, services: Services) -> Collection:
    engine, its_name = _engine(services), _id(collection.name, services)
    engine.create(its_name)
    ready = services.people.note_ready(collection)
    if ready is None:
        engine.delete(its_name)  # somebody has deleted it meanwhile, perhaps before the engine had it
        raise NotFound("The collection has just been deleted.", "no-collection")
    return ready


def delete(name: str, by: str, services: Services) -> None:
    """Delete a collection: all its faces at the engine, then everybody in it. Raises NotFound if there is none."""
    leaving = services.people.leave(name, by)
    if leaving is None:
        raise NotFound("There is no such collection.", "no-collection")
    _finish_deleting(leaving, services)


def _finish_deleting(collection: Collection, services: Services) -> None:
    assert collection.leaving_by is not None, "it has been noted"
    release = services.releases.get(ReleaseKind.COLLECTION, collection.name)
    if release is not None and release.aws_name == _id(collection.name, services):
        services.releases.remove(ReleaseKind.COLLECTION, collection.name)
    begun = time.time() - UNDER_WAY
    may_go = collection.is_ready or collection.made_at < begun
    there = []
    for person in services.people.people(collection.name):
        leaving = services.people.leave_person(person, collection.leaving_by)
        there += [leaving] if leaving else []
    engine = keeper(services)
    if engine is None:  # an operator has switched it off: names and consents are gone, the rest goes when it is back
        return
    engine.delete(_id(collection.name, services))
    if may_go and not any(person.has_begun_since(begun) for person in there):
        for person in there:
            services.people.drop_person(person)
        services.people.drop(collection)


def add_person(collection: str, name: str, consent: Consent, services: Services) -> Person:
    """Put somebody into a collection who agreed to it. Raises NotFound or Conflict."""
    _ready(collection, services)
    if len(services.people.people(collection)) >= MOST_PEOPLE:
        raise Conflict(f"There are {MOST_PEOPLE} people in it already; remove some first.", "too-many-people")
    person = Person(new_id(), collection, name, consent)
    if not services.people.add_person(person, consent):
        raise NotFound("The collection has just been deleted.", "no-collection")
    return person


def add_picture(collection: str, person_id: str, picture: bytes, services: Services) -> Person:
    """Give the engine a picture of somebody's face. Returns the person as they then are.

    Raises InvalidRequest if the face in it is of no use, or there is none, or more; NotFound; Conflict; EngineBusy or
    EngineFailed as the engine does.
    """
    _ready(collection, services)
    person = _forget_stale(_there(collection, person_id, services), services)
    token = secrets.token_hex(4)
    if not services.people.begin_picture(person, token):
        _there(collection, person_id, services)
        raise Conflict(f"There are {MOST_FACES} pictures of this person; that is enough.", "too-many-pictures")
    engine, its_name = _engine(services), _id(collection, services)
    try:
        added = engine.add(its_name, person.id, picture)
    except (EngineBusy, EngineFailed):
        services.people.end_picture(person, token, None)  # refused, so there is nothing
        raise
    if not services.people.end_picture(person, token, added.face_id):
        # They were removed meanwhile.
        if added.face_id is not None:
            engine.remove(its_name, [added.face_id])
        services.people.forget_begun(person, [token])
        raise _nobody()
    if added.refusal is not None:
        raise InvalidRequest(added.refusal, field="picture")
    return _there(collection, person_id, services)


def remove_person(collection: str, person_id: str, by: str, services: Services) -> None:
    """Remove somebody: their name and consent at once, their faces at the engine, then the rest of the record.

    Raises NotFound if there is nobody.
    """
    person = services.people.person(collection, person_id)
    leaving = services.people.leave_person(person, by) if person else None
    if leaving is None:
        raise _nobody()
    _finish_removing(leaving, services)


def _finish_removing(person: Person, services: Services) -> None:
    engine = keeper(services)
    if engine is None:
        return
    _remove_faces(person, set(person.faces), engine, services)
    if not person.has_begun_since(time.time() - UNDER_WAY):
        services.people.drop_person(person)


def _remove_faces(person: Person, faces: set[str], engine: FaceCollections, services: Services) -> None:
    """Delete these at the engine, and what it may have of pictures that were begun and never noted as done."""
    its_name = _id(person.collection, services)
    if person.adding:
        faces |= set(engine.faces_of(its_name, person.id)) - person.faces
    if faces:
        engine.remove(its_name, sorted(faces))


def _forget_stale(person: Person, services: Services) -> Person:
    """The person without what somebody died over: faces that the engine has and nobody knows of are deleted."""
    begun = time.time() - UNDER_WAY
    if not person.adding or person.has_begun_since(begun):
        return person
    _remove_faces(person, set(), _engine(services), services)
    return services.people.forget_begun(person, list(person.adding)) or person


def settle(services: Services) -> None:
    """Finish what was begun and is not done. What breaks for one collection does not keep the others from it."""
    if keeper(services) is None:
        return
    collections, people = services.people.everything()
    begun = time.time() - UNDER_WAY
    known = {collection.name for collection in collections if collection.leaving_at is None}
    gone = {person.collection for person in people} - {collection.name for collection in collections}
    for collection in collections:
        try:
            if collection.leaving_at is not None:
                _finish_deleting(collection, services)
        except Exception as exc:  # noqa: BLE001 - as said above
            logger.error("a collection was not settled", extra={"error": type(exc).__name__})
    for person in people:
        try:
            if person.leaving_at is not None and person.collection in known:
                _finish_removing(person, services)
            elif person.collection in known:
                _forget_stale(person, services)
            elif person.collection in gone and (person.consent is None or person.consent.recorded_at < begun):
                services.people.drop_person(person)
        except Exception as exc:  # noqa: BLE001 - as said above
            logger.error("a person's faces were not settled", extra={"error": type(exc).__name__})


def forget_made_by(owner: str, services: Services) -> None:
    """An account is erased: so is each collection that it made, and on record nobody stands in its place."""
    for collection in services.people.everything()[0]:
        if collection.made_by == owner:
            leaving = services.people.leave(collection.name, owner)
            if leaving is not None:
                _finish_deleting(leaving, services)
    services.people.release(owner)
    settle(services)  # what the account has left half done


def _ready(name: str, services: Services) -> None:
    found = services.people.collection(name)
    if found is None or found.leaving_at is not None:
        raise NotFound("There is no such collection.", "no-collection")
    if not found.is_ready:
        raise Conflict("This collection is not ready yet: make it once more.", "collection-not-ready")


def _there(collection: str, person_id: str, services: Services) -> Person:
    person = services.people.person(collection, person_id)
    if person is None or person.leaving_at is not None:
        raise _nobody()
    return person


def _nobody() -> NotFound:
    return NotFound("There is no such person in this collection.", "no-person")


def keeper(services: Services) -> FaceCollections | None:
    """What keeps collections, where the deployment allows any."""
    return services.engine(FACES) if services.settings.biometrics else None


def _engine(services: Services) -> FaceCollections:
    engine = keeper(services)
    if engine is None:
        raise NotFound("This service has no collections of faces.", "no-collections")
    return engine


def _id(name: str, services: Services) -> str:
    return collection_id(name, services.settings.users_table)
