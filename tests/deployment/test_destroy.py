"""What no stack knows of is deleted with a stage: its collections of faces at Rekognition."""

from types import SimpleNamespace
from typing import Any

from chalicelib.clients.aws import Aws
from chalicelib.domain.people import collection_id
from chalicelib.storage.people import PeopleStore
from deployment.destroy import _delete_collections
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
