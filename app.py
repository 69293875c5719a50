"""Rapporteur: every trigger of the service, in the order of an asset's life. What they do is in chalicelib."""

from datetime import datetime

from chalice.app import CloudWatchEvent, Cron, Rate, S3Event, SQSEvent

from chalicelib.api.routes import App
from chalicelib.clients.pace import DIGESTS_AT_ONCE
from chalicelib.domain import keys
from chalicelib.lazy import stage
from chalicelib.observability import observe
from chalicelib.pipeline.messages import work_off
from chalicelib.seams.jobs import pattern
from chalicelib.services import services

app = App("rapporteur")
app.register_middleware(observe, "all")
settings = services().settings


@app.on_s3_event(bucket=settings.uploads_bucket, events=["s3:ObjectCreated:*"], prefix=keys.UPLOADS_PREFIX)
def on_upload(event: S3Event) -> None:
    """A recording was uploaded: accept it into the intake queue, or reject it."""
    stage("pipeline.accept:accept")(event.key, services())


@app.on_sqs_message(queue=settings.queue("intake"), batch_size=1, maximum_concurrency=20)
def on_intake(event: SQSEvent) -> None:
    """An upload was accepted: look into it, plan its branches and start them."""
    work_off(event, services(), stage("pipeline.begin:begin"), stage("pipeline.begin:give_up"))


@app.on_sqs_message(queue=settings.queue("urgent"), batch_size=1, maximum_concurrency=20)
def on_urgent_intake(event: SQSEvent) -> None:
    """An urgent upload was accepted: the same, without waiting behind those that are not urgent."""
    work_off(event, services(), stage("pipeline.begin:begin"), stage("pipeline.begin:give_up"))


@app.on_cw_event(pattern(services().job_events))
def on_job_event(event: CloudWatchEvent) -> None:
    """EventBridge tells that a job has ended: the branch that it was for goes on."""
    stage("pipeline.jobs:event")(event.to_dict(), services())


@app.on_sqs_message(queue=settings.queue("jobs"), batch_size=1, maximum_concurrency=10)
def on_job_notice(event: SQSEvent) -> None:
    """SNS tells that a job has ended: the same."""
    stage("pipeline.jobs:notices")(event, services())


@app.on_s3_event(bucket=settings.output_bucket, events=["s3:ObjectCreated:*"], prefix=keys.JOBS_PREFIX)
def on_job_output(event: S3Event) -> None:
    """A job has left a file, such as a transcript: the branch that it was for goes on."""
    stage("pipeline.jobs:output_written")(event.key, services())


@app.on_sqs_message(queue=settings.queue("analysis"), batch_size=1, maximum_concurrency=10)
def on_analysis(event: SQSEvent) -> None:
    """The turn of a branch has come that comes after others, such as the language analysis."""
    stage("pipeline.jobs:turn")(event, services())


@app.on_sqs_message(queue=settings.queue("report"), batch_size=1, maximum_concurrency=10)
def on_report(event: SQSEvent) -> None:
    """An asset is finished: report to its owner. Or somebody is to be told what is shared with them."""
    stage("mail.queue:work")(event, services(), event.context)


@app.schedule(Cron(0, "*", "*", "*", "?", "*"))
def on_digest_hour(event: CloudWatchEvent) -> None:
    """Every hour on the hour: queue the owners for whom it is the hour of the digest."""
    stage("mail.digests:collect")(datetime.fromisoformat(event.to_dict()["time"]).timestamp(), services())


@app.on_sqs_message(queue=settings.queue("digest"), batch_size=1, maximum_concurrency=DIGESTS_AT_ONCE)
def on_digest(event: SQSEvent) -> None:
    """Some owners' digests are due: mail them."""
    stage("mail.digests:deliver")(event, services(), event.context)


@app.on_sqs_message(queue=settings.queue("feedback"), batch_size=1, maximum_concurrency=2)
def on_feedback(event: SQSEvent) -> None:
    """SES tells that a mail bounced, was complained about, or waits: note it on the address."""
    stage("mail.feedback:take")(event, services())


@app.on_sqs_message(queue=settings.queue("webhook"), batch_size=1, maximum_concurrency=10)
def on_webhook(event: SQSEvent) -> None:
    """An asset is finished: tell its owner's program, if they have one. Or a part of a file is to be fetched."""
    stage("webhooks.queue:work")(event, services())


@app.on_sqs_message(queue=settings.queue("account"), batch_size=1, maximum_concurrency=2)
def on_account(event: SQSEvent) -> None:
    """An account's data are to be copied for its owner, or erased."""
    stage("accounts.queue:work")(event, services())


@app.on_sqs_message(queue=settings.queue("learning"), batch_size=1, maximum_concurrency=2)
def on_learning(event: SQSEvent) -> None:
    """Somebody may be done with correcting a transcript, or a training is due."""
    stage("pipeline.sittings:work")(event, services())


@app.schedule(Cron(0, "*", "*", "*", "?", "*"))
def on_training_hour(event: CloudWatchEvent) -> None:
    """Every hour on the hour: queue the trainings that are due, which is once a day."""
    stage("pipeline.nights:collect")(datetime.fromisoformat(event.to_dict()["time"]).timestamp(), services())


@app.schedule(Rate(1, unit=Rate.HOURS))
def on_sweep(event: CloudWatchEvent) -> None:
    """Every hour: retry or fail what is stuck."""
    stage("pipeline.sweep:sweep")(datetime.fromisoformat(event.to_dict()["time"]).timestamp(), services())


@app.schedule(Cron(0, 5, "*", "*", "?", "*"))
def on_operators_day(event: CloudWatchEvent) -> None:
    """Every morning at five (UTC): tell the operators of the day before."""
    stage("mail.operators:tell")(datetime.fromisoformat(event.to_dict()["time"]).timestamp(), services(), event.context)
