"""What administrators release to accounts, as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.models.fields import RequestModel
from chalicelib.domain.assets import OWNER_PATTERN
from chalicelib.domain.releases import AWS_NAME, ReleaseKind

MOST_ACCOUNTS = 100
"""That one release names: for more there is `everybody`."""


Owner = Annotated[str, StringConstraints(pattern=f"^{OWNER_PATTERN.pattern}$")]


class ReleaseWanted(RequestModel):
    """Who may use a thing: these `accounts` (owners' ids), or everybody. What is not named here has it no more.

    `aws_name` is what it is called on AWS, by its name or ARN: left out, as before, or else as it is called here; a
    collection of faces that was made here has its own.
    """

    aws_name: Annotated[str, StringConstraints(pattern=f"^{AWS_NAME.pattern}$")] | None = None
    accounts: Annotated[tuple[Owner, ...], Field(max_length=MOST_ACCOUNTS)] = ()
    everybody: bool = False


class ReleaseView(BaseModel):
    """What is released, under which name, what that is on AWS, and to whom."""

    kind: ReleaseKind
    name: str
    aws_name: str
    accounts: list[str]
    everybody: bool


class Releases(BaseModel):
    """Everything that is released."""

    releases: list[ReleaseView]
