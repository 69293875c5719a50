"""What AWS services answer when they will not, in our errors: wait your turn, never, or (left as it is) try again."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from chalicelib.errors import EngineBusy, EngineFailed

_BUSY = frozenset(
    {
        "LimitExceededException",
        "ModelNotReadyException",
        "ServiceQuotaExceededException",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "ForbiddenException", "UnrecognizedClientException"})
_REFUSED = frozenset({"BadRequestException", "InvalidRequestException", "ValidationException"})


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
            raise EngineBusy(f"{name} takes no more work just now.") from exc
        if code in _FORBIDDEN:
            raise EngineFailed(
                f"{name} does not let this deployment in. Its operator should check the function's permissions, and "
                "that the service is open to the account in this region.",
                "not-allowed",
            ) from exc
        if code in _REFUSED:
            raise EngineFailed(
                f"{name} refused the request as invalid. Its operator will find the reason in the function's log.",
                "request-refused",
            ) from exc
        raise


def code_of(exc: ClientError) -> str:
    """The code of an AWS error."""
    return exc.response["Error"]["Code"]
