"""Schemathesis asks the API everything that its description allows, and much that it does not."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from chalice.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from chalicelib.api.operations import description
from tests.api.accounts import Pool
from tests.harness.service import ANSWERER, FACES, running_service

ADA = "ada@rapporteur.example"


class Wsgi:
    """The app as a WSGI application, by way of Chalice's own test client."""

    client: Client
    pool: Pool

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        path = quote(environ["PATH_INFO"].encode("latin-1")) + (f"?{query}" if query else "")
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        found = self.client.http.request(environ["REQUEST_METHOD"], path, headers=headers, body=body)
        told = [(name, str(value)) for name, value in found.headers.items() if name.lower() != "content-length"]
        start(f"{int(found.status_code)} {HTTPStatus(found.status_code).phrase}", told)
        return [found.body or b""]


APP = Wsgi()


@pytest.fixture(scope="module")
def headers() -> Iterator[dict[str, str]]:
    """What somebody sends who has signed in, while the service runs."""
    with running_service(**FACES, **ANSWERER) as service, Client(importlib.import_module("app").app) as client:
        APP.pool = Pool.make(service)
        token = APP.pool.tokens(ADA)["IdToken"]
        APP.client = client
        yield {"Authorization": f"Bearer {token}"}


DESCRIBED: Any = description("http://localhost")  # the app itself, which stands behind no path
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
SCHEMA.app = APP
# A path that is none of ours is answered by Chalice here, by API Gateway on AWS: not in our words.
CHECKS = {GenerationMode.POSITIVE: None, GenerationMode.NEGATIVE: [schemathesis.checks.not_a_server_error]}
UNSAYABLE = {
    # Where a name leads to, and whether that is on the public internet, no schema can say.
    ("PUT", "/me/webhook"),
    ("POST", "/imports"),
    # Nor what is a domain.
    ("POST", "/me/addresses"),
    # Nor which days have been.
    ("POST", "/admin/collections/{collection}/people"),
    ("POST", "/admin/material"),
    # Nor that a wording has to be agreed to, which is that of today.
    ("PUT", "/me/learning"),
    # Nor what is a word, or a line of a list.
    ("PUT", "/lexicon/{language}"),
    ("POST", "/lexicon/{language}/import"),
    # Nor what is a cursor.
    ("GET", "/assets"),
    # Nor that a comment has a body, and nothing else has.
    ("POST", "/assets/{asset_id}/marks"),
    # Nor that an entry of a board is a quote or a note, and that what is quoted has to be there.
    ("PUT", "/boards/{board_id}"),
    ("POST", "/boards/{board_id}/entries"),
    # Nor what is a picture.
    ("POST", "/admin/collections/{collection}/people/{person}/pictures"),
}
"""What may be refused though its schema allows it; all else that is checked holds of it, too."""
UNSEEN = (
    "characters that can be seen",
    "must not be empty",
    "nothing in it that can be looked for",
    "nothing released",
    "There is no such folder",
    "Nothing is said between these moments",
)
"""Of any text: nor can a schema say what of it is seen, or whether something is called
so, which folders there are, and when something is said. It is refused in these words, and for nothing else."""
OPERATIONS = [(method.upper(), path) for path, methods in DESCRIBED["paths"].items() for method in methods]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not allowed"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_asked_breaks_the_api(
    headers: dict[str, str], method: str, path: str, mode: GenerationMode
) -> None:
    if mode is GenerationMode.NEGATIVE and path == "/config":
        pytest.skip("there is nothing to ask wrongly")
    if path.startswith(("/admin/collections", "/admin/material")):  # all others hear no more than that they may not
        token = APP.pool.tokens("root@rapporteur.example", admin=True)["IdToken"]
        headers = {"Authorization": f"Bearer {token}"}

    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=SCHEMA[path][method].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        response = case.call(app=APP, headers=headers)
        is_unsaid = (method, path) in UNSAYABLE or _is_of_unseen_text(response)
        unsaid = [schemathesis.checks.positive_data_acceptance] if is_unsaid else []
        asked = {"app": APP, "headers": headers}  # as checks that ask once more do
        case.validate_response(response, CHECKS[mode], excluded_checks=unsaid, headers=headers, transport_kwargs=asked)

    ask()


def _is_of_unseen_text(response: Any) -> bool:
    return response.status_code == HTTPStatus.BAD_REQUEST and any(words in response.text for words in UNSEEN)
