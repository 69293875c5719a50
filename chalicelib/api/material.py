"""What administrators bring to learn from: sound with its text, text, or words. See docs/learning.md."""

import re
import time
from http import HTTPStatus

from chalicelib.api import uploads
from chalicelib.api.checked import check_agreed_on
from chalicelib.api.language import message_view
from chalicelib.api.models import assets as of_assets
from chalicelib.api.models import material as models
from chalicelib.api.models.collections import ConsentGiven, ConsentView
from chalicelib.api.operation import Access, operation
from chalicelib.api.voices import readable
from chalicelib.clients.tokens import Account
from chalicelib.domain import keys, names
from chalicelib.domain.people import Consent
from chalicelib.errors import Conflict, InvalidRequest, NotFound
from chalicelib.learning import material as rules
from chalicelib.learning.material import Brought, MaterialKind, MaterialPurpose, MaterialStage
from chalicelib.pipeline import material
from chalicelib.services import Services


@operation("GET", "/admin/material", access=Access.ADMIN)
def list_material(services: Services) -> models.Materials:
    """The sets that were brought to learn from."""
    found = sorted(services.material.all(), key=lambda one: -one.made_at)
    return models.Materials(sets=list(map(_view, found)))


@operation("POST", "/admin/material", access=Access.ADMIN, status=HTTPStatus.CREATED)
def make_material(account: Account, body: models.MaterialWanted, services: Services) -> models.MaterialView:
    """Begin a set, to which files can then be uploaded."""
    if body.purpose is MaterialPurpose.MEASURE and body.kind is not MaterialKind.SOUND:
        raise InvalidRequest("Only sound with its text can be measured by.", "measured-by-sound", "purpose")
    if body.kind is MaterialKind.SOUND and body.consent is None:
        raise InvalidRequest(
            "Say on which day those who speak have agreed that their voices are learnt from, and to which wording.",
            "consent-missing",
            "consent",
        )
    if len(services.material.all()) >= rules.MOST_SETS:
        raise Conflict(f"There are {rules.MOST_SETS} sets already. Remove some first.", "material-full")
    consent = _consent(body.consent, account) if body.consent else None
    made = material.make(body.name, body.language, body.kind, body.purpose, account.owner, consent, services)
    return _view(made)


def _consent(given: ConsentGiven, account: Account) -> Consent:
    check_agreed_on(given.given_on, "consent.given_on")
    wording = readable(given.wording)
    if not wording:
        raise InvalidRequest("A wording can be read.", "unreadable", field="consent.wording")
    return Consent(given.given_on.isoformat(), wording, account.owner, time.time())


@operation("GET", "/admin/material/{set_id}", access=Access.ADMIN)
def get_material(set_id: str, services: Services) -> models.MaterialWhole:
    """A set: what was uploaded to it, and what of it was left out."""
    found = _set(set_id, services)
    return models.MaterialWhole(
        material=_view(found),
        uploaded=[models.MaterialFile(name=name, size=size) for name, size in material.files_of(found, services)],
        findings=[
            models.MaterialFinding(name=one.name, reason=message_view(one.reason))
            for one in material.findings_of(found, services)
        ],
    )


@operation("POST", "/admin/material/{set_id}/files", access=Access.ADMIN, status=HTTPStatus.CREATED)
def add_material_file(set_id: str, body: models.MaterialUpload, services: Services) -> models.MaterialSending:
    """Where to upload a file of a set, straight to S3."""
    found = _open(set_id, services)
    there = {name for name, _ in material.files_of(found, services)}
    name = _file_name(body.file_name)
    if len(there | {name}) > rules.MOST_FILES:
        raise Conflict(f"A set has at most {rules.MOST_FILES} files: pack more into a zip.", "material-files-full")
    key = keys.material_upload(found.id, name)
    return models.MaterialSending(file_name=name, upload=uploads.begin(key, body.size, body.content_type, services))


@operation("POST", "/admin/material/{set_id}/files/parts", access=Access.ADMIN)
def address_material_parts(
    set_id: str, body: models.MaterialPartsWanted, services: Services
) -> of_assets.PartAddresses:
    """Where to PUT parts of a large file of a set."""
    return uploads.addresses(_key(set_id, body.file_name, services), body, services)


@operation("GET", "/admin/material/{set_id}/files/parts", access=Access.ADMIN)
def list_material_parts(set_id: str, query: models.MaterialUploadNamed, services: Services) -> of_assets.PartsThere:
    """Which parts of a large file of a set have arrived, to go on after a lost connection."""
    return uploads.arrived(_key(set_id, query.file_name, services), query.upload_id, services)


@operation("POST", "/admin/material/{set_id}/files/complete", access=Access.ADMIN)
def complete_material_file(set_id: str, body: models.MaterialPartsDone, services: Services) -> None:
    """Put the parts of a large file of a set together."""
    key = _key(set_id, body.file_name, services)
    uploads.complete(key, body, services)
    uploads.require_whole(key, services)


@operation("DELETE", "/admin/material/{set_id}/files", access=Access.ADMIN)
def remove_material_file(set_id: str, query: models.MaterialFileNamed, services: Services) -> None:
    """Take a file out of a set that is not checked yet."""
    key = _key(set_id, query.file_name, services)
    if services.uploads.info(key) is None:
        raise NotFound("There is no such file in this set.")
    services.uploads.delete(key)


@operation("POST", "/admin/material/{set_id}/check", access=Access.ADMIN)
def check_material(set_id: str, services: Services) -> models.MaterialView:
    """All files are there: have them be checked. After that no more can be added."""
    found = _open(set_id, services)
    if not material.files_of(found, services):
        raise Conflict("No file of this set has arrived yet.", "material-empty-set")
    begun = material.check(found, services)
    if begun is None:
        raise _closed()
    return _view(begun)


@operation("DELETE", "/admin/material/{set_id}", access=Access.ADMIN)
def remove_material(set_id: str, services: Services) -> None:
    """Remove a set. What was learnt of it leaves with the next night."""
    if not material.remove(_set(set_id, services).id, services):
        raise _none()


def _set(set_id: str, services: Services) -> Brought:
    found = services.material.get(set_id)
    if found is None:
        raise _none()
    return found


def _open(set_id: str, services: Services) -> Brought:
    found = _set(set_id, services)
    if found.stage is not MaterialStage.OPEN:
        raise _closed()
    return found


def _key(set_id: str, file_name: str, services: Services) -> str:
    return keys.material_upload(_open(set_id, services).id, _file_name(file_name))


def _file_name(given: str) -> str:
    """What a file is called in its set. A name is not shortened: it would be as another's, and as no sound's."""
    name = names.safe_name(given)
    whole = names.visible(re.split(r"[/\\]", given)[-1]).strip().rstrip(". ")
    if name not in {whole, names.NAMELESS}:
        raise InvalidRequest("The file's name is too long: give it a shorter one.", "name-too-long", "file_name")
    return name


def _none() -> NotFound:
    return NotFound("There is no such set.")


def _closed() -> Conflict:
    return Conflict("This set is not open any more: bring what is missing as another one.", "material-closed")


def _view(one: Brought) -> models.MaterialView:
    return models.MaterialView(
        id=one.id,
        name=one.name,
        language=one.language,
        kind=one.kind,
        purpose=one.purpose,
        stage=one.stage,
        made_by=one.made_by,
        made_at=one.made_at,
        changed_at=one.changed_at,
        consent=ConsentView.model_validate(one.consent) if one.consent else None,
        done=one.done,
        members=one.members,
        files=one.files,
        words=one.words,
        seconds=one.seconds,
        left_out=one.left_out,
    )
