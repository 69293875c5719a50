"""What a deployment tells to do by hand: nothing that is done, and all that is not."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.settings import PREFIX, Settings
from deployment.summary import summary
from deployment.target import Target
from tests.house.test_settings import GOOD

POOL = "us-east-1_pool"
SETTINGS = Settings.from_environment({**GOOD, f"{PREFIX}USER_POOL": POOL})


class Session:
    """Clients that answer what an account would."""

    region_name = "us-east-1"

    def __init__(self, administrators: int = 0, sandbox: bool = False, confirmed: bool = True) -> None:
        admins = [{"Username": str(number)} for number in range(administrators)]
        self._answers: dict[str, dict[str, Any]] = {
            "cognito-idp": {"list_users_in_group": {"Users": admins}},
            "sesv2": {
                "get_email_identity": {"VerifiedForSendingStatus": confirmed},
                "get_account": {"ProductionAccessEnabled": not sandbox},
            },
        }

    def client(self, service: str) -> Any:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="stub", aws_secret_access_key="stub")  # type: ignore[call-overload]
        stubber = Stubber(client)
        for operation, answer in self._answers[service].items():
            stubber.add_response(operation, answer)
        stubber.activate()
        return client


def left_to_do(session: Session, sender: str = "reports@council.example") -> str:
    target = Target("dev", "admin@council.example", sender, {})
    return "\n".join(summary(target, session, SETTINGS, "https://api/api/"))  # type: ignore[arg-type]


def test_becoming_the_first_administrator_is_told_with_the_command_for_it() -> None:
    said = left_to_do(Session())
    assert "make admin EMAIL=admin@council.example STAGE=dev REGION=us-east-1" in said
    assert "signs in again" in said
    assert "admin-create-user" not in said, "an account made by that command has no address that reports reach"
    assert "make admin" not in left_to_do(Session(administrators=1))


@pytest.mark.parametrize("sender", ["council@gmail.com", "council@Outlook.com"])
def test_a_sender_at_a_freemail_domain_is_told_to_take_one_of_their_own(sender: str) -> None:
    said = left_to_do(Session(), sender)
    assert "DMARC" in said
    assert "REPORT_SENDER=reports@your.domain" in said
    assert "DMARC" not in left_to_do(Session())


def test_the_sandbox_and_an_unconfirmed_sender_are_told_while_they_last() -> None:
    said = left_to_do(Session(sandbox=True, confirmed=False))
    assert "sandbox" in said
    assert "Confirm the sender, in the mail that SES sent to reports@council.example" in said
    done = left_to_do(Session())
    assert "sandbox" not in done
    assert "Confirm the sender" not in done


def test_trying_it_is_offered() -> None:
    assert "make smoke STAGE=dev REGION=us-east-1" in left_to_do(Session())
