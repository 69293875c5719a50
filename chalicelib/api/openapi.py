"""The API described in OpenAPI 3.1, from the operations' own models: https://spec.openapis.org/oas/v3.1.0"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.api.models import problem
from chalicelib.api.operation import Access, Operation
from chalicelib.domain.ai_options import NAME
from chalicelib.domain.assets import ASSET_ID_PATTERN, OWNER_PATTERN
from chalicelib.domain.folders import ID_PATTERN as FOLDER_ID
from chalicelib.domain.marks import ID_PATTERN as MARK_ID
from chalicelib.domain.marks import ClipFormat
from chalicelib.domain.releases import ReleaseKind

VERSION = "1.0.0"
"""Of the API: a program that works with it works with all versions that begin with the same number."""

Json: TypeAlias = dict[str, object]
_OUR_PATH = "/api"
"""Of every deployment, for one that does not know its address."""

_REFERENCE = "#/components/schemas/{model}"
_NAMED = "^[A-Za-z0-9_-]{1,64}$"
_IN_PATHS = {
    "asset_id": f"^{ASSET_ID_PATTERN.pattern}$",
    "preset": "^[a-z]{1,20}$",
    "share_id": "^[a-f0-9]{16}$",
    "person_id": "^[0-9a-f]{32}$",
    "key_id": "^[a-f0-9]{16}$",
    "mark_id": f"^{MARK_ID.pattern}$",
    "clip_format": f"^({'|'.join(ClipFormat)})$",
    "board_id": "^[a-f0-9]{16}$",
    "question_id": "^[a-f0-9]{21}$",
    "voice_id": "^[a-f0-9]{16}$",
    "address_id": "^[a-f0-9]{32}$",
    "token": "^[A-Za-z0-9_-]{1,200}$",
    "owner": f"^{OWNER_PATTERN.pattern}$",
    "queue": "^[a-z]{1,20}$",
    "collection": f"^{NAME.pattern}$",
    "person": "^[a-f0-9]{16}$",
    "set_id": "^[a-f0-9]{16}$",
    "project": _NAMED,
    "step": _NAMED,
    "track": "^[a-z]{1,20}$",
    "kind": f"^({'|'.join(ReleaseKind)})$",
    "name": f"^{NAME.pattern}$",
    "language": "^[a-z]{2,3}$",
    "folder_id": f"^{FOLDER_ID.pattern}$",
    "filter_id": f"^{FOLDER_ID.pattern}$",
    "entry_id": "^[a-f0-9]{20}$",
    "rule_id": "^[a-f0-9]{20}$",
    "version": "^[1-9][0-9]{0,6}$",
    "scope": f"^{OWNER_PATTERN.pattern}$",
    "trainer": "^[a-z_]{1,20}$",
    "number": "^[0-9]{1,6}$",
    "edition": "^[0-9]{1,9}$",
}
_ERRORS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be carried out as it stands.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or none that is valid.",
    HTTPStatus.FORBIDDEN: "The caller may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or none of the caller's.",
    HTTPStatus.CONFLICT: "It cannot be done as things stand.",
    HTTPStatus.TOO_MANY_REQUESTS: "What the caller may use is used up; the sentence says what is left.",
}
_HTML = "text/html"
_ELSEWHERE = "It is too large for this answer, or binary: `Location` says where it can be had."


def document(operations: Iterable[Operation], subjects: Mapping[str, str], address: str | None) -> Json:
    """The whole description of `operations`; `subjects` says what each of their subjects is about, `address` where the
    API is.
    """
    described = list(operations)
    sent = [model for one in described for model in (one.body, one.query) if model]
    answers: list[type[BaseModel]] = [problem.Problem, *(one.answer for one in described if one.answer)]
    modes: list[tuple[JsonSchemaMode, list[type[BaseModel]]]] = [("validation", sent), ("serialization", answers)]
    _, found = models_json_schema(
        [(model, mode) for mode, models in modes for model in dict.fromkeys(models)], ref_template=_REFERENCE
    )
    schemas: dict[str, Json] = found["$defs"]
    paths: dict[str, Json] = {}
    for one in described:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one, schemas[one.query.__name__])
    # What is asked for in the address stands there as parameters.
    in_address = {one.query.__name__ for one in described} - {one.body.__name__ for one in described if one.body}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rapporteur",
            "version": VERSION,
            "description": "Recordings of people speaking go in; renditions, transcripts and reports come out.",
        },
        "servers": [{"url": address or _OUR_PATH}],
        "tags": [{"name": name, "description": about.strip()} for name, about in subjects.items()],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in in_address},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, or an id token of the deployment's Cognito user pool.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _described(operation: Operation, query: Json) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.subject],
        "responses": {str(status.value): answer for status, answer in _answers(operation).items()},
    }
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _IN_PATHS[name]}}
        for name in operation.in_path
    ]
    fields, required = query.get("properties", {}), query.get("required", ())
    assert isinstance(fields, dict) and isinstance(required, list | tuple), "a model is an object"
    parameters += [
        {"name": name, "in": "query", "required": name in required, "schema": schema} for name, schema in fields.items()
    ]
    if operation.access is Access.ANYONE:
        described["security"] = []
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _answers(operation: Operation) -> dict[HTTPStatus, Json]:
    answer: Json = {"description": operation.summary}
    if operation.answer:
        answer["content"] = _content(operation.answer)
    elif operation.gives:
        answer["content"] = {kind: {} if kind == "application/json" else _TEXT for kind in operation.gives}
    elsewhere: dict[HTTPStatus, Json] = {}
    if operation.redirects and operation.status is HTTPStatus.OK:
        elsewhere[HTTPStatus.SEE_OTHER] = {"description": _ELSEWHERE}
    told = _content(problem.Problem, problem.CONTENT_TYPE)
    errors: dict[HTTPStatus, Json] = {
        status: {"description": text, "content": told} for status, text in _ERRORS.items()
    }
    if _HTML in operation.gives:  # for people, of what there is not too
        errors[HTTPStatus.NOT_FOUND]["content"] = {**told, _HTML: _TEXT}
    return {operation.status: answer, **elsewhere, **errors}


_TEXT: Json = {"schema": {"type": "string"}}


def _content(model: type[BaseModel], content_type: str = "application/json") -> Json:
    return {content_type: {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}
