"""Collections of faces, for administrators, where the deployment allows faces to be told from one another: who is in
them, with what they agreed to. See docs/privacy.md.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from chalicelib.api.checked import check_agreed_on
from chalicelib.api.models import collections as models
from chalicelib.api.operation import Access, operation
from chalicelib.api.voices import readable
from chalicelib.clients.tokens import Account
from chalicelib.domain.people import MOST_PICTURE_BYTES, Collection, Consent, Person, is_picture
from chalicelib.errors import Conflict, EngineBusy, EngineFailed, InvalidRequest, NotFound
from chalicelib.message import Message
from chalicelib.pipeline import people
from chalicelib.services import Services

_SHOWN_DEEDS = 200

_NOT_A_PICTURE = Message("not-a-picture", "This is neither a jpeg nor a png, whatever it may be called.")
_PICTURE_TOO_LARGE = Message(
    "face-picture-too-large", "The picture has %(size_bytes)s; at most %(most_bytes)s are accepted."
)


@operation("GET", "/admin/collections", access=Access.ADMIN)
def list_collections(services: Services) -> models.Collections:
    """The collections of faces, and what was done to them."""
    _allowed(services)
    people.settle(services)
    found, everybody = services.people.everything()
    there = [person for person in everybody if person.leaving_at is None]
    heads = Counter(person.collection for person in there)
    faces = Counter(dict.fromkeys(heads, 0))
    for person in there:
        faces[person.collection] += len(person.faces)
    return models.Collections(
        collections=[_view(one, heads[one.name], faces[one.name]) for one in found],
        deeds=[models.DeedView.model_validate(done) for done in reversed(services.people.deeds()[-_SHOWN_DEEDS:])],
    )


@operation("POST", "/admin/collections", access=Access.ADMIN, status=HTTPStatus.CREATED)
def make_collection(account: Account, body: models.CollectionWanted, services: Services) -> models.CollectionView:
    """Make a collection of faces, with nobody in it and released to nobody."""
    _allowed(services)
    with _told():
        return _view(people.make(body.name, account.owner, services), 0, 0)


@operation("DELETE", "/admin/collections/{collection}", access=Access.ADMIN)
def delete_collection(collection: str, account: Account, services: Services) -> None:
    """Delete a collection with everybody in it."""
    _allowed(services)
    with _told():
        people.delete(collection, account.owner, services)


@operation("GET", "/admin/collections/{collection}/people", access=Access.ADMIN)
def list_people(collection: str, services: Services) -> models.People:
    """Everybody in a collection."""
    _allowed(services)
    if services.people.collection(collection) is None:
        raise NotFound("There is no such collection.", "no-collection")
    there = [_person(one) for one in services.people.people(collection) if one.leaving_at is None]
    return models.People(people=sorted(there, key=lambda one: (one.consent.recorded_at, one.id)))


@operation("POST", "/admin/collections/{collection}/people", access=Access.ADMIN, status=HTTPStatus.CREATED)
def add_person(collection: str, account: Account, body: models.PersonWanted, services: Services) -> models.PersonView:
    """Put a person into a collection, as they have agreed to."""
    _allowed(services)
    check_agreed_on(body.consent.given_on, "consent.given_on")
    name, wording = readable(body.name), readable(body.consent.wording)
    if not name or not wording:
        raise InvalidRequest(
            "A name and a wording can be read.", "unreadable", field="consent.wording" if name else "name"
        )
    consent = Consent(body.consent.given_on.isoformat(), wording, account.owner, time.time())
    with _told():
        return _person(people.add_person(collection, name, consent, services))


@operation("POST", "/admin/collections/{collection}/people/{person}/pictures", access=Access.ADMIN)
def add_picture(collection: str, person: str, body: models.PictureGiven, services: Services) -> models.PersonView:
    """Have a person known by the face in a picture; the picture itself is not kept."""
    _allowed(services)
    content = body.content
    if len(content) > MOST_PICTURE_BYTES:
        told = _PICTURE_TOO_LARGE.of(size_bytes=len(content), most_bytes=MOST_PICTURE_BYTES)
        raise InvalidRequest(told, field="picture")
    if not is_picture(content):
        raise InvalidRequest(_NOT_A_PICTURE, field="picture")
    with _told():
        return _person(people.add_picture(collection, person, content, services))


@operation("DELETE", "/admin/collections/{collection}/people/{person}", access=Access.ADMIN)
def remove_person(collection: str, person: str, account: Account, services: Services) -> None:
    """Remove a person from a collection: name, agreement and faces."""
    _allowed(services)
    with _told():
        people.remove_person(collection, person, account.owner, services)


def _allowed(services: Services) -> None:
    if people.keeper(services) is None:
        raise NotFound("This service has no collections of faces.", "no-collections")


@contextmanager
def _told() -> Iterator[None]:
    """What an engine will not do is told to whoever asked."""
    try:
        yield
    except (EngineBusy, EngineFailed) as exc:
        raise Conflict(exc.failure) from exc


def _view(one: Collection, heads: int, faces: int) -> models.CollectionView:
    status: models.CollectionStatus = "ready" if one.is_ready else "making"
    if one.leaving_at is not None:
        status = "deleting"
    return models.CollectionView(
        name=one.name, status=status, people=heads, faces=faces, made_by=one.made_by, made_at=one.made_at
    )


def _person(one: Person) -> models.PersonView:
    return models.PersonView(
        id=one.id, name=one.name, consent=models.ConsentView.model_validate(one.consent), faces=len(one.faces)
    )
