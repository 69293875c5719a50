"""Report a finished asset to its owner: stored as a page, and mailed at once or in a digest, as they like.

A report is never lost, and it is mailed once, with the exception that `once.py` names. Both copies then carry the same
X-Rapporteur-Report header.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.documents.pages import passages
from chalicelib.documents.pairs import pairs_of
from chalicelib.documents.tables import tables_of
from chalicelib.documents.tracks import DOCUMENT, PAIRS, TABLES
from chalicelib.domain import addresses, keys
from chalicelib.domain.accounts import Delivery, Profile
from chalicelib.domain.analysis import LanguageAnalysis
from chalicelib.domain.assets import Asset, ReportState, RunRef, Status
from chalicelib.domain.costs import Cost
from chalicelib.domain.keys import Folder
from chalicelib.errors import DeliveryError
from chalicelib.letters.letter import Letter
from chalicelib.letters.report import ReportData, Written, build, build_letter
from chalicelib.letters.wording import Wording
from chalicelib.mail import links, news, recipients, ses
from chalicelib.mail.message import Envelope
from chalicelib.mail.once import send_once
from chalicelib.mail.ses import MailKind, Verdict
from chalicelib.observability import count, logger
from chalicelib.pipeline import books, finish, leftovers, messages, tracks
from chalicelib.pipeline.text import is_document
from chalicelib.services import Services
from chalicelib.speech.tracks import ANALYSIS, CAPTIONS, SUMMARY, TOXICITY
from chalicelib.speech.transcripts import Transcript
from chalicelib.vision.tracks import OF_DETECTION

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def deliver(run: RunRef, services: Services, context: "LambdaContext") -> None:
    """Report `run` if its report is due. A second call sends nothing."""
    asset = services.store.get(run.asset)
    if asset is None:
        _take_back(run, services)
        return
    if asset.version != run.version or asset.report is not ReportState.DUE:
        return
    if asset.options.metered and services.users.is_gone(asset.ref.owner):
        return  # the account is being erased, and its reports with it
    profile = _profile(asset, services)
    text = books.text_of(asset, services)
    cost = books.cost_of(asset, text, services)
    books.enter(asset, cost, services)
    finish.keep_marks(asset, services)
    data = _gather(asset, None if is_document(asset) else text, cost, services)
    report = build(data, recipients.owner(profile, services))
    services.outputs.write(keys.output_key(asset, Folder.REPORT, ".html"), report.page, "text/html; charset=utf-8")
    state, recipient = ReportState.DELIVERED, asset.options.email or profile.email
    if recipient is None and profile.delivery is not Delivery.NONE:
        state = _unaddressed(asset, profile, services)
    elif profile.delivery is Delivery.DIGEST:
        news.note(asset, profile, services)
    elif profile.delivery is Delivery.NOW and recipient is not None:
        state = _mail(report.letter, asset, recipient, profile, services, context)
    if asset.options.copy_to is not None and not asset.is_withheld:
        _copy(data, asset.options.copy_to, profile, services, context)
    if asset.status is Status.FAILED and services.settings.failed_topic_arn is not None:
        _tell_operators(asset, services.settings.failed_topic_arn, services)
    if services.store.settle_report(asset, state, cost) is None:
        _take_back(run, services)


def _take_back(run: RunRef, services: Services) -> None:
    """The asset has been erased, perhaps with its account, while it was reported: what that has written goes too."""
    leftovers.delete_outputs(run.asset, services)
    services.users.take_back_late(run.asset.owner)


def _profile(asset: Asset, services: Services) -> Profile:
    """The owner's profile. One who has never set anything has one from now on: else they could not unsubscribe."""
    owner = asset.ref.owner
    if not asset.options.metered:
        return Profile(owner)
    profile = services.users.profile(owner)
    if profile.email is None and asset.options.email is not None:
        return services.users.know(owner, asset.options.email)
    return profile


def _unaddressed(asset: Asset, profile: Profile, services: Services) -> ReportState:
    """There is no address that anybody has confirmed. Who has an account gets it in a digest, once there is one."""
    count("ReportsUnaddressed")
    if asset.options.metered:
        news.note(asset, profile, services)
    return ReportState.UNADDRESSED


