"""The stack, from whatever state CloudFormation left it in."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deployment.errors import DeploymentError
from deployment.stack import Stack

NAME = "rapporteur-dev"
ATTEMPT = "this-try"
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
    return Stack(client, NAME, said.append, lambda: ATTEMPT), stubber, said


def event(
    resource: str, status: str, reason: str = "", kind: str = "AWS::S3::Bucket", attempt: str = ATTEMPT
) -> dict[str, Any]:
    told = {
        "LogicalResourceId": resource,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ClientRequestToken": attempt,
    }
    described = {"StackId": "1", "EventId": "1", "StackName": NAME, "Timestamp": CREATED}
    return {**described, **told, **({"ResourceStatusReason": reason} if reason else {})}


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
    # Newest first: a page of what the rollback deleted, what was given up for it, the cause; an earlier try.
    deleted = [event(f"Other{n}", "DELETE_COMPLETE") for n in range(100)]
    stubber.add_response("describe_stack_events", {"StackEvents": deleted, "NextToken": "2"}, {"StackName": NAME})
    told = [
        event("Outputs", "CREATE_FAILED", "Resource creation cancelled"),
        event("Assets", "CREATE_FAILED", "the table exists already", kind="AWS::DynamoDB::Table"),
        event("Uploads", "CREATE_FAILED", "the bucket exists already"),
        event("Uploads", "CREATE_FAILED", "no leave to make it", attempt="an-earlier-try"),
    ]
    stubber.add_response("describe_stack_events", {"StackEvents": told}, {"StackName": NAME, "NextToken": "2"})
    with pytest.raises(DeploymentError) as refused:
        stack.deploy("{}", {"Stage": "dev"})
    assert str(refused.value) == (
        "The stack rapporteur-dev could not be made: Uploads (AWS::S3::Bucket): the bucket exists already; "
        "Assets (AWS::DynamoDB::Table): the table exists already"
    )
    stubber.assert_no_pending_responses()


def test_why_a_stack_cannot_be_deleted_is_told(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stubber.add_response("describe_stacks", described("CREATE_COMPLETE"))
    stubber.add_response("delete_stack", {}, {"StackName": NAME, "ClientRequestToken": ATTEMPT})
    stubber.add_response("describe_stacks", described("DELETE_FAILED"))
    failed = event("Pages", "DELETE_FAILED", "The bucket you tried to delete is not empty")
    stubber.add_response("describe_stack_events", {"StackEvents": [failed]})
    with pytest.raises(DeploymentError, match=r"rapporteur-dev could not be deleted: Pages .*: The bucket you tried"):
        stack.delete()


def test_a_stack_that_nobody_may_look_at_is_named(stubbed: tuple[Stack, Stubber, list[str]]) -> None:
    stack, stubber, _ = stubbed
    stubber.add_client_error("describe_stacks", "AccessDenied", "not authorized to perform", 403)
    with pytest.raises(DeploymentError, match=r"rapporteur-dev.*not authorized"):
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
