"""Somebody is told by mail that a recording is shared with them, if its owner wants that: once.

Who shares something learns nothing of whether there is such an account: what they ask for is noted and queued, and all
else is found out here. Nothing is sent to who wants none of these mails, whoever shares it, to an address that mail
comes back from, or to one that has had many today. The recording is on their page all the same.
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.domain.accounts import Profile
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.rights import Invitation
from chalicelib.errors import DeliveryError
from chalicelib.letters import notices
from chalicelib.letters.letter import Letter
from chalicelib.letters.rendering import shown_name
from chalicelib.mail import recipients, ses
from chalicelib.mail.once import send_once
from chalicelib.mail.ses import MailKind, Verdict
from chalicelib.observability import count, logger
from chalicelib.pipeline import again
from chalicelib.services import Services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MOST_A_DAY = 30
"""Mails of this kind that an owner may have sent on a day."""

MOST_TO_AN_ADDRESS = 5
"""That one address gets on a day, whoever they are from."""

_COUNTED = "invites"


def may_ask(ref: AssetRef, address_id: str, services: Services) -> bool:
    """Count one more mail of this kind among an owner's of today, once for a recording and an address; False if that is
    too many.
    """
    return services.mails.claim_of_owner(ref.owner, _reference(ref, address_id), MOST_A_DAY, _COUNTED)


def ask(ref: AssetRef, address_id: str, note: str | None, services: Services) -> None:
    """Have somebody told, in a moment, with what the owner has to say. Asked again, it is one mail all the same."""
    services.grants.ask_to_tell(ref, address_id, note)
    body = json.dumps({"owner": ref.owner, "asset": ref.asset_id, "tells": address_id})
    services.aws.sqs.send_message(QueueUrl=services.settings.queue_url("report"), MessageBody=body)


def read(body: str) -> tuple[AssetRef, str] | None:
    """What and whom a message is about; None if it is another message. Raises ValueError if it is none at all."""
    match json.loads(body):
        case {"owner": str(owner), "asset": str(asset), "tells": str(address_id)}:
            return AssetRef(owner, asset), address_id
    return None


def tell(ref: AssetRef, address_id: str, services: Services, context: "LambdaContext") -> None:
    """Send the mail, unless it was sent, or is not to be any more. What its owner had to say is forgotten then."""
    invitation = services.grants.to_tell(ref, address_id)
    if invitation is None:
        return
    asset = services.store.get(ref)
    if asset is not None and not services.users.is_gone(ref.owner):
        shown = again.to_read(asset, services)
        if shown.is_for_others and _may_go(ref, address_id, invitation, services):
            _send(shown, address_id, invitation, services, context)
        else:
            count("InvitationsHeldBack")
    services.grants.told(ref, address_id)


def _may_go(ref: AssetRef, address_id: str, invitation: Invitation, services: Services) -> bool:
    if services.mails.declines(address_id):
        return False
    reference = _reference(ref, address_id)
    if not services.mails.claim_of_address(address_id, reference, MOST_TO_AN_ADDRESS, _COUNTED):
        return False
    return ses.verdict(invitation.address, reference, services, ref.owner) is Verdict.GO


def _send(asset: Asset, address_id: str, invitation: Invitation, services: Services, context: "LambdaContext") -> None:
    ref = asset.ref

    def letter() -> Letter:
        link = recipients.asset_page(ref, services)
        assert link is not None, "whoever asks has seen to that"
        account = services.find_account(invitation.address)
        theirs = services.users.profile(account) if account is not None else Profile("")
        told = notices.Shared(
            by=invitation.by,
            name=shown_name(asset),
            role=invitation.role,
            address=invitation.address,
            link=link,
            note=invitation.note,
            until=datetime.fromtimestamp(asset.expires, UTC).date() if asset.expires else None,
            may_sign_up=services.settings.sign_up == "open",
        )
        sharer = services.users.profile(ref.owner)
        return notices.invitation(told, recipients.invited(sharer, theirs, address_id, services))

    declining = recipients.one_click(recipients.declining(ref.owner, address_id, services), services)
    envelope = ses.envelope(invitation.address, _reference(ref, address_id), services, unsubscribe_url=declining)
    try:
        send_once(letter, envelope, MailKind.INVITATION, services, context)
    except DeliveryError as exc:
        logger.error("somebody cannot be told what is shared with them", extra={"code": exc.code})
        count("InvitationsHeldBack")


def _reference(ref: AssetRef, address_id: str) -> str:
    return f"{ref.owner}.invite.{ref.asset_id}.{address_id}"
