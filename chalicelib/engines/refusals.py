"""What AWS services answer when they will not, in our errors: wait your turn, never, or (left as it is) try again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

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
_REFUSED = frozenset(
    {
        "BadRequestException",
        "ClientException",
        "InvalidParameterException",
        "InvalidRequestException",
        "ValidationError",
        "ValidationException",
    }
)

_NOT_ALLOWED = Message(
    "not-allowed",
    "%(service)s does not let this deployment in. Its operator should check the function's permissions, and that the "
    "service is open to the account in this region.",
)
_INVALID = Message(
    "request-refused",
    "%(service)s refused the request as invalid. Its operator will find the reason in the function's log.",
)
_NOT_READABLE = Message(
    "file-not-readable",
    "%(service)s cannot read the file. Its operator should check that it lies in the region of the service, and that "
    "the function may read it.",
)
_FILE_REFUSALS = {
    "InvalidS3ObjectException": _NOT_READABLE,
    "VideoTooLargeException": Message("film-too-large", "The film is larger or longer than %(service)s takes."),
    "ImageTooLargeException": Message(
        "picture-too-large", "The picture has more bytes or pixels than %(service)s takes."
    ),
    "InvalidImageFormatException": Message(
        "picture-format", "%(service)s does not read pictures of this format, or the picture is damaged."
    ),
    "UnsupportedDocumentException": Message(
        "document-format",
        "%(service)s does not read documents of this format: it may be one of another kind, or need a password.",
    ),
    "BadDocumentException": Message("document-damaged", "%(service)s cannot read the document: it is damaged."),
    "DocumentTooLargeException": Message(
        "document-too-large", "The document has more bytes or pages than %(service)s takes."
    ),
    "IdempotentParameterMismatchException": Message(
        "asked-otherwise",
        "%(service)s was asked for the same job with other options before. Processing the file again makes a new one.",
    ),
}
"""What is final for one file, by AWS's error code: Rekognition's and Textract's."""


_NONE: Mapping[str, Callable[[], EngineFailed]] = MappingProxyType({})


@contextmanager
def of_service(name: str, final: Mapping[str, Callable[[], EngineFailed]] = _NONE) -> Iterator[None]:
    """Inside, what the AWS service `name` refuses is raised as ours.

    `final` makes the error of what else another try would not mend, by AWS's error code.

    Raises EngineBusy where a quota is used up, EngineFailed where an operator has to change something; anything else
    comes through. The service's own message is never passed on: it may quote keys and names.
    """
    try:
        yield
    except ClientError as exc:
        code = code_of(exc)
        if code in final:
            raise final[code]() from exc
        if code in _BUSY:
            raise EngineBusy from exc
        if code in _FORBIDDEN:
            raise EngineFailed(_NOT_ALLOWED.of(service=name)) from exc
        if code in _FILE_REFUSALS:
            raise EngineFailed(_FILE_REFUSALS[code].of(service=name)) from exc
        if code in _REFUSED:
            raise EngineFailed(_INVALID.of(service=name)) from exc
        raise


def code_of(exc: ClientError) -> str:
    """The code of an AWS error."""
    return exc.response["Error"]["Code"]
