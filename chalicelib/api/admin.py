"""What administrators may see and do. Some of it reads a whole table: fit for a question now and then."""

import json
import time
from collections.abc import Iterable
from decimal import Decimal
from heapq import nlargest
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import ValidationError

from chalicelib.api import account
from chalicelib.api.models import admin as models
from chalicelib.api.models.assets import AgainForAnyone, AssetView
from chalicelib.api.noting import note_administrators
from chalicelib.api.operation import Access, operation
from chalicelib.api.views import asset_view, shown
from chalicelib.domain.assets import ASSET_ID_PATTERN, OWNER_PATTERN, Asset, AssetRef, Status
from chalicelib.domain.batched import batched
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.pipeline.messages import ATTEMPTS
from chalicelib.pipeline.retry import retry
from chalicelib.services import Services
from chalicelib.settings import QUEUES
from chalicelib.storage.ledger import by_owner_and_month, by_service_and_month

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import UserTypeTypeDef
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_LEAVE_THE_SANDBOX = "https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html"
_USERS_A_PAGE = 25
_NO_SUCH_PAGE = {"InvalidParameterException", "InvalidToken"}
"""What Cognito calls a wrong cursor, and what the embedded one does."""

_MOST_ASSETS = 100
_SHOWN_LETTERS = 10
_MOST_MOVED = 500
_MOST_PROFILES = 100
_SOON = 365 * 24 * 3600.0
"""Whatever is looked after again within so many seconds: all that is unfinished."""


@operation("GET", "/admin/users", access=Access.ADMIN)
def list_users(query: models.UsersWanted, services: Services) -> models.Users:
    """The accounts, and what they use."""
    pool = services.tokens.pool.pool_id
    more = {"PaginationToken": query.after} if query.after else {}
    client = services.aws.cognito
    try:
        answer = client.list_users(UserPoolId=pool, Limit=_USERS_A_PAGE, **more)
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in _NO_SUCH_PAGE:
            raise
        raise InvalidRequest("There is no such page.", field="after") from exc
    found = {_attributes(user)["sub"]: user for user in answer["Users"]}
    profiles = services.users.profiles(list(found))

    def view(owner: str, user: "UserTypeTypeDef") -> models.UserView:
        profile = profiles.get(owner) or services.users.profile(owner)
        return models.UserView(
            owner=owner,
            email=_attributes(user).get("email"),
            status=user["UserStatus"],
            created_at=user["UserCreateDate"].timestamp(),
            may_be_urgent=profile.may_be_urgent,
            quota=account.quota_view(owner, profile, services.users.usage(owner), services),
        )

    return models.Users(users=[view(owner, user) for owner, user in found.items()], next=answer.get("PaginationToken"))


def _attributes(user: "UserTypeTypeDef") -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in user["Attributes"]}


@operation("PUT", "/admin/users/{owner}", access=Access.ADMIN)
def change_user(owner: str, body: models.UserChanges, services: Services) -> models.AllowanceView:
    """Change what an account may use."""
    if not OWNER_PATTERN.fullmatch(owner) or not services.has_account(owner):
        raise NotFound("There is no such account.")
    profile = services.users.profile(owner)
    given = body.model_dump(exclude_none=True)
    urgent = given.pop("may_be_urgent", profile.may_be_urgent)
    allowed = {name: given.get(name, getattr(profile.allowance, name)) for name in ("minutes", "bytes", "in_flight")}
    services.users.change(owner, {"allowance": allowed, "may_be_urgent": urgent})
    return models.AllowanceView(**allowed, may_be_urgent=urgent)


@operation("GET", "/admin/assets", access=Access.ADMIN)
def list_troubled_assets(query: models.AssetsWanted, services: Services) -> models.OwnedAssets:
    """The recordings of all accounts that failed, or that have not moved for too long."""
    found: Iterable[Asset]
    if query.status == "failed":
        found = (asset for asset in services.store.everyones() if asset.status is Status.FAILED)
    else:
        stuck = (services.store.get(ref) for ref in services.store.overdue(time.time() + _SOON))
        found = (asset for asset in stuck if asset is not None and asset.sweeps)
    newest = nlargest(_MOST_ASSETS, found, key=lambda asset: asset.created_at)
    return models.OwnedAssets(
        assets=[models.OwnedAsset(**asset_view(asset).model_dump(), owner=asset.ref.owner) for asset in newest]
    )


@operation("POST", "/admin/assets/{owner}/{asset_id}/retry", access=Access.ADMIN)
def retry_anyones_asset(owner: str, asset_id: str, body: AgainForAnyone, services: Services) -> AssetView:
    """Do all the work on somebody's finished recording again."""
    known = OWNER_PATTERN.fullmatch(owner) and ASSET_ID_PATTERN.fullmatch(asset_id)
    asset = services.store.get(AssetRef(owner, asset_id)) if known else None
    if asset is None:
        raise NotFound("There is no such asset.")
    begun = retry(asset, services, accept_cost=True, track=body.track, by_administrator=True)
    note_administrators(asset, services, retry_anyones_asset.name)
    return shown(begun, services)


