"""Report a finished asset to its owner: stored as a page, and mailed, once.

What is promised: a report is never lost, and it is mailed once, with one exception that no sender can close. If SES
took the mail but its answer was lost, or the process died before it could note the answer, the mail is sent again. Both
copies then carry the same X-Rapporteur-Report header.
"""

import json
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import keys
from chalicelib.analysis import LanguageAnalysis
from chalicelib.assets import Asset, Cost, ReportState, RunRef, Status
from chalicelib.costs import Work, cost, prices
from chalicelib.delivery import mail
from chalicelib.delivery.report import Report, ReportData, build
from chalicelib.engines.registry import charges_of
from chalicelib.errors import DeliveryError
from chalicelib.estimates import own_requests
from chalicelib.keys import Folder
from chalicelib.observability import count, logger
from chalicelib.services import Services
from chalicelib.transcripts import Transcript, load_transcript
from chalicelib.users import Delivery

_REMEMBERED_SECONDS = 30 * 24 * 3600
_FINAL_REFUSALS = frozenset({"MessageRejected", "BadRequestException"})
_NOTE_TRIES = 3


def deliver(run: RunRef, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    """Report `run` if its report is due. A second call sends nothing."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version or asset.report is not ReportState.DUE:
        return
    data = _gather(asset, services)
    report = build(data)
    services.outputs.write(keys.output_key(asset, Folder.REPORT, ".html"), report.page, "text/html; charset=utf-8")
    state = ReportState.DELIVERED
    recipient = _recipient(asset, services)
    if recipient is not None:
        try:
            _mail_once(report, asset, recipient, services, lambda_context)
        except DeliveryError as exc:
            logger.error("report cannot be delivered", extra={"code": exc.code})
            count("ReportsUndeliverable")
            state = ReportState.UNDELIVERABLE
    if asset.status is Status.FAILED and services.settings.failed_topic_arn is not None:
        _tell_operators(asset, services.settings.failed_topic_arn, services)
    services.store.settle_report(run, state, data.cost)


def _recipient(asset: Asset, services: Services) -> str | None:
    """Whom the report is mailed to, if anybody: accounts may want none."""
    if asset.options.metered and services.users.profile(asset.ref.owner).delivery is Delivery.NONE:
        return None
    return asset.options.email


def _tell_operators(asset: Asset, topic_arn: str, services: Services) -> None:
    """Say which asset failed and why, without its name: that is its owner's business."""
    reasons = "\n".join(f"- {what}: {why.message} ({why.code})" for what, why in sorted(asset.failures.items()))
    services.aws.sns.publish(
        TopicArn=topic_arn,
        Subject="Rapporteur: a recording could not be processed",
        Message=f"Asset {asset.ref.asset_id} of owner {asset.ref.owner}, version {asset.version}:\n\n{reasons}\n",
    )


def _gather(asset: Asset, services: Services) -> ReportData:
    if asset.status is not Status.COMPLETED:
        return ReportData(asset, None, None, None, None, None, _cost(asset, None, services))
    read = services.outputs.read
    transcribed = read(keys.output_key(asset, Folder.TRANSCRIBE, ".json"))
    analysis = read(keys.output_key(asset, Folder.ANALYSIS, ".json"))
    text = services.outputs.read_text
    txt = text(keys.output_key(asset, Folder.CAPTIONS, ".txt"))
    # Without the text the transcript was never read, because it cannot be: the report names that failure.
    found = load_transcript(transcribed) if transcribed and txt is not None else None
    return ReportData(
        asset=asset,
        transcript=found,
        analysis=LanguageAnalysis.from_json(json.loads(analysis)) if analysis else None,
        summary=text(keys.output_key(asset, Folder.SUMMARY, ".txt")),
        captions_srt=text(keys.output_key(asset, Folder.CAPTIONS, ".srt")),
        transcript_txt=txt,
        cost=_cost(asset, found, services),
    )


def _cost(asset: Asset, found: Transcript | None, services: Services) -> Cost:
    work = Work(asset, found, services.settings)
    charged = [charges_of(seam, name, work) for seam, name in services.settings.engines.items()]
    return cost([*charged, *own_requests(services.settings)], prices())


class _StubbornNotes(DynamoDBPersistenceLayer):
    """Tries harder to note that a mail was sent, since a note that is not written means a second mail."""

    def _update_record(self, data_record: DataRecord) -> None:
        for left in reversed(range(_NOTE_TRIES)):
            try:
                super()._update_record(data_record)
            except (BotoCoreError, ClientError):
                if not left:
                    raise
            else:
                return


def _mail_once(report: Report, asset: Asset, recipient: str, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    settings = services.settings
    reference = keys.job_name(asset.run, keys.Task.REPORT)
    message = mail.compose(report, settings.report_sender, recipient, reference, settings.report_reply_to)
    config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS, lambda_context=lambda_context)
    notes = _StubbornNotes(table_name=settings.idempotency_table, boto3_client=services.aws.dynamodb)

    @idempotent_function(data_keyword_argument="once", persistence_store=notes, config=config, key_prefix="report")  # type: ignore[untyped-decorator]
    def send(once: str) -> str:
        try:
            answer = services.aws.ses.send_email(
                FromEmailAddress=settings.report_sender,
                Destination={"ToAddresses": [recipient]},
                Content={"Raw": {"Data": message}},
                **mail.sending(settings),
            )
        except ClientError as exc:
            if exc.response["Error"]["Code"] in _FINAL_REFUSALS:
                raise DeliveryError("The mail service refused the report for good.") from exc
            raise
        count("ReportsMailed")
        return answer["MessageId"]

    send(once=reference)
