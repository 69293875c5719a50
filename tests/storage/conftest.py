"""Tables by themselves, without the rest of the service."""

from typing import Any

import boto3
import pytest
from moto import mock_aws


@pytest.fixture
def client() -> Any:
    """DynamoDB, with the table of accounts alone."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="users",
            KeySchema=[
                {"AttributeName": "owner", "KeyType": "HASH"},
                {"AttributeName": "item", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("owner", "item")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client
