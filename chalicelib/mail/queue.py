"""What the queue `report` hands over: a run has ended and is to be reported, or somebody is to be told by mail what is
shared with them. Both are mails that go at once.
"""

from typing import TYPE_CHECKING

from chalice.app import SQSEvent

from chalicelib.domain.assets import AssetRef, RunRef
from chalicelib.mail import invitations, inviting, reports
from chalicelib.observability import about
from chalicelib.pipeline import messages
from chalicelib.services import Services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_Asked = RunRef | tuple[AssetRef, str]


def work(event: SQSEvent, services: Services, context: "LambdaContext") -> None:
    """Do what the queue hands over."""

    def do(asked: _Asked) -> None:
        match asked:
            case (AssetRef() as ref, address_id):
                with about(ref):
                    inviting.tell(ref, address_id, services, context)
            case RunRef() as run:
                with about(run.asset):
                    reports.deliver(run, services, context)

    messages.each(event, services, _read, do)


def _read(body: str) -> _Asked:
    return invitations.read(body) or messages.decode(body)
