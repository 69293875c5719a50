"""What hears for two dollars a recording: for tests of what is paid."""

from decimal import Decimal

from chalicelib.engines.costs import Charges, PaidWork, PriceList
from tests.harness.fakes import FakeTranscriber

PRICES = PriceList("2026-11-01", {"paid.hearing": Decimal(2)})


def create(context: object) -> FakeTranscriber:
    return FakeTranscriber()


def charges(work: PaidWork) -> Charges:
    return {"paid.hearing": Decimal(1)} if work.transcript is not None else {}