def _mail(
    letter: Letter, asset: Asset, recipient: str, profile: Profile, services: Services, context: "LambdaContext"
) -> ReportState:
    """Mail the report to its owner. Above what may be mailed in a day it waits for the next digest."""
    reference = keys.report_name(asset)
    owner = profile.owner if asset.options.metered else None
    match ses.verdict(recipient, reference, services, owner):
        case Verdict.LATER:
            count("ReportsPutOff")
            news.note(asset, profile, services)
        case Verdict.SUPPRESSED:
            count("ReportsUndeliverable")
            return ReportState.UNDELIVERABLE
        case Verdict.GO:
            unsubscribe = recipients.unsubscribe_url(profile, links.OWN, services) if owner else None
            envelope = ses.envelope(recipient, reference, services, _thread(asset), unsubscribe)
            if not _sent(lambda: letter, envelope, MailKind.REPORT, services, context):
                return ReportState.UNDELIVERABLE
    return ReportState.DELIVERED


def _copy(data: ReportData, address: str, profile: Profile, services: Services, context: "LambdaContext") -> None:
    """Mail a copy to somebody else, if they still want it. Its owner is told in any case, so none is owed."""
    asset = data.asset
    known = services.mails.recipient(profile.owner, addresses.fingerprint(address))
    if known is None or not known.takes_mail:
        return
    reference = f"{keys.report_name(asset)}.copy"
    if ses.verdict(known.address, reference, services, profile.owner) is not Verdict.GO:
        count("CopiesHeldBack")
        return
    unsubscribe = recipients.unsubscribe_url(profile, known.id, services)
    envelope = ses.envelope(known.address, reference, services, _thread(asset), unsubscribe)

    def letter() -> Letter:
        shared = recipients.shared_page(asset.ref, services)
        told = {track: passages for track, passages in data.tracks.items() if not track.is_private}
        return build_letter(replace(data, link=shared, tracks=told), recipients.recipient(profile, known.id, services))

    _sent(letter, envelope, MailKind.COPY, services, context)


def _sent(
    letter: Callable[[], Letter], envelope: Envelope, kind: MailKind, services: Services, context: "LambdaContext"
) -> bool:
    try:
        send_once(letter, envelope, kind, services, context)
    except DeliveryError as exc:
        logger.error("report cannot be delivered", extra={"code": exc.code})
        count("ReportsUndeliverable")
        return False
    return True


def _thread(asset: Asset) -> str:
    return f"{asset.ref.owner}.{asset.ref.asset_id}"


def _tell_operators(asset: Asset, topic_arn: str, services: Services) -> None:
    """Say which asset failed and why, without its name: that is its owner's business."""
    words = Wording("en", "UTC")
    reasons = "\n".join(f"- {what}: {words.sentence(why)} ({why.code})" for what, why in sorted(asset.failures.items()))
    services.aws.sns.publish(
        TopicArn=topic_arn,
        Subject="Rapporteur: a recording could not be processed",
        Message=f"Asset {asset.ref.asset_id} of owner {asset.ref.owner}, version {asset.version}:\n\n{reasons}\n",
        MessageAttributes=messages.attributes(asset),
    )


def _gather(asset: Asset, transcript: Transcript | None, cost: Cost, services: Services) -> ReportData:
    link = recipients.asset_page(asset.ref, services) if asset.options.metered else None
    if asset.status is not Status.COMPLETED or asset.is_withheld:
        return ReportData(asset.as_given_out, None, None, None, None, None, cost, link)
    analysis = services.outputs.read(ANALYSIS.key(asset))
    text, seen = services.outputs.read_text, set(OF_DETECTION.values())
    return ReportData(
        asset=asset,
        transcript=transcript,
        analysis=LanguageAnalysis.from_json(json.loads(analysis)) if analysis else None,
        summary=text(SUMMARY.key(asset, "txt")),
        captions_srt=text(CAPTIONS.key(asset, "srt")),
        transcript_txt=text((DOCUMENT if is_document(asset) else CAPTIONS).key(asset, "txt")),
        cost=cost,
        link=link,
        tracks={
            track: said
            for track in services.tracks
            if (track in seen or track is TOXICITY or not track.is_drawn)
            and (said := tracks.read(asset, track, services)) is not None
        },
        written=_written(asset, services) if is_document(asset) else None,
    )


def _written(asset: Asset, services: Services) -> Written | None:
    """What is written in a document; None where it could not be read."""
    text, tables, pairs = (services.outputs.read(track.key(asset)) for track in (DOCUMENT, TABLES, PAIRS))
    if text is None:
        return None
    return Written(
        tuple(passages(text)), tuple(tables_of(tables)) if tables else (), tuple(pairs_of(pairs)) if pairs else ()
    )
