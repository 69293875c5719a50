"""Least privilege: one IAM policy a function, that names what the function does and to what. Pure.

What an engine needs stands in the engine's own module; here stands what the pipeline does between them.
`tests/house/test_policies.py` holds this against the calls that are made, both ways.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.documents.tracks import TRACKS as WRITTEN
from chalicelib.domain import keys, presets
from chalicelib.domain.ai_options import BIOMETRIC
from chalicelib.domain.keys import Task
from chalicelib.domain.tracks import Track
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.registry import offered
from chalicelib.pipeline.branch import Branch, QueuedBranch
from chalicelib.pipeline.branches import branches
from chalicelib.pipeline.vision import FRAMES
from chalicelib.seams.answering import ANSWERING
from chalicelib.seams.documents import DOCUMENTS
from chalicelib.seams.embedding import EMBEDDING
from chalicelib.seams.entities import ENTITIES
from chalicelib.seams.faces import FACES
from chalicelib.seams.jobs import SNS
from chalicelib.seams.probing import PROBING
from chalicelib.seams.seam import Seam
from chalicelib.seams.speakers import SPEAKERS
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.training import TRAININGS, WORDS_TRAINING
from chalicelib.seams.transcoding import TRANSCODING
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.seams.translation import TRANSLATION
from chalicelib.seams.vision import VISION
from chalicelib.settings import QUEUES, Settings
from chalicelib.speech.tracks import ANALYSIS, CAPTIONS, CUSTOM_ENTITIES, SUMMARY, TRANSCRIPT
from chalicelib.speech.tracks import TOXICITY as HURTFUL
from chalicelib.speech.tracks import TRACKS as SAID
from chalicelib.storage.tracks import every
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import ALL_SEEN, OF_DETECTION

API = "api_handler"
"""Chalice's name of the function behind the REST API."""

_OF_WORDS: Mapping[Seam[Any], tuple[str, Track]] = {
    SUMMARIZING: (Task.SUMMARY, SUMMARY),
    TOXICITY: (Task.TOXICITY, HURTFUL),
}
"""What the language branch makes beside the analysis: the task that it waits for if a shared job does it, the track."""

Policy = Mapping[str, Any]
"""An IAM policy document."""


def policies(app_name: str, stage: str, place: AwsPlace, settings: Settings) -> dict[str, Policy]:
    """The policy of each function of the app, by the function's name in `app.py`."""
    return {
        function: _document([*grants, *_every_function(lambda_name(app_name, stage, function), place)])
        for function, grants in _grants(place, settings).items()
    }


def lambda_name(app_name: str, stage: str, function: str) -> str:
    """What Chalice calls a function on AWS: the one that answers the REST API has no name of its own."""
    return f"{app_name}-{stage}" if function == API else f"{app_name}-{stage}-{function}"


