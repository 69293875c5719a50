"""The body of every answer that is an error."""

from pydantic import BaseModel

CONTENT_TYPE = "application/problem+json"


class Problem(BaseModel):
    """A problem of RFC 9457: the status in words and as a number, and what is wrong in a sentence for people; beside
    them a stable `code` for programs, the `field` at fault where it is one, and after how many seconds to try again
    (`retry_after`) where that is known.
    """

    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    retry_after: int | None = None
