"""The report of a finished asset: built, drawn, mailed."""

from typing import Any

from chalice.app import SQSEvent

from chalicelib.domain.assets import RunRef
from chalicelib.pipeline.messages import Stage
from chalicelib.services import Services


def tell_programs(event: SQSEvent, services: Services) -> None:
    """Tell the programs of those whose assets a queue hands over."""
    from chalicelib.delivery import webhook  # as below

    webhook.deliver(event, services)


def collect_digests(now: float, services: Services) -> None:
    """Queue the owners whose digest is due at `now` (seconds since the epoch)."""
    from chalicelib.delivery import digest  # as below

    digest.collect(now, services)


def send_digests(event: SQSEvent, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    """Send the digests of the owners whom a queue hands over."""
    from chalicelib.delivery import digest  # as below

    digest.deliver(event, services, lambda_context)


def take_feedback(event: SQSEvent, services: Services) -> None:
    """Note what SES tells of mails that a queue hands over."""
    from chalicelib.delivery import feedback  # as below

    feedback.take(event, services)


def tell_operators(now: float, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    """Tell the operators of the day before `now` (seconds since the epoch)."""
    from chalicelib.delivery import operators  # as below

    operators.tell(now, services, lambda_context)


def reporter(lambda_context: Any) -> Stage:  # noqa: ANN401 - Lambda's own type
    """The stage that reports; `lambda_context` tells how long a claim on the mail may hold."""

    def report(run: RunRef, services: Services) -> None:
        # Imported here, since templates and mail cost a third of the app's start and only this function needs them.
        from chalicelib.delivery.deliver import deliver

        deliver(run, services, lambda_context)

    return report
