"""`make costs`: what the recordings of a stage cost, by month and owner."""

from collections.abc import Callable

import boto3

from chalicelib.storage.ledger import Ledger, by_owner_and_month
from deployment.stage import settings_of
from deployment.target import Target


def tell_costs(target: Target, session: boto3.Session, say: Callable[[str], None]) -> None:
    """Say a line for each owner and month, the latest month first. All accounts that were erased are one: `erased`."""
    ledger = Ledger(session.client("dynamodb"), settings_of(target, session).users_table)
    totals = by_owner_and_month(ledger.entries())
    for (owner, month), usd in sorted(totals.items(), key=lambda entry: (entry[0][1], entry[1]), reverse=True):
        say(f"{month}  {usd:>10.2f} USD  {owner}")
    if not totals:
        say("no recording of this stage has cost anything yet")
