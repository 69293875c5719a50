"""An operation is one function: its route, its checks and its description come from its own types."""

import os
import subprocess
import sys
from http import HTTPStatus
from typing import Any

import pytest

from chalicelib.api.models.assets import AssetPage, Changes
from chalicelib.api.operation import Access, operation
from chalicelib.api.operations import OPERATIONS, SUBJECTS, description
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import Asset
from chalicelib.services import Services
from tests.harness.places import ROOT
from tests.house.test_settings import GOOD


def test_the_app_starts_without_what_only_requests_need() -> None:
    look = (
        "import sys, app; loaded = [name for name in sys.modules if name.startswith('chalicelib.api.')];"
        "assert loaded == ['chalicelib.api.routes'], loaded; assert 'pydantic' not in sys.modules;"
        "assert 'PUT' in app.app.routes['/assets/{asset_id}/transcript']; assert 'pydantic' in sys.modules"
    )
    environment = {**os.environ, **GOOD, "AWS_DEFAULT_REGION": "us-east-1"}
    subprocess.run([sys.executable, "-c", look], cwd=ROOT, env=environment, check=True)


def test_what_a_function_takes_and_answers_is_read_from_its_types() -> None:
    @operation("PATCH", "/assets/{asset_id}/{word}")
    def change(asset: Asset, word: str, body: Changes, services: Services) -> AssetPage:
        """Change something."""
        raise NotImplementedError

    assert (change.name, change.summary, change.in_path) == ("change", "Change something.", ["asset_id", "word"])
    assert (change.body, change.answer, change.status) == (Changes, AssetPage, HTTPStatus.OK)

    @operation("DELETE", "/assets/{asset_id}")
    def delete(asset: Asset) -> None:
        """Delete something."""

    assert (delete.body, delete.answer, delete.status) == (None, None, HTTPStatus.NO_CONTENT)


def test_a_function_that_asks_for_what_it_cannot_be_given_is_refused() -> None:
    def unknown(word: str) -> None: ...

    def of_another_kind(asset: str) -> None: ...

    def of_whoever_asks(account: Account) -> None: ...

    for wrong, access in ((unknown, Access.OWNER), (of_another_kind, Access.OWNER), (of_whoever_asks, Access.ANYONE)):
        with pytest.raises(TypeError, match=f"{wrong.__name__} cannot be given"):
            operation("GET", "/assets/{asset_id}", access)(wrong)


def test_no_two_operations_share_a_name_or_a_route() -> None:
    every = [one for subject in SUBJECTS for one in vars(subject).values() if type(one).__name__ == "Operation"]
    assert len(every) == len(OPERATIONS) == len({(one.method, one.path) for one in every}) > 60


def test_the_description_says_of_everything_whose_it_is_and_what_comes_back() -> None:
    document: Any = description("https://api.example/api")
    assert document["servers"] == [{"url": "https://api.example/api"}]
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(tags.values())
    used = set()
    for methods in document["paths"].values():
        for told in methods.values():
            used |= set(told["tags"])
            assert told["summary"].endswith(".")
            (good, answer), *_ = told["responses"].items()
            assert "content" in answer or good in {"204", "302", "303"}, told["operationId"]
            page = {"text/html"} & set(answer.get("content", ()))  # is for people, of what there is not too
            assert set(told["responses"]["404"]["content"]) == {"application/problem+json"} | page
    assert used == set(tags)
