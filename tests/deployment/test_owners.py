"""`make costs`: from the books of the stage that stands."""

from dataclasses import replace
from decimal import Decimal

import boto3
import pytest
import time_machine

from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.costs import Cost, CostLine
from chalicelib.settings import PREFIX
from chalicelib.storage.ledger import Ledger
from deployment.errors import DeploymentError
from deployment.owners import tell_costs
from deployment.target import Target
from local.aws import stack
from tests.deployment.conftest import StandsWith

RUN = Asset(AssetRef("owner-1", "0123456789abcdef"), "debate.mp4", "key", Status.COMPLETED, 0.0, version=1)


def cost(usd: str) -> Cost:
    return Cost(Decimal(usd), "2026-11-01", (CostLine("transcribe.batch", Decimal(1), Decimal(usd)),))


def test_a_line_is_said_for_each_owner_and_month_the_latest_first(
    session: boto3.Session, stands_with: StandsWith
) -> None:
    table = stack.create("dev")["UsersTable"]
    stands_with({f"{PREFIX}USERS_TABLE": table})
    books = Ledger(session.client("dynamodb"), table)
    with time_machine.travel("2026-10-31T10:00:00Z", tick=False) as clock:
        books.enter(RUN, cost("1.25"))
        clock.move_to("2026-11-02T10:00:00Z")
        books.enter(replace(RUN, version=2), cost("2.00"))
        books.enter(replace(RUN, ref=AssetRef("owner-2", "fedcba9876543210")), cost("3.50"))
        books.release("owner-2")
        said: list[str] = []
        tell_costs(Target.by_name("dev"), session, said.append)
    assert said == [
        "2026-11        3.50 USD  erased",
        "2026-11        2.00 USD  owner-1",
        "2026-10        1.25 USD  owner-1",
    ]


def test_a_stage_where_nothing_was_done_says_so(session: boto3.Session, stands_with: StandsWith) -> None:
    stands_with({f"{PREFIX}USERS_TABLE": stack.create("dev")["UsersTable"]})
    said: list[str] = []
    tell_costs(Target.by_name("dev"), session, said.append)
    assert said == ["no recording of this stage has cost anything yet"]


def test_a_stage_that_does_not_stand_is_named(session: boto3.Session) -> None:
    with pytest.raises(DeploymentError, match="no stage dev in us-east-1"):
        tell_costs(Target.by_name("dev"), session, print)
