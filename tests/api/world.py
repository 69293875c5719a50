"""The service as those see it who ask its API."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from chalice.test import Client

from tests.api.accounts import Answer, Api, Pool
from tests.harness.service import Service, running_service

ADA = "ada@rapporteur.example"
BOB = "bob@rapporteur.example"
ROOT = "root@rapporteur.example"


@dataclass
class World:
    service: Service
    pool: Pool
    client: Client

    def api(self, email: str | None) -> Api:
        return Api(self.client, self.pool.tokens(email, admin=email == ROOT)["IdToken"] if email else None)

    def send(self, api: Api, name: str = "debate.mp4", body: bytes = b"recording", **options: Any) -> str:
        """Announce a file and send it to S3 as a browser does. Returns the asset's id."""
        wanted = {"file_name": name, "size": len(body), "content_type": "video/mp4", **options}
        announced = api.post("/assets", wanted)
        assert announced.status == 201, announced.body
        form = announced.json["upload"]
        assert form["method"] == "post"
        sent = requests.post(form["url"], data=form["fields"], files={"file": (name, body)}, timeout=10)
        assert sent.status_code == 204, sent.text
        return str(announced.json["asset"]["id"])

    def upload(self, api: Api, name: str = "debate.mp4", body: bytes = b"recording", **options: Any) -> dict[str, Any]:
        """As `send`, and let the service do its work."""
        asset_id = self.send(api, name, body, **options)
        self.service.settle()
        return dict(api.get(f"/assets/{asset_id}").json)


@contextmanager
def a_world(**settings: str) -> Iterator[World]:
    """One with other settings, by their names without the prefix."""
    with running_service(**settings) as service, Client(importlib.import_module("app").app) as client:
        yield World(service, Pool.make(service), client)


def problem(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert {"title", "detail", "code"} <= set(answer.json)
    return dict(answer.json)


def everything_stored(world: World) -> str:
    """All keys and bodies of all buckets, all items of all tables."""
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    found: list[Any] = []
    for bucket in s3.list_buckets()["Buckets"]:
        for listed in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            found += [listed["Key"], s3.get_object(Bucket=bucket["Name"], Key=listed["Key"])["Body"].read()]
    for table in dynamodb.list_tables()["TableNames"]:
        found += dynamodb.scan(TableName=table)["Items"]
    return repr(found)
