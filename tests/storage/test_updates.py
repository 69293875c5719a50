"""How DynamoDB is spoken to: names of their own, and patience with what it leaves undone."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.domain.assets import AssetRef, RunRef, Status
from chalicelib.errors import StoreError
from chalicelib.settings import Settings
from chalicelib.storage.asset_items import TrackRecord
from chalicelib.storage.assets import AssetStore
from chalicelib.storage.items import OwnerItems
from chalicelib.storage.updates import Update, asked_again
from tests.house.test_settings import GOOD

REF = AssetRef("ada", "0123456789abcdef")


def test_names_that_differ_in_one_sign_only_have_placeholders_of_their_own() -> None:
    update = Update().set_in("soft", "bounce-1", 1).set_in("soft", "bounce.1", 2).set_in("soft", "bounce 1", 3)
    said = update.require("{} < {}", "soft", 9).arguments()
    assert sorted(said["ExpressionAttributeNames"].values()) == ["bounce 1", "bounce-1", "bounce.1", "soft"]
    changes = said["UpdateExpression"].removeprefix("SET ").split(", ")
    assert len({change.partition(" = ")[0] for change in changes}) == 3
    for change in changes:
        for placeholder in change.partition(" = ")[0].split("."):
            assert placeholder in said["ExpressionAttributeNames"]


def test_what_is_left_undone_is_asked_again_after_longer_and_longer_pauses_and_not_for_ever() -> None:
    pauses: list[float] = []
    asked: list[list[int]] = []

    def ask(wanted: list[int]) -> tuple[int, list[int]]:
        asked.append(wanted)
        return wanted[0], wanted[1:]

    assert list(asked_again(ask, [1, 2, 3], pauses.append)) == [1, 2, 3]
    assert asked == [[1, 2, 3], [2, 3], [3]]
    assert 0 < pauses[0] < pauses[1]
    pauses.clear()
    with pytest.raises(StoreError):
        list(asked_again(lambda wanted: (None, wanted), [1], pauses.append))
    assert len(pauses) == 7
    assert sum(pauses) < 10
    assert len(set(pauses)) == 7, "no two callers come back at the same moments"
    assert list(asked_again(ask, [], pauses.append)) == []


@pytest.fixture
def stubbed() -> Iterator[Stubber]:
    client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def key(ref: AssetRef) -> dict[str, Any]:
    return {"owner": {"S": ref.owner}, "asset_id": {"S": ref.asset_id}}


def test_keys_that_were_not_read_are_read_the_next_time(stubbed: Stubber) -> None:
    settings = Settings.from_environment(GOOD)
    other = AssetRef("ada", "fedcba9876543210")
    left = {settings.assets_table: {"Keys": [key(other)]}}
    for ref, unread in ((REF, left), (other, {})):
        item = key(ref) | {"status": {"S": "queued"}}
        stubbed.add_response(
            "batch_get_item", {"Responses": {settings.assets_table: [item]}, "UnprocessedKeys": unread}
        )
    store = AssetStore(stubbed.client, settings)
    assert store.statuses([REF, other]) == {REF: Status.QUEUED, other: Status.QUEUED}


def test_items_of_accounts_that_were_not_read_are_read_the_next_time(stubbed: Stubber) -> None:
    names = [("ada", "profile"), ("bob", "profile")]
    keys = [{"owner": {"S": owner}, "item": {"S": item}} for owner, item in names]
    for found, unread in ((keys[0], {"users": {"Keys": [keys[1]]}}), (keys[1], {})):
        stubbed.add_response("batch_get_item", {"Responses": {"users": [found]}, "UnprocessedKeys": unread})
    items = OwnerItems(stubbed.client, "users")._batch(names)
    assert [item["owner"] for item in items] == ["ada", "bob"]


def test_results_that_were_not_stored_are_stored_the_next_time(stubbed: Stubber) -> None:
    settings = Settings.from_environment(GOOD)
    left = {settings.metadata_table: [{"PutRequest": {"Item": {"JsonFile": {"S": "b"}}}}]}
    stubbed.add_response("batch_write_item", {"UnprocessedItems": left})
    stubbed.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": left})
    tracks = [TrackRecord("captions", name, "rapporteur", 0.0, 1.0) for name in ("a", "b")]
    AssetStore(stubbed.client, settings).put_tracks(RunRef(REF, 1), tracks)
