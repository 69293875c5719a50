"""A CloudFormation stack: made, brought up to date, or deleted, from whatever state it is in."""

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from deployment.errors import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_CAPABILITIES = "CAPABILITY_NAMED_IAM"
_WAITERS = {"CREATE": "stack_create_complete", "UPDATE": "stack_update_complete", "DELETE": "stack_delete_complete"}
_DONE = {"CREATE": "made", "UPDATE": "brought up to date", "DELETE": "deleted"}
_UNMADE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "CREATE_FAILED", "DELETE_FAILED"})
"""What a stack that never stood is left in: it can only be deleted, and made anew."""

_NOTHING_TO_DO = "No updates are to be performed"
_CANCELLED = "cancelled"
"""Of a resource that was under way when another one failed: "Resource creation cancelled"."""


class Stack:
    """One stack; `say` hears what is being waited for. `token` makes a name for each attempt: its events carry it."""

    def __init__(
        self,
        client: "CloudFormationClient",
        name: str,
        say: Callable[[str], None],
        token: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._client = client
        self.name = name
        self._say = say
        self._token = token

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs; none if there is no stack."""
        return {output["OutputKey"]: output["OutputValue"] for output in (self._find() or {}).get("Outputs", [])}

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that the stack was last made with; none if there is no stack."""
        listed = (self._find() or {}).get("Parameters", [])
        return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in listed}

    def deploy(self, template: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """Make the stack as `template` says, or bring it up to that. Returns its outputs.

        Raises DeploymentError with CloudFormation's reasons, each with the resource that it is about.
        """
        self._settle()
        attempt = self._token()
        request: dict[str, Any] = {
            "StackName": self.name,
            "ClientRequestToken": attempt,
            "TemplateBody": template,
            "Capabilities": [_CAPABILITIES],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        }
        found = self._find()
        if found is not None and found["StackStatus"] in _UNMADE:
            self.delete()
            found = None
        try:
            if found is None:
                self._client.create_stack(**request)
                self._wait("CREATE", attempt)
            else:
                self._client.update_stack(**request)
                self._wait("UPDATE", attempt)
        except ClientError as exc:
            if _NOTHING_TO_DO not in exc.response["Error"].get("Message", ""):
                raise DeploymentError(f"CloudFormation refuses the stack {self.name}: {exc}") from exc
        return self.outputs

    def delete(self) -> None:
        """Delete the stack, if there is one. What its template says to retain stays."""
        self._settle()
        if self._find() is not None:
            self._say(f"deleting the stack {self.name}")
            attempt = self._token()
            try:
                self._client.delete_stack(StackName=self.name, ClientRequestToken=attempt)
            except ClientError as exc:
                raise DeploymentError(f"CloudFormation refuses to delete the stack {self.name}: {exc}") from exc
            self._wait("DELETE", attempt)

    def _settle(self) -> None:
        """Wait for whatever is being done to the stack: somebody else's deployment, or our own that was cut off."""
        status = (self._find() or {}).get("StackStatus", "")
        if status.endswith("_IN_PROGRESS") and status not in _UNMADE:
            self._say(f"waiting for the stack {self.name}, which is {status}")
            action = "DELETE" if status.startswith("DELETE") else "UPDATE" if "UPDATE" in status else "CREATE"
            try:
                self._client.get_waiter(_WAITERS[action]).wait(StackName=self.name)  # type: ignore[call-overload]
            except WaiterError:
                return  # it failed, but it ended: what it was left in is looked at next

    def _wait(self, action: str, attempt: str) -> None:
        try:
            self._client.get_waiter(_WAITERS[action]).wait(StackName=self.name)  # type: ignore[call-overload]
        except WaiterError as exc:
            raise DeploymentError(
                f"The stack {self.name} could not be {_DONE[action]}: {self._reasons(attempt) or exc}"
            ) from exc

    def _reasons(self, attempt: str) -> str:
        """What failed in this attempt, the cause before what it brought down.

        Every event is looked at: the newest come first, and of a rollback there are pages.
        """
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        failed = [
            event
            for page in pages
            for event in page["StackEvents"]
            if event.get("ClientRequestToken") == attempt
            and event.get("ResourceStatus", "").endswith("_FAILED")
            and event.get("ResourceStatusReason")
        ]
        causes = [event for event in failed if _CANCELLED not in event["ResourceStatusReason"]] or failed
        return "; ".join(
            f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event['ResourceStatusReason']}"
            for event in reversed(causes)
        )

    def _find(self) -> Any:  # noqa: ANN401 - botocore's own answer
        try:
            return self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as exc:
            if "does not exist" in exc.response["Error"].get("Message", ""):
                return None
            raise DeploymentError(f"CloudFormation does not tell of the stack {self.name}: {exc}") from exc
