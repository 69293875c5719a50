"""Every operation of the API, by name."""

from collections.abc import Mapping

from chalice import Response

from chalicelib.api import (
    account,
    admin,
    assets,
    boards,
    captions,
    choices,
    collections,
    editions,
    held,
    learning,
    library,
    mail,
    marks,
    material,
    openapi,
    original,
    people,
    previews,
    questions,
    reading,
    releases,
    search,
    sharing,
    tracks,
    translations,
    uploads,
    versions,
    voices,
)
from chalicelib.api.operation import Access, Operation, operation
from chalicelib.services import Services

SUBJECTS = (
    library,
    assets,
    uploads,
    versions,
    choices,
    reading,
    original,
    editions,
    captions,
    translations,
    marks,
    boards,
    tracks,
    search,
    questions,
    voices,
    learning,
    sharing,
    people,
    previews,
    account,
    mail,
    admin,
    held,
    releases,
    collections,
    material,
)

OPERATIONS: Mapping[str, Operation] = {
    value.name: value for subject in SUBJECTS for value in vars(subject).values() if isinstance(value, Operation)
}


def description(address: str | None = None) -> openapi.Json:
    """All of them in OpenAPI; `address` is where the API is, if that is known."""
    about = {subject.__name__.rpartition(".")[2]: subject.__doc__ or "" for subject in SUBJECTS}
    return openapi.document(OPERATIONS.values(), about, address)


@operation("GET", "/openapi.json", access=Access.ANYONE)
def get_openapi(services: Services) -> Response:
    """What this API can do, for programs."""
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(description(services.settings.api_url), headers=headers)
