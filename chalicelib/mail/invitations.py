"""Somebody is to be told by mail that a recording is shared with them: it is counted, noted and queued here, and sent
by `inviting.py`.

Who shares something learns nothing of whether there is such an account: all that depends on the address is found out
there.
"""

import json

from chalicelib.domain.assets import AssetRef
from chalicelib.services import Services

MOST_A_DAY = 30
"""Mails of this kind that an owner may have sent on a day."""

MOST_TO_AN_ADDRESS = 5
"""That one address gets on a day, whoever they are from."""

COUNTED = "invites"


def may_ask(ref: AssetRef, address_id: str, services: Services) -> bool:
    """Count one more mail of this kind among an owner's of today, once for a recording and an address; False if that is
    too many.
    """
    return services.mails.claim_of_owner(ref.owner, reference_of(ref, address_id), MOST_A_DAY, COUNTED)


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


def reference_of(ref: AssetRef, address_id: str) -> str:
    """The same whenever somebody is told of the same recording: it is mailed once."""
    return f"{ref.owner}.invite.{ref.asset_id}.{address_id}"
