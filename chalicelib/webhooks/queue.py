"""What goes out to addresses that users name: programs are told what has ended, and files are fetched.

Both are done by one function, which has leave for hardly anything, and does nothing that others wait for.
"""

from chalice.app import SQSEvent

from chalicelib.domain.assets import AssetRef, RunRef
from chalicelib.observability import about
from chalicelib.pipeline import fetch, messages
from chalicelib.services import Services
from chalicelib.webhooks import deliver


def work(event: SQSEvent, services: Services) -> None:
    """Do what a queue hands over. A file that cannot be fetched, however often it is tried, is rejected."""

    def do(asked: tuple[RunRef, int] | tuple[AssetRef, int, int]) -> None:
        match asked:
            case (AssetRef() as ref, part, attempt):
                with about(ref):
                    fetch.fetch(ref, part, attempt, services)
            case (RunRef() as run, attempt):
                with about(run.asset):
                    deliver.deliver(run, attempt, services)

    def give_up(asked: tuple[RunRef, int] | tuple[AssetRef, int, int]) -> None:
        match asked:
            case (AssetRef() as ref, _, _):
                with about(ref):
                    fetch.give_up(ref, services)

    messages.each(event, services, _read, do, give_up)


def _read(body: str) -> tuple[RunRef, int] | tuple[AssetRef, int, int]:
    return fetch.read(body) or (messages.decode(body), messages.attempt(body))
