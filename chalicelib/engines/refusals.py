"""What AWS services answer when they will not, in our errors: wait your turn, never, or (left as it is) try again."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message

_BUSY = frozenset(
    {
        "LimitExceededException",
        "ModelNotReadyException",
        "ProvisionedThroughputExceededException",
        "ServiceQuotaExceededException",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "ForbiddenException", "UnrecognizedClientException"})
_REFUSED = frozenset({"BadRequestException", "InvalidRequestException", "ValidationException"})

_NOT_ALLOWED = Message(
    "not-allowed",
    "%(service)s does not let this deployment in. Its operator should check the function's permissions, and that the "
    "service is open to the account in this region.",
)
_INVALID = Message(
    "request-refused",
    "%(service)s refused the request as invalid. Its operator will find the reason in the function's log.",
)


@contextmanager
def of_service(name: str) -> Iterator[None]:
    """Inside, what the AWS service `name` refuses is raised as ours.

    Raises EngineBusy where a quota is used up, EngineFailed where an operator has to change something; anything else
    comes through. The service's own message is never passed on: it may quote keys and names.
    """
    try:
        yield
    except ClientError as exc:
        code = code_of(exc)
        if code in _BUSY:
            raise EngineBusy from exc
        if code in _FORBIDDEN:
            raise EngineFailed(_NOT_ALLOWED.of(service=name)) from exc
        if code in _REFUSED:
            raise EngineFailed(_INVALID.of(service=name)) from exc
        raise


def code_of(exc: ClientError) -> str:
    """The code of an AWS error."""
    return exc.response["Error"]["Code"]
