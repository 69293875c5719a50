"""What no stack knows of is deleted with a stage: its collections of faces at Rekognition."""

from types import SimpleNamespace
from typing import Any

import boto3
from moto import mock_aws

from chalicelib.clients.aws import Aws
from chalicelib.domain.people import collection_id
from chalicelib.storage.people import PeopleStore
from deployment.destroy import _delete_collections, _delete_user_pool
from tests.engines.stubs import answer, stubbed
from tests.harness.service import OWNER, Service


def test_a_stages_collections_are_deleted_and_no_others(service: Service) -> None:
    aws, table, said = Aws(), service.services.settings.users_table, list[str]()
    people = PeopleStore(service.services.aws.dynamodb, table)
    for name in ("council", "press"):
        people.make(name, OWNER)
    with stubbed(aws, "rekognition", "rekognition") as stubber:
        answer(stubber, "delete_collection", {"StatusCode": 200}, CollectionId=collection_id("council", table))
        stubber.add_client_error("delete_collection", "ResourceNotFoundException")  # it was deleted before
        clients: dict[str, Any] = {"dynamodb": service.services.aws.dynamodb, "rekognition": aws.rekognition}
        _delete_collections(SimpleNamespace(client=clients.__getitem__), table, said.append)  # type: ignore[arg-type]
    assert said == ["deleting the collection of faces council", "deleting the collection of faces press"]


def test_a_pool_goes_with_the_domain_that_was_left_with_it() -> None:
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with mock_aws():
        cognito = session.client("cognito-idp")
        pools = [cognito.create_user_pool(PoolName="rapporteur-dev")["UserPool"]["Id"] for _ in range(2)]
        cognito.create_user_pool_domain(Domain="rapporteur-dev-1", UserPoolId=pools[0])
        for pool in pools:
            _delete_user_pool(session, pool)
        assert cognito.list_user_pools(MaxResults=10)["UserPools"] == []
        assert "UserPoolId" not in cognito.describe_user_pool_domain(Domain="rapporteur-dev-1")["DomainDescription"]
