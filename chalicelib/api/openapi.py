"""The API described in OpenAPI 3.1, from the routes' own models: https://spec.openapis.org/oas/v3.1.0"""

import re
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from chalicelib.api.operation import Access, Operation
from chalicelib.api.operations import OPERATIONS
from chalicelib.api.routes import ROUTES
from chalicelib.api.views import ErrorAnswer
from chalicelib.domain.assets import ASSET_ID_PATTERN, OWNER_PATTERN

NAME = "get_openapi"
VERSION = "1"
_REFERENCE = "#/components/schemas/{model}"
_NAMED = "^[A-Za-z0-9_-]{1,64}$"
_IN_PATHS = {
    "asset_id": f"^{ASSET_ID_PATTERN.pattern}$",
    "preset": "^[a-z]{1,20}$",
    "track": "^[a-z]{1,20}$",
    "share_id": "^[a-f0-9]{16}$",
    "key_id": "^[a-f0-9]{16}$",
    "voice_id": "^[a-f0-9]{16}$",
    "address_id": "^[a-f0-9]{32}$",
    "token": "^[A-Za-z0-9_-]{1,200}$",
    "owner": f"^{OWNER_PATTERN.pattern}$",
    "queue": "^[a-z]{1,20}$",
    "project": _NAMED,
    "step": _NAMED,
}
_ERRORS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be carried out as it stands.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or none that is valid.",
    HTTPStatus.FORBIDDEN: "The caller may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or none of the caller's.",
    HTTPStatus.CONFLICT: "It cannot be done as things stand.",
    HTTPStatus.TOO_MANY_REQUESTS: "What the caller may use is used up; the sentence says what is left.",
}


def document() -> dict[str, Any]:
    """The whole description."""
    bodies = [(model, "validation") for op in OPERATIONS.values() for model in (op.body, op.query) if model]
    answers = [(operation.answer, "serialization") for operation in OPERATIONS.values() if operation.answer]
    schemas, definitions = models_json_schema(
        [*bodies, *answers, (ErrorAnswer, "serialization")],  # type: ignore[list-item]
        ref_template=_REFERENCE,
    )
    paths: dict[str, Any] = {}
    for name, operation in OPERATIONS.items():
        method, path = ROUTES[name]
        asked = definitions["$defs"][operation.query.__name__]
        paths.setdefault(path, {})[method.lower()] = _described(name, path, operation, schemas, asked)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rapporteur",
            "version": VERSION,
            "description": "Recordings of people speaking go in; renditions, transcripts and reports come out.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _described(
    name: str,
    path: str,
    operation: Operation,
    schemas: Any,  # noqa: ANN401 - pydantic's
    query: dict[str, Any],
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer:
        answer["content"] = _json(schemas[operation.answer, "serialization"])
    described: dict[str, Any] = {
        "operationId": name,
        "summary": operation.summary,
        "responses": {str(operation.status.value): answer, **_error_answers(schemas)},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _IN_PATHS[name]}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema}
        for name, schema in query.get("properties", {}).items()
    ]
    if operation.access is Access.ANYONE:
        described["security"] = []
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        content = _json(schemas[operation.body, "validation"])
        described["requestBody"] = {"required": True, "content": content}
    return described


def _error_answers(schemas: Any) -> dict[str, Any]:  # noqa: ANN401
    content = _json(schemas[ErrorAnswer, "serialization"])
    return {str(status.value): {"description": text, "content": content} for status, text in _ERRORS.items()}


def _json(schema: object) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
