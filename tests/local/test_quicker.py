"""The embedded AWS made quicker answers as it did before: what is worked out once is not kept where it changes."""

import subprocess
import sys
from typing import Any

import boto3
import moto.core.responses
import moto.core.utils
import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from moto import mock_aws

from local.aws.quicker import quicken
from tests.harness.places import ROOT

KEYS: Any = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}


class Service:
    """A service of moto's, of which a part is missing."""

    def get(self) -> None: ...


def test_a_method_that_a_class_gets_later_is_found_and_a_lost_one_not() -> None:
    quicken()
    names = moto.core.responses.method_names_from_class
    assert names(Service) == ["get"]
    Service.put = lambda self: None  # type: ignore[attr-defined]
    assert names(Service) == ["get", "put"]
    del Service.put  # type: ignore[attr-defined]
    assert names(Service) == ["get"]


@pytest.mark.parametrize(
    "value",
    [
        {"S": "é"},
        {"N": "1.5"},
        {"BOOL": False},
        {"NULL": True},
        {"B": b"\x00\xff"},
        {"SS": ["a", "b"]},
        {"BS": [b"\x00"]},
        {"L": [{"S": ""}, {"B": b"\x01"}, {"M": {"a": {"N": "1"}}}]},
        {"M": {"B": {"B": b"\x02"}, "S": {"S": "s"}, "L": {"L": []}}},
    ],
)
def test_a_value_of_a_table_comes_back_as_it_was_put(value: dict[str, Any]) -> None:
    quicken()
    with mock_aws():
        dynamodb = boto3.client("dynamodb", "us-east-1", **KEYS)
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        key = {"k": {"S": "1"}}
        dynamodb.put_item(TableName="t", Item={**key, "v": value})
        assert dynamodb.get_item(TableName="t", Key=key)["Item"]["v"] == value
        asked = {"TableName": "t", "Key": key, "ExpressionAttributeValues": {":v": value}}
        dynamodb.update_item(**asked, UpdateExpression="SET w = :v REMOVE v")
        assert dynamodb.query(
            TableName="t", KeyConditionExpression="k = :k", ExpressionAttributeValues={":k": key["k"]}
        )["Items"] == [{**key, "w": value}]
        with pytest.raises(ClientError, match="can only be used once"):
            dynamodb.update_item(**asked, UpdateExpression="SET a = :v SET b = :v")


def test_the_same_services_are_known() -> None:
    quicken()
    known = Loader().list_available_services("service-2")
    assert {"s3", "dynamodb", "lambda"} <= set(known)
    assert known == sorted(known)
    assert Loader().list_available_services("no-such-type") == []
    assert "s3" in Loader().list_available_services("endpoint-rule-set-1")


def test_clients_of_one_service_are_alike_and_share_no_events() -> None:
    quicken()
    one, other = (boto3.client("s3", region, **KEYS) for region in ("us-east-1", "eu-west-1"))
    heard: list[str] = []
    one.meta.events.register("provide-client-params.s3.ListBuckets", lambda **_: heard.append("one"))
    with mock_aws():
        other.list_buckets()
        assert heard == []
        one.list_buckets()
    assert heard == ["one"]
    assert (one.meta.endpoint_url, other.meta.endpoint_url) == (
        "https://s3.amazonaws.com",
        "https://s3.eu-west-1.amazonaws.com",
    )
    assert hasattr(other, "upload_file"), "what boto3 adds to botocore's clients"


def test_what_the_command_line_leaves_out_is_never_loaded() -> None:
    code = "import local.__main__, sys; import moto.apigateway; print('openapi_schema_validator' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout == "False\n"


def test_items_are_limited_projected_and_apart_from_what_was_read_of_them() -> None:
    quicken()
    with mock_aws():
        dynamodb = boto3.client("dynamodb", "us-east-1", **KEYS)
        names = ("k", "r", "shelf")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            LocalSecondaryIndexes=[
                {
                    "IndexName": "shelf",
                    "KeySchema": [
                        {"AttributeName": "k", "KeyType": "HASH"},
                        {"AttributeName": "shelf", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        item: Any = {name: {"S": name} for name in names} | {
            "title": {"M": {"en": {"S": "Buses"}, "all": {"L": [{"N": "1"}, {"SS": ["a"]}]}}},
            "more": {"S": "x" * 1000},
        }
        dynamodb.put_item(TableName="t", Item=item)
        asked: Any = {
            "TableName": "t",
            "KeyConditionExpression": "k = :k",
            "ExpressionAttributeValues": {":k": {"S": "k"}},
        }
        (shelved,) = dynamodb.query(**asked, IndexName="shelf")["Items"]
        assert shelved == {name: item[name] for name in (*names, "title")}
        (part,) = dynamodb.query(**asked, ProjectionExpression="title.en, r")["Items"]
        assert part == {"r": {"S": "r"}, "title": {"M": {"en": {"S": "Buses"}}}}
        (few,) = dynamodb.query(**asked, ProjectionExpression="title, nothing")["Items"]
        assert few == {"title": item["title"]}
        with pytest.raises(ClientError, match="size"):
            dynamodb.put_item(TableName="t", Item=item | {"more": {"S": "x" * 410_000}})
        with pytest.raises(ClientError, match="size"):
            dynamodb.update_item(
                TableName="t",
                Key={"k": {"S": "k"}, "r": {"S": "r"}},
                UpdateExpression="SET more = :more",
                ExpressionAttributeValues={":more": {"S": "x" * 410_000}},
            )
        assert dynamodb.get_item(TableName="t", Key={"k": {"S": "k"}, "r": {"S": "r"}})["Item"] == item
