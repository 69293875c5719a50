"""What may be done on AWS, and to what: the statements that IAM policies are put together from. Pure.

An engine says in its own module what it needs, as `grants(place, settings)`; `deployment/policies.py` says it for the
functions, and gives each the engines' grants that it has a use for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class AwsPlace:
    """Where a deployment is: `partition` is "aws" but in China and for governments."""

    region: str
    account: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket(self, name: str, keys: str = "") -> str:
        """The ARN of a bucket, or of the objects in it whose keys `keys` matches."""
        return f"arn:{self.partition}:s3:::{name}{f'/{keys}' if keys else ''}"


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do `actions` to `resources`, which are ARNs that may hold wildcards."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def statement(self) -> dict[str, Any]:
        """As a statement of an IAM policy."""
        said: dict[str, Any] = {"Effect": "Allow", "Action": sorted(self.actions), "Resource": sorted(self.resources)}
        return said | ({"Condition": self.condition} if self.condition else {})


ANYTHING = ("*",)
"""For actions that know no resources. Each use is one that the Service Authorization Reference lists without any:
https://docs.aws.amazon.com/service-authorization/latest/reference/"""


def reading(place: AwsPlace, bucket: str, keys: str) -> tuple[Grant, Grant]:
    """Leave to read what lies under `keys`, and to list the bucket.

    Without leave to list, S3 says of what is missing that it is forbidden:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    listing = Grant(("s3:ListBucket",), (place.bucket(bucket),))
    return (Grant(("s3:GetObject",), (place.bucket(bucket, keys),)), listing)


@dataclass(frozen=True, slots=True)
class EngineGrants:
    """What an engine needs: `work` to do or start work, `events` to read the events that tell of its end, `cancelling`
    to stop it. `preparing` is to look what can be done, before anything is; `going_on` what of its work it does when
    another engine has made what it works on, None if all. `filling` and `emptying` are for what administrators keep
    there beyond any recording, and `keeping` for what is made of accounts' lexicons.
    """

    work: tuple[Grant, ...] = ()
    events: tuple[Grant, ...] = ()
    cancelling: tuple[Grant, ...] = ()
    preparing: tuple[Grant, ...] = ()
    going_on: tuple[Grant, ...] | None = None
    filling: tuple[Grant, ...] = ()
    emptying: tuple[Grant, ...] = ()
    keeping: tuple[Grant, ...] = ()

    def beside(self, other: "EngineGrants") -> "EngineGrants":
        """What this engine and another need that stands behind the same seam."""
        merged = {one.name: getattr(self, one.name) or () for one in fields(self)}
        merged = {name: (*known, *(getattr(other, name) or ())) for name, known in merged.items()}
        if self.going_on is None and other.going_on is None:
            return replace(EngineGrants(**merged), going_on=None)
        each = (one.work if one.going_on is None else one.going_on for one in (self, other))
        return replace(EngineGrants(**merged), going_on=tuple(grant for grants in each for grant in grants))
