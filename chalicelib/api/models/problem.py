"""The body of every answer that is an error."""

from pydantic import BaseModel

CONTENT_TYPE = "application/problem+json"


class Problem(BaseModel):
    """A problem of RFC 9457: the status in words and as a number, and what is wrong in a sentence for people; beside
    them a stable `code` for programs, and the `field` at fault where it is one.
    """

    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
