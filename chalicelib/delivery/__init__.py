"""The report of a finished asset: built, drawn, mailed."""

from typing import Any

from chalice.app import SQSEvent

from chalicelib.assets import RunRef
from chalicelib.pipeline.messages import Stage
from chalicelib.services import Services


def tell_programs(event: SQSEvent, services: Services) -> None:
    """Tell the programs of those whose assets a queue hands over."""
    from chalicelib.delivery import webhook  # as below

    webhook.deliver(event, services)


def reporter(lambda_context: Any) -> Stage:  # noqa: ANN401 - Lambda's own type
    """The stage that reports; `lambda_context` tells how long a claim on the mail may hold."""

    def report(run: RunRef, services: Services) -> None:
        # Imported here, since templates and mail cost a third of the app's start and only this function needs them.
        from chalicelib.delivery.deliver import deliver

        deliver(run, services, lambda_context)

    return report