def _grants(place: AwsPlace, settings: Settings) -> dict[str, list[Grant]]:
    def table(name: str, *actions: str) -> Grant:
        return Grant(tuple(f"dynamodb:{action}" for action in actions), (place.arn("dynamodb", f"table/{name}"),))

    def sends(queue: str) -> Grant:
        return Grant(("sqs:SendMessage",), (place.arn("sqs", queue),))

    def works_off(name: str) -> list[Grant]:
        """Taking what is in a queue, counting how often work on it begins, and giving it up."""
        queue = settings.queue(name)
        taking = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        counting = table(settings.idempotency_table, "UpdateItem")
        return [Grant(taking, (place.arn("sqs", queue),)), sends(f"{queue}-dead-letters"), counting]

    def looks_into(*names: str) -> Grant:
        return Grant(("sqs:GetQueueAttributes",), tuple(place.arn("sqs", settings.queue(name)) for name in names))

    def writes(*folders: str) -> Grant:
        everywhere = tuple(place.bucket(settings.output_bucket, f"{keys.prefix(folder)}*") for folder in folders)
        return Grant(("s3:PutObject",), everywhere)

    def accounts(*actions: str) -> list[Grant]:
        pool = settings.user_pool
        asked = tuple(f"cognito-idp:{action}" for action in actions)
        return [Grant(asked, (place.arn("cognito-idp", f"userpool/{pool}"),))] if pool else []

    needed = defaultdict[Seam[Any], EngineGrants](EngineGrants)
    for seam, _, engine in offered(settings):
        needed[seam] = (
            needed[seam].beside(engine.grants(place, settings)) if seam in needed else engine.grants(place, settings)
        )
    known = set(branches(settings).values())
    analyses = {branch for branch in known if isinstance(branch, QueuedBranch)}
    later = {branch for branch in known if branch.after or branch.may_follow}
    following = {branch for branch in known if branch.after}
    # What comes after others is begun when its turn has come, and again by the sweep; all else, at the intake.
    starting = [grant for seam in _seams(known - analyses - following) for grant in needed[seam].work]
    then = {seam for branch in known - analyses for seam in branch.seams[1:]}
    going_on_with = [
        grant
        for seam in then
        for grant in (needed[seam].work if needed[seam].going_on is None else needed[seam].going_on or ())
    ]
    preparing = [grant for found in needed.values() for grant in found.preparing]
    starting_later = [grant for seam in _seams(later - analyses) for grant in needed[seam].work]
    analysing = [grant for seam in _seams(later | analyses) for grant in needed[seam].work]
    sees = bool(settings.engines[VISION])
    unseen = [track for one, track in OF_DETECTION.items() if not (sees and _may_be_seen(one, settings))]
    ours = [*SAID, *WRITTEN, *unseen, *([] if sees else [ALL_SEEN])]
    brought = [track.folder for track in every(settings.extensions) if track not in ours]
    on_pages = [track.folder for track in WRITTEN] if settings.engines[DOCUMENTS] else []
    by_sns = {seam for seam, _, engine in offered(settings) if engine.EVENTS and engine.EVENTS.source == SNS}
    hearing = [grant for seam, found in needed.items() if seam not in by_sns for grant in found.events]
    told_by_sns = [grant for seam in by_sns for grant in needed[seam].events]
    cancelling = [grant for found in needed.values() for grant in found.cancelling]
    faces = needed[FACES] if settings.biometrics else EngineGrants()
    emptying = [*faces.emptying, *([table(settings.users_table, "Query", "UpdateItem")] if faces.emptying else [])]
    assets = table(settings.assets_table, "GetItem", "UpdateItem")
    tracks = table(settings.metadata_table, "BatchWriteItem")
    to_intake = sends(settings.queue("intake"))
    to_urgent = sends(settings.queue("urgent"))
    to_analysis = sends(settings.queue("analysis"))
    books = Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.users_table}/index/ended"),))
    entering = table(settings.users_table, "GetItem", "PutItem")
    keeping_all = [
        table(settings.users_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
        table(settings.users_table, "BatchGetItem", "BatchWriteItem"),
    ]
    # When a transcript was corrected, what was made of it is made anew, and is in the books by itself.
    has_remade = [to_analysis] if settings.analysis_of_corrections else []
    counting = table(settings.users_table, "GetItem", "PutItem", "UpdateItem")  # against its owner's limits
    remaking = [counting] if settings.analysis_of_corrections else []
    translates = bool(settings.engines[TRANSLATION])
    putting_into = [writes(keys.Folder.TRANSLATIONS), entering, *needed[TRANSLATION].work] if translates else []
    # Questions are answered out of what is in the indexes of whoever shares something with whoever asks.
    answers = bool(settings.engines[ANSWERING])
    found_in = place.bucket(settings.output_bucket, f"{keys.INDEX_PREFIX}*")
    answering = [
        table(settings.users_table, "GetItem", "PutItem", "UpdateItem", "Query"),
        table(settings.assets_table, "GetItem", "BatchGetItem"),
        Grant(("s3:GetObject",), (found_in,)),
        sends(settings.queue("learning")),
        *needed[EMBEDDING].work,
        *needed[ANSWERING].work,
    ]
    replaced = place.bucket(settings.output_bucket, f"{keys.prefix(keys.Folder.EDITS)}*")
    publishing = Grant(("sns:Publish",), (settings.finished_topic_arn,))
    # Whoever finishes a run looks what was seen in it; where something in it may end it, its jobs are stopped.
    sensitive = f"{keys.prefix(OF_DETECTION[Detection.MODERATION].folder)}*"
    judging = reading(place, settings.output_bucket, sensitive) if settings.moderation_policy else []
    stopping = cancelling if settings.moderation_policy == "reject" else []
    finishing = [assets, publishing, *judging]
    uploads = reading(place, settings.uploads_bucket, f"{keys.UPLOADS_PREFIX}*")
    outputs = _, listing = reading(place, settings.output_bucket, "output/*")
    cut = place.bucket(settings.output_bucket, f"{keys.prefix(keys.Folder.PARTS)}*")
    parts = Grant(("s3:PutObject", "s3:AbortMultipartUpload"), (cut,))
    told_apart = [keys.Folder.SPEAKERS] if settings.engines[SPEAKERS] else []
    by_stills = [f"jobs/{one}" for one in Detection if one is not Detection.SEGMENTS and _may_be_seen(one, settings)]
    stills_come = [writes(f"jobs/{FRAMES}", *by_stills), to_analysis] if sees else []
    found_in_text = [writes(CUSTOM_ENTITIES.folder)] if settings.engines[ENTITIES] else []
    # Clips are cut by wish: where a mark says so is changed by whoever starts one, hears of its end, or misses it.
    clipping = [table(settings.users_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem")]
    marking = [writes(f"jobs/{FRAMES}")] if sees else []
    released = [table(settings.users_table, "GetItem")] if sees else []
    people = [table(settings.users_table, "Query")] if sees and settings.biometrics else []
    # Where one job does several things for a run, why a part is missing is noted by whoever hears of it.
    by_one_job = {seam for seam, _, engine in offered(settings) if engine.SHARED_JOB}
    left_apart = [f"jobs/{task}" for seam, (task, _) in _OF_WORDS.items() if seam in by_one_job]
    of_words = [track.folder for seam, (_, track) in _OF_WORDS.items() if settings.engines[seam]]
    heard_of_its_end = [writes(*left_apart), *outputs] if left_apart else []
    unseen_by_it = [writes(f"jobs/{Detection.MODERATION}")] if VISION in by_one_job else []
    # What an account's recordings are full of is told to what hears, where it takes that.
    hearers = [engine for seam, _, engine in offered(settings) if seam == TRANSCRIPTION]
    with_words = [table(settings.users_table, "GetItem", "Query")] if any(one.USES_LEXICON for one in hearers) else []
    to_learning = [sends(settings.queue("learning"))] if any(one.MORE_EVENTS for one in hearers) else []
    learns = bool(settings.engines[WORDS_TRAINING])
    learnt_things = place.bucket(settings.output_bucket, f"{keys.LEARNING_PREFIX}*")
    # Of models that lie with a service, and of their trainings, the queue is told.
    others = any(settings.engines[seam] for seam in TRAININGS if seam.has_jobs)
    training_lies_elsewhere = [sends(settings.queue("learning"))] if others else []
    # What administrators bring is taken in where nights are, and looked into as uploads are.
    brought_things = place.bucket(settings.uploads_bucket, f"{keys.MATERIAL_PREFIX}*")
    bringing = Grant(("s3:PutObject", "s3:ListMultipartUploadParts", "s3:DeleteObject"), (brought_things,))
    taking_in = [
        *reading(place, settings.uploads_bucket, f"{keys.MATERIAL_PREFIX}*"),
        Grant(("s3:DeleteObject", "s3:AbortMultipartUpload"), (brought_things,)),
        Grant(("s3:ListBucketMultipartUploads",), (place.bucket(settings.uploads_bucket),)),
        *(grant for grant in needed[PROBING].work if not grant.actions[0].startswith("s3:")),
    ]
    # What is measured by beside is heard once without anything learnt, and left where what is learnt goes.
    hears_general = learns and not hearers[0].SHARED_JOB
    hearing_general = [
        grant for grant in needed[TRANSCRIPTION].work if hears_general and not grant.actions[0].startswith("s3:")
    ]
    of_lessons = place.bucket(settings.output_bucket, f"{keys.prefix(keys.Folder.LESSONS)}*")
    # What was learnt is applied to what has just been heard.
    applying = [Grant(("s3:GetObject",), (learnt_things,)), table(settings.users_table, "Query")] if learns else []
    telling_models = (
        [table(settings.users_table, "GetItem")] if learns or any(one.HEARS_WITH for one in hearers) else []
    )
    learnt = [*applying, *telling_models]
    # What need not be made anew is copied from the version before, and confirmed words are carried over.
    copied = [f"{keys.prefix(folder)}*" for folder in (*(one.name for one in presets.OF_RECORDINGS), keys.Folder.AUDIO)]
    taking_over = Grant(
        ("s3:PutObject", "s3:AbortMultipartUpload"),
        tuple(place.bucket(settings.output_bucket, everywhere) for everywhere in copied),
    )
    going_on = [
        parts,
        writes(keys.Folder.VERSIONS),
        *learnt,
        *with_words,
        writes(TRANSCRIPT.folder, CAPTIONS.folder, *told_apart, *brought, *on_pages),
        tracks,
        to_analysis,
        *outputs,
    ]
    starting_jobs = [*starting, taking_over, *going_on, *unseen_by_it, *uploads]
    # Whoever has written something for an asset that was erased meanwhile takes it back.
    late = [Grant(("s3:DeleteObject",), (place.bucket(settings.output_bucket, "output/*"),))]
    beginning = [
        *finishing,
        table(settings.users_table, "GetItem", "UpdateItem"),
        *needed[PROBING].work,
        *preparing,
        *marking,
        *people,
        *starting_jobs,
        *stopping,
        *late,
    ]
    telling = [Grant(("sns:Publish",), (settings.failed_topic_arn,))] if settings.failed_topic_arn else []
    mail = _mailing(place, settings)
    sending_once = table(settings.idempotency_table, "PutItem", "UpdateItem", "DeleteItem")
    objects = place.bucket(settings.uploads_bucket, f"{keys.UPLOADS_PREFIX}*")
    index = place.bucket(settings.output_bucket, f"{keys.INDEX_PREFIX}*")
    exports = place.bucket(settings.output_bucket, f"{keys.EXPORTS_PREFIX}*")
    of_boards = place.bucket(settings.output_bucket, f"{keys.EXPORTS_PREFIX}*/boards/*")
    erasing = [
        tracks,
        Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.metadata_table}/index/asset"),)),
        Grant(("s3:DeleteObject", "s3:AbortMultipartUpload"), (objects,)),
        Grant(("s3:ListBucketMultipartUploads",), (place.bucket(settings.uploads_bucket),)),
        *late,
        Grant(("s3:DeleteObject",), (learnt_things,)),
        *cancelling,
    ]
    dead_letters = [place.arn("sqs", f"{settings.queue(name)}-dead-letters") for name in QUEUES]
    letters = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    return {
        # What it signs addresses for, it must have leave for itself: whoever follows one does so with its leave.
        API: [
            table(settings.assets_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem"),
            table(settings.assets_table, "Scan"),
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.assets_table}/index/unfinished"),)),
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.assets_table}/index/shelf"),)),
            *keeping_all,
            books,
            Grant(("s3:PutObject", "s3:ListMultipartUploadParts"), (objects,)),
            writes(keys.Folder.EDITS, keys.Folder.VERSIONS, keys.Folder.CLIPS),
            table(settings.metadata_table, "GetItem"),
            *erasing,
            *uploads,
            *outputs,
            Grant(("s3:GetObject",), (index,)),
            Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (exports,)),  # files of boards
            Grant(("s3:GetObject",), (learnt_things,)),
            bringing,
            *reading(place, settings.uploads_bucket, f"{keys.MATERIAL_PREFIX}*"),
            publishing,
            to_intake,
            to_urgent,
            sends(settings.queue("account")),
            *(sends(settings.queue(name)) for name in QUEUES),
            Grant(letters, tuple(dead_letters)),
            *accounts("ListUsers"),
            mail,
            Grant(("ses:GetAccount", "ses:DeleteSuppressedDestination"), ANYTHING),
            *faces.filling,
            *emptying,
            *needed[EMBEDDING].work,
        ],
        "on_upload": [
            *finishing,
            entering,
            *uploads,
            *outputs,
            Grant(("s3:DeleteObject",), (objects,)),
            *cancelling,
            to_intake,
            to_urgent,
        ],
        "on_intake": [*beginning, *works_off("intake"), to_intake],
        "on_urgent_intake": [*beginning, *works_off("urgent"), to_urgent],
        "on_job_event": [
            *finishing,
            *hearing,
            *clipping,
            *stills_come,
            *stopping,
            *heard_of_its_end,
            *to_learning,
            writes(TRANSCRIPT.folder, *told_apart),
            listing,
            *late,
            *training_lies_elsewhere,
        ],
        "on_job_notice": [
            *works_off("jobs"),
            *([*finishing, *released, *told_by_sns, *stopping, listing, to_intake, to_urgent, *late] if by_sns else []),
        ],
        "on_job_output": [
            *finishing,
            *going_on_with,
            *going_on,
            *unseen_by_it,
            *found_in_text,
            *stopping,
            *released,
            *people,
            *late,
            to_intake,
            to_urgent,
        ],
        "on_analysis": [
            *finishing,
            *works_off("analysis"),
            to_analysis,
            *analysing,
            *needed[TRANSCODING].work,
            *clipping,
            *remaking,
            *putting_into,
            *(answering if answers else []),
            *(with_words if hearers[0].SHARED_JOB else []),
            *stopping,
            *released,
            *people,
            *marking,
            *found_in_text,
            tracks,
            writes(ANALYSIS.folder, *of_words, *brought),
            *outputs,
            *late,
        ],
        "on_report": [
            assets,
            *works_off("report"),
            *outputs,
            writes(keys.Folder.REPORT),
            sending_once,
            mail,
            *telling,
            table(settings.users_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
            *accounts("ListUsers"),  # in whose language somebody is told what is shared with them
            *late,
        ],
        "on_digest_hour": [
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.users_table}/index/due"),)),
            sends(settings.queue("digest")),
            looks_into("digest"),
        ],
        "on_digest": [
            *works_off("digest"),
            table(settings.users_table, "GetItem", "Query", "UpdateItem"),
            assets,
            *outputs,
            sending_once,
            mail,
            Grant(("ses:GetAccount",), ANYTHING),
        ],
        "on_feedback": [
            *works_off("feedback"),
            table(settings.users_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
        ],
        "on_webhook": [
            # It tells programs, and fetches files part by part.
            assets,
            publishing,
            table(settings.users_table, "GetItem", "UpdateItem"),
            *works_off("webhook"),
            sends(settings.queue("webhook")),
            mail,
            *uploads,
            Grant(("s3:PutObject", "s3:ListMultipartUploadParts"), (objects,)),
            Grant(("s3:AbortMultipartUpload", "s3:DeleteObject"), (objects,)),
        ],
        "on_account": [
            table(settings.assets_table, "Query", "GetItem", "UpdateItem", "DeleteItem"),
            table(settings.users_table, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
            table(settings.users_table, "BatchGetItem", "BatchWriteItem"),
            *works_off("account"),
            *training_lies_elsewhere,
            *erasing,
            *uploads,
            *outputs,
            Grant(("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"), (exports,)),
            Grant(("s3:DeleteObject",), (index,)),
            Grant(("s3:GetObject",), (learnt_things,)),
            *to_learning,
            *accounts("ListUsers", "AdminDeleteUser"),
            *emptying,
        ],
        "on_learning": [
            table(settings.assets_table, "GetItem", "UpdateItem", "Query", "BatchGetItem"),
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.assets_table}/index/shelf"),)),
            Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (index,)),
            Grant(("s3:DeleteObject",), (of_boards,)),
            sends(settings.queue("learning")),
            *needed[EMBEDDING].work,
            *late,
            *keeping_all,
            table(settings.metadata_table, "GetItem"),
            *works_off("learning"),
            *outputs,
            writes(keys.Folder.LESSONS, keys.Folder.WORDS),
            Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (learnt_things,)),
            Grant(("s3:DeleteObject",), (of_lessons, replaced)),
            *has_remade,
            *taking_in,
            *hearing_general,
            *(uploads if others else []),  # what is measured may have been heard as it was uploaded
            *(grant for seam in TRAININGS for grant in needed[seam].work),
            *training_lies_elsewhere,
            *needed[TRANSCRIPTION].keeping,
            *to_learning,
        ],
        "on_training_hour": [
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.users_table}/index/due"),)),
            sends(settings.queue("learning")),
        ],
        "on_sweep": [
            *finishing,
            Grant(("s3:AbortMultipartUpload",), (objects,)),
            sends(settings.queue("webhook")),
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.assets_table}/index/unfinished"),)),
            *clipping,
            table(settings.users_table, "Query"),
            *starting_jobs,
            *late,
            *starting_later,
            *([writes(*of_words)] if left_apart else []),
            *people,
            *marking,
            *found_in_text,
            *cancelling,
            to_intake,
            to_urgent,
            looks_into("intake", "urgent", "analysis", "report"),
            *emptying,
            *([table(settings.users_table, "DeleteItem")] if faces.emptying else []),
        ],
        "on_operators_day": [
            table(settings.users_table, "Query", "GetItem"),
            table(settings.assets_table, "BatchGetItem"),
            Grant(("dynamodb:Query",), (place.arn("dynamodb", f"table/{settings.assets_table}/index/unfinished"),)),
            books,
            Grant(("sqs:GetQueueAttributes",), tuple(dead_letters)),
            sending_once,
            mail,
        ],
    }


def _may_be_seen(detection: Detection, settings: Settings) -> bool:
    return settings.biometrics or detection.option not in BIOMETRIC


def _seams(asking: Iterable[Branch]) -> set[Seam[Any]]:
    """The seams whose engines these branches ask."""
    return {seam for branch in asking for seam in branch.seams}


def _mailing(place: AwsPlace, settings: Settings) -> Grant:
    """Leave to send mail from our own address, to anybody.

    SES asks for leave on the identity that sends, and on that of a recipient who is an identity of the account too. In
    its sandbox there are no other recipients: https://github.com/cloudposse/terraform-aws-ses/issues/40
    """
    used = [place.arn("ses", "identity/*")]
    if settings.ses_configuration_set is not None:
        used.append(place.arn("ses", f"configuration-set/{settings.ses_configuration_set}"))
    ours = {"StringEquals": {"ses:FromAddress": settings.report_sender}}
    # A raw message needs the second, by whichever call: https://github.com/anymail/django-anymail/issues/384
    return Grant(("ses:SendEmail", "ses:SendRawEmail"), tuple(used), ours)


def _every_function(name: str, place: AwsPlace) -> Iterable[Grant]:
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