@operation("GET", "/admin/dead-letters", access=Access.ADMIN)
def list_dead_letters(services: Services) -> models.DeadLetters:
    """The messages that were given up, by queue."""
    return models.DeadLetters(queues=[_queue(name, services) for name in QUEUES])


def _queue(name: str, services: Services) -> models.DeadLetterQueue:
    sqs, url = services.aws.sqs, services.settings.dead_letters_url(name)
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    # Looked at, not taken: they show up again at once.
    found = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_SHOWN_LETTERS,
        VisibilityTimeout=0,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
        MessageAttributeNames=[ATTEMPTS],
    ).get("Messages", [])
    return models.DeadLetterQueue(
        name=name,
        waiting=int(waiting["ApproximateNumberOfMessages"]),
        messages=[
            models.DeadLetter(id=message["MessageId"], received=_attempts(message), body=_run_in(message["Body"]))
            for message in found
        ],
    )


def _attempts(message: "MessageTypeDef") -> int:
    """How often a dead letter was worked on; what SQS has moved there itself says only how often it was received."""
    counted = message.get("MessageAttributes", {}).get(ATTEMPTS)
    if counted is not None and "StringValue" in counted:
        return int(counted["StringValue"])
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def _run_in(body: str) -> models.RunNamed | None:
    try:
        values = json.loads(body)
        if isinstance(values, dict) and values.get("Type") == "Notification":
            values = json.loads(values["Message"])
        return models.RunNamed.model_validate(values)
    except (ValueError, ValidationError):
        return None


@operation("POST", "/admin/dead-letters/{queue}/redrive", access=Access.ADMIN)
def redrive_dead_letters(queue: str, services: Services) -> models.Moved:
    """Have a queue's given-up messages worked on once more."""
    # Five hundred at most. One may then be there twice, which harms nothing.
    if queue not in QUEUES:
        raise NotFound(f"There is no such queue. There are: {', '.join(QUEUES)}.")
    sqs, letters = services.aws.sqs, services.settings.dead_letters_url(queue)
    moved = 0
    while moved < _MOST_MOVED:
        found = sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10).get("Messages", [])
        if not found:
            break
        for message in found:
            sqs.send_message(QueueUrl=services.settings.queue_url(queue), MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=letters, ReceiptHandle=message["ReceiptHandle"])
        moved += len(found)
    return models.Moved(moved=moved)


@operation("GET", "/admin/mail", access=Access.ADMIN)
def get_mail_state(services: Services) -> models.MailState:
    """Who reports are from, and whether they reach everybody."""
    sender = services.settings.report_sender
    try:
        known = services.aws.ses.get_account()
    except ClientError as exc:
        return models.MailState(sender=sender, refused=exc.response["Error"]["Code"])
    quota = known.get("SendQuota", {})
    sandbox = not known["ProductionAccessEnabled"]
    return models.MailState(
        sender=sender,
        sandbox=sandbox,
        help_url=_LEAVE_THE_SANDBOX if sandbox else None,
        is_sending=known.get("SendingEnabled"),
        sent_in_a_day=int(quota["SentLast24Hours"]) if "SentLast24Hours" in quota else None,
        most_in_a_day=int(quota["Max24HourSend"]) if "Max24HourSend" in quota else None,
        most_in_a_second=quota.get("MaxSendRate"),
    )


@operation("GET", "/admin/costs", access=Access.ADMIN)
def get_costs(services: Services) -> models.Costs:
    """What recordings cost, by month, owner and service."""
    # As far as the books go back: also those of recordings and accounts that are gone.
    entries = list(services.ledger.entries())
    by_owner, by_engine = by_owner_and_month(entries), by_service_and_month(entries)
    months = sorted({month for _, month in by_owner})

    owners = sorted({owner for owner, _ in by_owner})
    addresses = {
        owner: profile.email
        for some in batched(owners, _MOST_PROFILES)
        for owner, profile in services.users.profiles(some).items()
    }

    def table(totals: dict[tuple[str, str], Decimal]) -> dict[str, list[float]]:
        names = sorted({name for name, _ in totals})
        return {name: [float(totals.get((name, month), 0)) for month in months] for name in names}

    return models.Costs(
        months=months,
        by_owner=[
            models.OwnerCosts(owner=owner, email=addresses.get(owner), usd=usd)
            for owner, usd in table(by_owner).items()
        ],
        by_engine=[models.EngineCosts(engine=engine, usd=usd) for engine, usd in table(by_engine).items()],
    )
