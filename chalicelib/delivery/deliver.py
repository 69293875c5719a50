"""Report a finished asset to its owner: stored as a page, and mailed at once or in a digest, as they like.

A report is never lost, and it is mailed once, with the exception that `once.py` names. Both copies then carry the same
X-Rapporteur-Report header.
"""

import json
from typing import Any

from chalicelib import keys
from chalicelib.analysis import LanguageAnalysis
from chalicelib.assets import Asset, Cost, ReportState, RunRef, Status
from chalicelib.costs import Work, cost, prices
from chalicelib.delivery import digest, mail
from chalicelib.delivery.once import send_once
from chalicelib.delivery.report import Report, ReportData, build
from chalicelib.engines.registry import charges_of
from chalicelib.errors import DeliveryError
from chalicelib.estimates import own_requests
from chalicelib.keys import Folder
from chalicelib.observability import count, logger
from chalicelib.services import Services
from chalicelib.transcripts import Transcript, load_transcript
from chalicelib.users import Delivery


def deliver(run: RunRef, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    """Report `run` if its report is due. A second call sends nothing."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version or asset.report is not ReportState.DUE:
        return
    data = _gather(asset, services)
    report = build(data)
    services.outputs.write(keys.output_key(asset, Folder.REPORT, ".html"), report.page, "text/html; charset=utf-8")
    state = ReportState.DELIVERED
    delivery = services.users.profile(asset.ref.owner).delivery if asset.options.metered else Delivery.NOW
    recipient = asset.options.email
    if delivery is Delivery.DIGEST:
        digest.note(asset, services)
    elif delivery is Delivery.NOW and recipient is not None:
        try:
            _mail(report, asset, recipient, services, lambda_context)
        except DeliveryError as exc:
            logger.error("report cannot be delivered", extra={"code": exc.code})
            count("ReportsUndeliverable")
            state = ReportState.UNDELIVERABLE
    if asset.status is Status.FAILED and services.settings.failed_topic_arn is not None:
        _tell_operators(asset, services.settings.failed_topic_arn, services)
    services.store.settle_report(run, state, data.cost)


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


def _mail(report: Report, asset: Asset, recipient: str, services: Services, lambda_context: Any) -> None:  # noqa: ANN401
    settings = services.settings
    reference = keys.job_name(asset.run, keys.Task.REPORT)
    message = mail.compose(report, settings.report_sender, recipient, reference, settings.report_reply_to)
    send_once(message, recipient, reference, "report", services, lambda_context)
