"""What is released to whom, in the table of accounts: under `#service` an item each, `release#{kind}#{name}`.

There are as many as an administrator has patience for, so that all of them are read to find those of one account.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from chalicelib.domain.ai_options import NAME
from chalicelib.domain.releases import Release, ReleaseKind, usual_aws_name
from chalicelib.storage.items import SERVICE, OwnerItems, parsed
from chalicelib.storage.updates import Update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_RELEASE = "release#"


class ReleaseStore(OwnerItems):
    """Releases. `table` is that of accounts."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(client, table)
        self._deployment = table

    def aws_collection(self, name: str) -> str:
        """What the collection of faces that is called `name` here is called on AWS, if it was made by us."""
        return usual_aws_name(ReleaseKind.COLLECTION, name, self._deployment)

    def get(self, kind: ReleaseKind, name: str) -> Release | None:
        """What was released under this name, to whomever; None if nothing was."""
        item = self._get(SERVICE, _item(kind, name)) if NAME.fullmatch(name) else None
        return parsed(Release, item) if item else None

    def all(self) -> list[Release]:
        """Everything that is released, by kind and name."""
        return [parsed(Release, item) for item in self._items(SERVICE, _RELEASE)]

    def of(self, owner: str) -> Iterator[Release]:
        """What an account may use."""
        return (release for release in self.all() if release.is_for(owner))

    def resolve(self, owner: str, kind: ReleaseKind, name: str) -> str | None:
        """What is called so is called on AWS; None if nothing of this name is released to the account."""
        release = self.get(kind, name)
        return release.aws_name if release is not None and release.is_for(owner) else None

    def put(
        self, kind: ReleaseKind, name: str, aws_name: str | None, accounts: Iterable[str], *, everybody: bool
    ) -> Release:
        """Release a thing to these accounts or to everybody, in place of those that had it.

        It keeps its name on AWS where `aws_name` is None, or gets the usual one.
        """
        before = self.get(kind, name)
        usual = before.aws_name if before else usual_aws_name(kind, name, self._deployment)
        release = Release(kind, name, aws_name or usual, frozenset(accounts), everybody)
        update = Update().set(kind=kind, name=name, aws_name=release.aws_name, everybody=everybody)
        # A set cannot be stored that is empty.
        update = update.set(accounts=set(release.accounts)) if release.accounts else update.remove("accounts")
        self._update(SERVICE, _item(kind, name), update)
        return release

    def remove(self, kind: ReleaseKind, name: str) -> bool:
        """Nobody may use it any more. False if it was not released."""
        return bool(NAME.fullmatch(name)) and self._delete(SERVICE, _item(kind, name))

    def withdraw(self, owner: str) -> None:
        """Take an account out of all releases."""
        for release in self.all():
            if owner in release.accounts:
                there = Update().require("attribute_exists({})", "item")
                self._update(SERVICE, _item(release.kind, release.name), there.delete_from("accounts", {owner}))


def _item(kind: ReleaseKind, name: str) -> str:
    return f"{_RELEASE}{kind}#{name}"
