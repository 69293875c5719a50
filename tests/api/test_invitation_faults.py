"""Whatever call fails on the way of the mail that tells what is shared, with the process or not: it is sent once."""

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends

from chalicelib.domain import addresses
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.rights import Role
from chalicelib.mail import invitations
from tests.api.test_mail import API, CAROL, PAGES
from tests.api.world import ADA
from tests.harness.service import Service, running_service
from tests.pipeline.every_way import Tried, each_call_fails

OWNER = "owner"


def _left(service: Service, ref: AssetRef) -> dict[str, Any]:
    sent = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
    found = [message_from_bytes(one.raw_data.encode(), policy=default) for one in sent]
    mine = [
        one for one in found if ref.asset_id in one["X-Rapporteur-Report"] and "invite" in one["X-Rapporteur-Report"]
    ]
    (theirs,) = service.services.grants.of(ref)
    return {
        "mails": len(mine),
        "note": theirs.note,
        "role": str(theirs.role),
        "waits": service.services.grants.to_tell(ref, theirs.id) is not None,
    }


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[], Tried]]:
    """Somebody is to be told, and each call of what follows fails in a copy of this process."""
    with running_service(PAGES_URL=PAGES, API_URL=API) as service:
        carol = addresses.fingerprint(CAROL)

        def prepare() -> AssetRef:
            ref = service.upload(owner=OWNER).ref
            service.settle()
            service.services.grants.give(ref, carol, CAROL, Role.READER, ADA)
            assert invitations.may_ask(ref, carol, service.services)
            invitations.ask(ref, carol, "a word", service.services)
            return ref

        yield each_call_fails(service, prepare, lambda ref: service.settle(), lambda ref: _left(service, ref))


CALLS = 15


@pytest.mark.xdist_group("faults invitations")
def test_whatever_fails_they_are_told_once(tried: Callable[[], Tried]) -> None:
    faultless, calls, failed = tried()
    assert faultless == {"mails": 1, "note": None, "role": "reader", "waits": False}
    assert len(calls) == CALLS, calls
    for k, call in enumerate(calls, 1):
        for how in ("before", "after", "died"):
            left = failed[k, how]
            assert "error" not in left, left["error"]
            # What is promised: never none. SES took the mail and nobody knows, so it is sent once more, and only once.
            is_doubled = call == "SendEmail" and how != "before"
            assert left == faultless | {"mails": 2 if is_doubled else 1}, (k, call, how)
