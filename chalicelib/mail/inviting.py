"""Sends the mail that tells somebody what is shared with them, once.

Nothing is sent to who wants none of these mails, whoever shares it, to an address that mail comes back from, or to one
that has had many today. The recording is on their page all the same.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.domain.accounts import Profile
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.rights import Invitation
from chalicelib.errors import DeliveryError
from chalicelib.letters import notices
from chalicelib.letters.letter import Letter
from chalicelib.letters.rendering import shown_name
from chalicelib.mail import invitations, recipients, ses
from chalicelib.mail.invitations import reference_of
from chalicelib.mail.once import send_once
from chalicelib.mail.ses import MailKind, Verdict
from chalicelib.observability import count, logger
from chalicelib.pipeline import again
from chalicelib.services import Services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


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
    reference = reference_of(ref, address_id)
    if not services.mails.claim_of_address(address_id, reference, invitations.MOST_TO_AN_ADDRESS, invitations.COUNTED):
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
    envelope = ses.envelope(invitation.address, reference_of(ref, address_id), services, unsubscribe_url=declining)
    try:
        send_once(letter, envelope, MailKind.INVITATION, services, context)
    except DeliveryError as exc:
        logger.error("somebody cannot be told what is shared with them", extra={"code": exc.code})
        count("InvitationsHeldBack")
