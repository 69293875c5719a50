"""Least privilege: one IAM policy a function, that names what the function does and to what. Pure.

What an engine needs stands in the engine's own module; here stands what the pipeline does between them.
`tests/test_policies.py` holds this against the calls that are made, both ways.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib import keys
from chalicelib.engines.registry import grants_of
from chalicelib.grants import ANYTHING, Grant, Place, reading
from chalicelib.settings import Settings

API = "api_handler"
"""Chalice's name of the function behind the REST API."""

Policy = Mapping[str, Any]
"""An IAM policy document."""


def policies(app_name: str, stage: str, place: Place, settings: Settings) -> dict[str, Policy]:
    """The policy of each function of the app, by the function's name in `app.py`."""
    return {
        function: _document([*grants, *_every_function(lambda_name(app_name, stage, function), place)])
        for function, grants in _grants(place, settings).items()
    }


def lambda_name(app_name: str, stage: str, function: str) -> str:
    """What Chalice calls a function on AWS: the one that answers the REST API has no name of its own."""
    return f"{app_name}-{stage}" if function == API else f"{app_name}-{stage}-{function}"


def _grants(place: Place, settings: Settings) -> dict[str, list[Grant]]:
    def table(name: str, *actions: str) -> Grant:
        return Grant(tuple(f"dynamodb:{action}" for action in actions), (place.arn("dynamodb", f"table/{name}"),))

    def sends(queue: str) -> Grant:
        return Grant(("sqs:SendMessage",), (place.arn("sqs", queue),))

    def works_off(queue: str) -> Grant:
        taking = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        return Grant(taking, (place.arn("sqs", queue),))

    def writes(*folders: str) -> Grant:
        everywhere = tuple(place.bucket(settings.output_bucket, f"{keys.prefix(folder)}*") for folder in folders)
        return Grant(("s3:PutObject",), everywhere)

    prober, transcoder, transcriber, analyzer, summarizer = (
        grants_of(seam, name, place, settings) for seam, name in settings.engines.items()
    )
    assets = table(settings.assets_table, "GetItem", "UpdateItem")
    tracks = table(settings.metadata_table, "BatchWriteItem")
    to_intake = sends(settings.intake_queue)
    to_language = sends(settings.language_queue)
    finishing = [assets, Grant(("sns:Publish",), (settings.finished_topic_arn,))]
    uploads = reading(place, settings.uploads_bucket, f"{keys.UPLOADS_PREFIX}*")
    outputs = _, listing = reading(place, settings.output_bucket, "output/*")
    parts = writes(keys.Folder.PARTS)
    transcripts = writes(keys.Folder.TRANSCRIBE)
    captions = [tracks, writes(keys.Folder.CAPTIONS), to_language]
    starting_jobs = [*transcoder.work, *transcriber.work, parts, transcripts, *captions, *uploads, *outputs, to_intake]
    sender = settings.report_sender
    mailing = [place.arn("ses", f"identity/{sender}"), place.arn("ses", f"identity/{sender.partition('@')[2]}")]
    if settings.ses_configuration_set is not None:
        mailing.append(place.arn("ses", f"configuration-set/{settings.ses_configuration_set}"))
    telling = [Grant(("sns:Publish",), (settings.failed_topic_arn,))] if settings.failed_topic_arn else []
    objects = place.bucket(settings.uploads_bucket, f"{keys.UPLOADS_PREFIX}*")
    return {
        # What it signs addresses for, it must have leave for itself: whoever follows one does so with its leave.
        API: [
            table(settings.assets_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
            Grant(("s3:PutObject", "s3:ListMultipartUploadParts"), (objects,)),
            writes(keys.Folder.EDITS),
            tracks,
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.metadata_table}/index/asset"),)),
            Grant(("s3:DeleteObject",), (objects, place.bucket(settings.output_bucket, "output/*"))),
            *uploads,
            *outputs,
            to_intake,
        ],
        "on_upload": [*finishing, *uploads, to_intake],
        "on_intake": [*finishing, works_off(settings.intake_queue), *prober.work, *starting_jobs],
        "on_transcoding_ended": [*finishing, *transcoder.events],
        "on_speech_audio": [*finishing, *transcriber.work, parts, transcripts, *outputs, to_intake],
        "on_transcript": [*finishing, *captions, transcripts, *outputs],
        "on_transcription_ended": [*finishing, *transcriber.events, transcripts, listing],
        "on_language": [
            *finishing,
            works_off(settings.language_queue),
            to_language,
            *analyzer.work,
            *summarizer.work,
            tracks,
            writes(keys.Folder.ANALYSIS, *([keys.Folder.SUMMARY] if settings.summarizer else [])),
            *outputs,
        ],
        "on_report": [
            assets,
            works_off(settings.report_queue),
            *outputs,
            writes(keys.Folder.REPORT),
            table(settings.idempotency_table, "PutItem", "UpdateItem", "DeleteItem"),
            # A raw message needs the second, by whichever call: https://github.com/anymail/django-anymail/issues/384
            Grant(("ses:SendEmail", "ses:SendRawEmail"), tuple(mailing)),
            *telling,
        ],
        "on_sweep": [
            *finishing,
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.assets_table}/index/unfinished"),)),
            *starting_jobs,
        ],
    }


def _every_function(name: str, place: Place) -> Iterable[Grant]:
    streams = place.arn("logs", f"log-group:/aws/lambda/{name}:log-stream:*")
    yield Grant(("logs:CreateLogStream", "logs:PutLogEvents"), (streams,))
    yield Grant(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ANYTHING)


def _document(grants: Iterable[Grant]) -> Policy:
    """One policy that says all of `grants`, each thing once."""
    merged: dict[tuple[tuple[str, ...], str], set[str]] = {}
    conditions = {}
    for grant in grants:
        key = (tuple(sorted(grant.resources)), repr(sorted(grant.condition.items())))
        merged.setdefault(key, set()).update(grant.actions)
        conditions[key] = grant.condition
    statements = [Grant(tuple(actions), key[0], conditions[key]).statement() for key, actions in sorted(merged.items())]
    return {"Version": "2012-10-17", "Statement": statements}
