"""The stack, from whatever state CloudFormation left it in."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deployment.errors import DeploymentError
from deployment.stack import Stack

NAME = "rapporteur-dev"
CREATED = "2026-11-21T10:00:00Z"
MISSING = ("ValidationError", f"Stack with id {NAME} does not exist", 400)


def described(status: str, **outputs: str) -> dict[str, Any]:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    stack = {"StackName": NAME, "CreationTime": CREATED, "StackStatus": status, "Outputs": listed}
    return {"Stacks": [stack]}


@pytest.fixture
def stubbed() -> tuple[Stack, Stubber, list[str]]:
    client = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub"
    )
    stubber = Stubber(client)
    stubber.activate()
    said: list[str] = []
    return Stack(client, NAME, said.append), stubber, said


def missing(stubber: Stubber) -> None:
    code, message, status = MISSING
    stubber.add_client_error("describe_stacks", code, message, http_status_code=status)


def test_a_stack_that_is_not_there_is_made(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    missing(stubber)
    missing(stubber)
    stubber.add_response("create_stack", {"StackId": "1"})
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE", UploadsBucket="uploads"))
    assert stack.deploy("{}", {"Stage": "dev"}) == {"UploadsBucket": "uploads"}
    stubber.assert_no_pending_responses()


def test_a_stack_that_never_stood_is_deleted_first(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    for _ in range(4):  # settled? found; settled before deleting? found
        stubber.add_response("describe_stacks", described("ROLLBACK_COMPLETE"))
    stubber.add_response("delete_stack", {})
    missing(stubber)
    stubber.add_response("create_stack", {"StackId": "1"})
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stack.deploy("{}", {"Stage": "dev"})
    stubber.assert_no_pending_responses()


def test_a_stack_that_is_up_to_date_stays(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    stubber.add_response("describe_stacks", described("UPDATE_COMPLETE"))
    stubber.add_response("describe_stacks", described("UPDATE_COMPLETE"))
    stubber.add_client_error("update_stack", "ValidationError", "No updates are to be performed.", 400)
    stubber.add_response("describe_stacks", described("UPDATE_COMPLETE", UploadsBucket="uploads"))
    assert stack.deploy("{}", {"Stage": "dev"}) == {"UploadsBucket": "uploads"}


def test_a_deployment_that_was_cut_off_is_waited_for(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, said = stubbed
    stubber.add_response("describe_stacks", described("CREATE_IN_PROGRESS"))
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))  # the waiter
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stubber.add_client_error("update_stack", "ValidationError", "No updates are to be performed.", 400)
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stack.deploy("{}", {"Stage": "dev"})
    assert "CREATE_IN_PROGRESS" in said[0]


def test_why_a_stack_cannot_be_made_is_told(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    missing(stubber)
    missing(stubber)
    stubber.add_response("create_stack", {"StackId": "1"})
    stubber.add_response("describe_stacks", described("ROLLBACK_COMPLETE"))
    event = {
        "StackId": "1",
        "EventId": "1",
        "StackName": NAME,
        "Timestamp": CREATED,
        "LogicalResourceId": "Uploads",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "the bucket exists already",
    }
    stubber.add_response("describe_stack_events", {"StackEvents": [event]})
    with pytest.raises(DeploymentError, match="Uploads: the bucket exists already"):
        stack.deploy("{}", {"Stage": "dev"})


def test_a_template_that_is_refused_is_told(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    missing(stubber)
    missing(stubber)
    stubber.add_client_error("create_stack", "ValidationError", "Parameters: [Stage] must have values", 400)
    with pytest.raises(DeploymentError, match="must have values"):
        stack.deploy("{}", {})


def test_what_is_not_there_need_not_be_deleted(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    missing(stubber)
    missing(stubber)
    stack.delete()
    stubber.assert_no_pending_responses()
