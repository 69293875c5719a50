"""What Chalice has forgotten is gone before it makes the same again."""

import json
import uuid
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from deployment.errors import DeploymentError
from deployment.leftovers import drop_mappings, remove

PREFIX = "rapporteur-dev-"
KNOWN, OTHER, LOST = (str(uuid.UUID(int=number)) for number in range(3))


def mapping(name: str, state: str, function: str = "rapporteur-dev-on_intake") -> dict[str, Any]:
    return {"UUID": name, "State": state, "FunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{function}"}


@pytest.fixture
def lambdas() -> tuple[Any, Stubber]:
    """A session whose Lambda answers as it is told."""
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")
    stubber = Stubber(client)
    stubber.activate()
    return SimpleNamespace(client=lambda _: client), stubber


def listed(stubber: Stubber, *mappings: dict[str, Any]) -> None:
    stubber.add_response("list_event_source_mappings", {"EventSourceMappings": list(mappings)})


def test_a_mapping_that_chalice_forgot_is_waited_for_until_it_is_gone(lambdas: tuple[Any, Stubber]) -> None:
    session, stubber = lambdas
    remembered = json.dumps({"resources": [{"event_uuid": KNOWN}]})
    others = (mapping(KNOWN, "Enabled"), mapping(OTHER, "Enabled", "rapporteur-prod-on_intake"))
    listed(stubber, *others, mapping(LOST, "Enabled"))
    stubber.add_response("delete_event_source_mapping", {"UUID": LOST, "State": "Deleting"}, {"UUID": LOST})
    listed(stubber, *others, mapping(LOST, "Deleting"))
    listed(stubber, *others, mapping(LOST, "Deleting"))
    listed(stubber, *others)
    waited: list[float] = []
    drop_mappings(session, PREFIX, remembered, waited.append)
    stubber.assert_no_pending_responses()
    assert len(waited) == 2


def test_one_that_an_earlier_run_began_to_delete_is_waited_for_too(lambdas: tuple[Any, Stubber]) -> None:
    session, stubber = lambdas
    listed(stubber, mapping(LOST, "Deleting"))
    listed(stubber)
    drop_mappings(session, PREFIX, pause=lambda _: None)
    stubber.assert_no_pending_responses()


def test_one_that_is_still_being_made_is_deleted_once_that_is_possible(lambdas: tuple[Any, Stubber]) -> None:
    session, stubber = lambdas
    listed(stubber, mapping(LOST, "Creating"))
    stubber.add_client_error("delete_event_source_mapping", "ResourceInUseException")
    listed(stubber, mapping(LOST, "Enabled"))
    stubber.add_response("delete_event_source_mapping", {"UUID": LOST, "State": "Deleting"})
    listed(stubber)
    drop_mappings(session, PREFIX, pause=lambda _: None)
    stubber.assert_no_pending_responses()


def test_one_that_never_goes_is_named_after_a_while(lambdas: tuple[Any, Stubber]) -> None:
    session, stubber = lambdas
    for _ in range(60):
        listed(stubber, mapping(LOST, "Deleting"))
    waited: list[float] = []
    with pytest.raises(DeploymentError, match=rf"{LOST}.*in a few minutes"):
        drop_mappings(session, PREFIX, pause=waited.append)
    assert sum(waited) <= 300


def test_to_destroy_what_a_broken_deployment_is_still_making_waits_for_it(
    lambdas: tuple[Any, Stubber], session: boto3.Session
) -> None:
    stubbed, stubber = lambdas
    others = SimpleNamespace(client=lambda name: (stubbed if name == "lambda" else session).client(name))
    listed(stubber, mapping(KNOWN, "Enabled"), mapping(LOST, "Creating"))
    listed(stubber, mapping(KNOWN, "Enabled"), mapping(LOST, "Creating"))
    stubber.add_client_error("delete_event_source_mapping", "ResourceNotFoundException")
    stubber.add_client_error("delete_event_source_mapping", "ResourceInUseException")
    listed(stubber, mapping(LOST, "Enabled"))
    stubber.add_response("delete_event_source_mapping", {"UUID": LOST, "State": "Deleting"}, {"UUID": LOST})
    listed(stubber)
    stubber.add_response("list_functions", {"Functions": []})
    stubber.add_response("list_layers", {"Layers": []})
    remove(cast(boto3.Session, others), PREFIX, lambda _: None, lambda _: None)
    stubber.assert_no_pending_responses()
