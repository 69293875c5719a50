"""Who gets mail: nobody who has not agreed, nobody who has unsubscribed, and no address that mail comes back from."""

import importlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends

from chalicelib.domain import addresses
from chalicelib.domain.assets import AssetRef, ReportState
from chalicelib.errors import MediaRejected
from chalicelib.mail import links
from chalicelib.mail.links import MailLink, Purpose
from chalicelib.message import Message
from chalicelib.pipeline import messages
from local.aws.pump import LambdaContext
from tests.api.accounts import Answer, Api
from tests.api.world import ADA, BOB, ROOT, World, everything_stored, problem
from tests.harness.events import sqs_event
from tests.harness.places import DATA
from tests.harness.service import SES_TEST, parsed

EVENTS = DATA / "events"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:rapporteur-dev-any"
CAROL = "carol@example.org"
PAGES = "https://pages.example"
API = "https://api.example/api"


@pytest.fixture
def world(world: World) -> World:
    """One whose mails have links."""
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url=PAGES, api_url=API)
    return world


def mails(to: str | None = None) -> list[Any]:
    sent = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
    every = [parsed(message.raw_data) for message in sent]
    return [mail for mail in every if to in {None, mail["To"]}]


def token_in(mail: Any, page: str) -> str:
    """The token of the link to `page`, "s" for one that is given to others, in the text of a mail."""
    text = mail.get_body(("plain",)).get_content()
    (found,) = re.findall(rf"{PAGES}/(?:#/)?{page}/([\w.-]+)", text)
    return str(found)


def agreed(world: World, address: str = CAROL) -> None:
    """Somebody agrees to get Ada's reports."""
    assert world.api(ADA).post("/me/addresses", {"address": address}).status == 202
    token = token_in(mails(addresses.normal(address))[-1], "confirm")
    answer = world.api(None).post("/mail/confirm", {"token": token})
    assert answer.json == {"status": "confirmed", "address": addresses.normal(address)}


def statuses(world: World) -> dict[str, str]:
    return {one["address"]: one["status"] for one in world.api(ADA).get("/me/addresses").json["addresses"]}


# ---- other addresses


def test_somebody_else_gets_reports_once_they_have_agreed_and_not_before(world: World) -> None:
    ada, stranger = world.api(ADA), world.api(None)
    asked = ada.post("/me/addresses", {"address": CAROL})
    assert asked.status == 202
    assert asked.json["status"] == "asked"
    (mail,) = mails()
    assert mail["To"] == CAROL
    assert ADA in mail.get_body(("plain",)).get_content()
    token = token_in(mail, "confirm")
    found = problem(world.api(ADA).post("/assets", {"file_name": "a.mp4", "size": 9, "email": CAROL}), 403)
    assert (found["code"], found["field"]) == ("address-unconfirmed", "email")
    told = stranger.get(f"/mail/link?token={token}").json
    assert told == {"purpose": "confirm", "address": CAROL, "asker": ADA}
    assert statuses(world) == {CAROL: "asked"}, "looking at the link confirms nothing"
    assert problem(stranger.post(f"/mail/unsubscribe?token={token}"), 404)["code"] == "no-link"
    for _ in range(2):
        assert stranger.post("/mail/confirm", {"token": token}).json["status"] == "confirmed"
    asset = world.upload(world.api(ADA), email=CAROL)
    report, theirs = mails(ADA)[-1], mails(CAROL)[-1]
    assert report["Subject"] == theirs["Subject"] == "Report: debate.mp4"
    assert report["References"] == theirs["References"]
    assert report["Message-ID"] != theirs["Message-ID"]
    shared = token_in(theirs, "s")
    assert stranger.get(f"/shared/{shared}").json["asset"]["id"] == asset["id"]
    assert f"{PAGES}/#/asset/{asset['id']}" in report.get_body(("plain",)).get_content()
    assert f"#/asset/{asset['id']}" not in theirs.get_body(("plain",)).get_content()


def test_a_copy_is_sent_once_and_only_while_it_is_wanted(world: World) -> None:
    agreed(world)
    asset = world.send(world.api(ADA), email=CAROL)
    world.api(ADA).ask("DELETE", f"/me/addresses/{addresses.fingerprint(CAROL)}", None)
    world.service.settle()
    assert [mail["Subject"] for mail in mails(ADA)] == ["Report: debate.mp4"]
    assert len(mails(CAROL)) == 1, "only the question"
    owner = world.api(ADA).get("/me").json["owner"]
    assert world.service.asset(AssetRef(owner, asset)).report is ReportState.DELIVERED


def test_who_has_unsubscribed_gets_nothing_more_and_is_not_asked_again(world: World) -> None:
    agreed(world)
    world.upload(world.api(ADA), email=CAROL)
    copied = mails(CAROL)[-1]
    assert copied["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = copied["List-Unsubscribe"].strip("<>")
    assert url.startswith(f"{API}/mail/unsubscribe?token=")
    assert one_click(world, url, "multipart/form-data; boundary=x").status == 200
    assert statuses(world) == {CAROL: "unsubscribed"}
    assert problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 409)["code"] == "unsubscribed"
    removed = world.api(ADA).ask("DELETE", f"/me/addresses/{addresses.fingerprint(CAROL)}", None)
    assert removed.status == 204
    assert statuses(world) == {}
    assert problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 409)["code"] == "unsubscribed"
    problem(world.api(ADA).post("/assets", {"file_name": "a.mp4", "size": 9, "email": CAROL}), 403)
    world.upload(world.api(ADA))
    assert len(mails(CAROL)) == 2
    assert len(mails(ADA)) == 2, "its owner gets theirs all the same"


def one_click(world: World, url: str, content_type: str = "application/x-www-form-urlencoded") -> Answer:
    """As a mail program does: https://www.rfc-editor.org/rfc/rfc8058#section-8"""
    form = b"List-Unsubscribe=One-Click"
    if content_type.startswith("multipart"):
        form = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    return world.api(None).ask("POST", url.removeprefix(API), form, **{"Content-Type": content_type})


def test_an_owner_unsubscribes_at_one_click_and_can_come_back(world: World) -> None:
    world.upload(world.api(ADA))
    (report,) = mails(ADA)
    url = report["List-Unsubscribe"].strip("<>")
    looked = world.api(None).ask("GET", url.removeprefix(API), None)
    assert (looked.status, looked.headers["location"]) == (302, f"{PAGES}/#/unsubscribe/{url.partition('=')[2]}")
    assert world.api(ADA).get("/me").json["delivery"] == "now", "a mail scanner that follows the link changes nothing"
    for _ in range(2):
        assert one_click(world, url).json == {"status": "unsubscribed", "address": ADA}
    assert world.api(ADA).get("/me").json["delivery"] == "none"
    world.upload(world.api(ADA))
    assert len(mails(ADA)) == 1
    world.api(ADA).ask("PUT", "/me", {"delivery": "now"})
    world.upload(world.api(ADA))
    assert len(mails(ADA)) == 2


def test_a_link_that_nobody_signed_or_that_is_old_does_nothing(world: World) -> None:
    agreed(world)
    services = world.service.services
    owner = world.api(ADA).get("/me").json["owner"]
    link = MailLink(Purpose.UNSUBSCRIBE, owner, addresses.fingerprint(CAROL))
    good = links.sign(link, services.signing_key)
    forged = links.sign(link, "0" * 64)
    other_end = links.sign(MailLink(Purpose.CONFIRM, owner, link.address_id), services.signing_key)
    mixed = ".".join([*good.rsplit(".", 2)[:1], *other_end.rsplit(".", 2)[1:]])
    asked = links.sign(MailLink(Purpose.CONFIRM, owner, addresses.fingerprint(BOB)), services.signing_key)
    for token in (forged, mixed, asked, good[:-1], "x", "a.b.c"):
        assert problem(world.api(None).post(f"/mail/unsubscribe?token={token}"), 404)["code"] == "no-link"
        assert problem(world.api(None).post("/mail/confirm", {"token": token}), 404)["code"] == "no-link"
    confirm = links.sign(MailLink(Purpose.CONFIRM, owner, link.address_id), services.signing_key)
    world.service.clock.shift(8 * 24 * 3600)
    assert problem(world.api(None).post("/mail/confirm", {"token": confirm}), 404)["code"] == "no-link"
    assert statuses(world) == {CAROL: "confirmed"}
    assert world.api(None).post(f"/mail/unsubscribe?token={good}").status == 200, "these last for two years"


def test_the_number_of_questions_is_limited_for_who_asks_and_for_who_is_asked(world: World) -> None:
    for index in range(10):
        assert world.api(ADA).post("/me/addresses", {"address": f"p{index}@example.org"}).status == 202
    assert problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 429)["code"] == "mail-limit"
    bob = world.api(BOB)
    for _ in range(3):
        assert bob.post("/me/addresses", {"address": CAROL}).status == 202
    assert problem(world.api(ROOT).post("/me/addresses", {"address": CAROL}), 429)["code"] == "mail-limit"
    assert len(mails(CAROL)) == 3
    world.service.clock.shift(24 * 3600)
    for index in range(10, 20):
        assert world.api(ADA).post("/me/addresses", {"address": f"p{index}@example.org"}).status == 202
    found = problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 409)
    assert found["code"] == "too-many-addresses"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [(ADA, "own-address"), (ADA.upper(), "own-address"), ("ада@example.org", "address"), ("a@-.org", "address")],
)
def test_an_address_that_cannot_be_is_told(world: World, wanted: str, code: str) -> None:
    found = problem(world.api(ADA).post("/me/addresses", {"address": wanted}), 400)
    assert (found["code"], found["field"]) == (code, "address")
    assert mails() == []


def test_international_domains_are_written_as_mail_servers_want_them(world: World) -> None:
    agreed(world, "carol@Bücher.example")
    assert statuses(world) == {"carol@xn--bcher-kva.example": "confirmed"}
    world.upload(world.api(ADA), email="carol@bücher.example")
    assert mails("carol@xn--bcher-kva.example")[-1]["Subject"] == "Report: debate.mp4"


def test_an_erased_account_leaves_nothing_of_its_mail(world: World) -> None:
    agreed(world)
    world.upload(world.api(ADA), email=CAROL)
    come_back(world, "bounce", ADA)
    owner = world.api(ADA).get("/me").json["owner"]
    assert world.api(ADA).ask("DELETE", "/me", None).status == 202
    world.service.settle()
    left = everything_stored(world)
    for trace in (owner, ADA, CAROL, addresses.fingerprint(ADA)):
        assert trace not in left


# ---- what comes back


def come_back(world: World, sample: str, address: str, mail: Any = None, **changes: Any) -> None:
    """SES tells of a mail to `address`, in the words of AWS's sample, through the topic."""
    event = json.loads((EVENTS / f"ses_{sample}.json").read_text().replace("recipient@example.com", address))
    now = world.service.now()
    told = next((event[kind] for kind in ("bounce", "complaint", "deliveryDelay") if kind in event), {})
    told["timestamp"] = event["mail"]["timestamp"] = datetime.fromtimestamp(now, UTC).isoformat()
    told.update(changes)
    if mail is not None:
        event["mail"]["tags"]["reference"] = [mail["X-Rapporteur-Report"].replace(".", "_")]
    for _ in range(2):  # as SNS may deliver it
        world.service.tell_of_mail(json.dumps(event))
    deliver_all(world)


def deliver_all(world: World) -> None:
    while world.service.pump.step():
        pass


def mail_of(api: Api) -> dict[str, Any]:
    return dict(api.get("/me").json["mail"])


@pytest.mark.parametrize(
    ("sample", "reason"), [("bounce", "bounce"), ("suppressed", "bounce"), ("complaint", "complaint")]
)
def test_an_address_that_bounces_or_complains_gets_nothing_more_until_its_owner_says_so(
    world: World, sample: str, reason: str
) -> None:
    world.upload(world.api(ADA))
    assert mail_of(world.api(ADA)) == {"status": "ok"}
    come_back(world, sample, f"Ada <{ADA}>")
    found = mail_of(world.api(ADA))
    assert (found["status"], found["reason"]) == ("suppressed", reason)
    assert ADA not in found.get("detail", "")
    asset = world.upload(world.api(ADA))
    assert len(mails(ADA)) == 1
    owner = world.api(ADA).get("/me").json["owner"]
    assert world.service.asset(AssetRef(owner, asset["id"])).report is ReportState.UNDELIVERABLE
    world.service.clock.shift(60)
    resumed = world.api(ADA).post("/me/mail/resume")
    assert resumed.json["mail"] == {"status": "ok"}
    world.upload(world.api(ADA))
    assert len(mails(ADA)) == 2
    assert problem(world.api(ADA).post("/me/mail/resume"), 429)["code"] == "mail-limit"


def test_a_bounce_that_is_told_late_counts_all_the_same(world: World) -> None:
    earlier = datetime.fromtimestamp(world.service.now() - 3600, UTC).isoformat()
    come_back(world, "delivery_delay", ADA)
    come_back(world, "bounce", ADA, timestamp=earlier)
    assert mail_of(world.api(ADA))["status"] == "suppressed"
    world.service.clock.shift(60)
    come_back(world, "delivery_delay", ADA)
    assert mail_of(world.api(ADA))["reason"] == "bounce"


def test_what_came_back_before_mail_was_switched_on_again_changes_nothing(world: World) -> None:
    come_back(world, "bounce", ADA)
    world.service.clock.shift(600)
    assert world.api(ADA).post("/me/mail/resume").status == 200
    come_back(world, "bounce", ADA, timestamp="2026-11-21T00:00:00.000Z")
    assert mail_of(world.api(ADA)) == {"status": "ok"}


@contextmanager
def answering_that_mail_is_wanted(world: World, code: str) -> Iterator[list[str]]:
    """SES is asked to take an address off its list, and answers with this error. Gives the addresses."""
    asked: list[str] = []
    ses = world.service.services.aws.ses

    def answer(params: dict[str, Any], **_: Any) -> None:
        asked.append(params["EmailAddress"])
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "DeleteSuppressedDestination")

    event = "before-parameter-build.sesv2.DeleteSuppressedDestination"
    ses.meta.events.register_first(event, answer, unique_id="wanted")
    try:
        yield asked
    finally:
        ses.meta.events.unregister(event, unique_id="wanted")


def test_ses_is_told_that_mail_is_wanted_again(world: World) -> None:
    come_back(world, "bounce", ADA)
    with answering_that_mail_is_wanted(world, "NotFoundException") as asked:
        assert world.api(ADA).post("/me/mail/resume").status == 200
    assert asked == [ADA]


def test_a_day_on_which_ses_could_not_be_told_is_not_used_up(world: World) -> None:
    come_back(world, "bounce", ADA)
    with answering_that_mail_is_wanted(world, "TooManyRequestsException"):
        assert world.api(ADA).post("/me/mail/resume").status == 500
    assert mail_of(world.api(ADA))["status"] == "suppressed"
    assert world.api(ADA).post("/me/mail/resume").json["mail"] == {"status": "ok"}
    assert problem(world.api(ADA).post("/me/mail/resume"), 429)["code"] == "mail-limit"


def test_without_pages_nobody_is_asked_and_nothing_is_stored_of_them(world: World) -> None:
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url=None)
    for _ in range(11):
        assert problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 409)["code"] == "no-pages"
    assert statuses(world) == {}
    assert CAROL not in everything_stored(world)
    ours.settings = replace(ours.settings, pages_url=PAGES)
    assert world.api(ADA).post("/me/addresses", {"address": CAROL}).status == 202, "no turn of the day was used up"


def test_a_soft_bounce_is_told_again_in_a_digest_and_the_third_suppresses(world: World) -> None:
    world.upload(world.api(ADA))
    come_back(world, "soft_bounce", ADA, mails(ADA)[-1], feedbackId="one")
    assert mail_of(world.api(ADA))["status"] == "delayed"
    world.service.clock.shift(2 * 3600)
    world.service.settle()
    assert [mail["Subject"] for mail in mails(ADA)] == ["Report: debate.mp4", "Digest: debate.mp4"]
    come_back(world, "soft_bounce", ADA, mails(ADA)[-1], feedbackId="two")
    world.service.clock.shift(2 * 3600)
    world.service.settle()
    assert [mail["Subject"] for mail in mails(ADA)][2:] == ["Digest: debate.mp4"]
    come_back(world, "soft_bounce", ADA, mails(ADA)[-1], feedbackId="three")
    assert mail_of(world.api(ADA))["status"] == "suppressed"
    world.service.clock.shift(24 * 3600)
    world.service.settle()
    assert len(mails(ADA)) == 3


def test_soft_bounces_that_are_long_past_do_not_count(world: World) -> None:
    world.upload(world.api(ADA))
    for name in ("one", "two", "three", "four"):
        come_back(world, "soft_bounce", ADA, None, feedbackId=name)
        world.service.clock.shift(8 * 24 * 3600)
    assert mail_of(world.api(ADA)) == {"status": "ok"}


@pytest.mark.parametrize(("sample", "reason"), [("delivery_delay", "delay"), ("reject", "reject")])
def test_a_delay_or_a_rejection_is_shown_for_a_day(world: World, sample: str, reason: str) -> None:
    come_back(world, sample, ADA)
    found = mail_of(world.api(ADA))
    assert (found["status"], found["reason"]) == ("delayed", reason)
    world.service.clock.shift(25 * 3600)
    assert mail_of(world.api(ADA)) == {"status": "ok"}


def test_nobody_asks_an_address_that_mail_comes_back_from(world: World) -> None:
    come_back(world, "complaint", CAROL)
    assert problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 409)["code"] == "suppressed"
    assert mails() == []


def test_events_that_ask_for_nothing_are_let_pass_and_nonsense_is_given_up(world: World) -> None:
    queue = world.service.services.settings.feedback_queue_url
    sqs = boto3.client("sqs")
    delivered = {"eventType": "Delivery", "mail": json.loads((EVENTS / "ses_bounce.json").read_text())["mail"]}
    for message in (delivered, {"eventType": "Bounce"}):
        body = {"Type": "Notification", "Message": json.dumps(message)}
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    world.service.settle()
    letters = sqs.receive_message(QueueUrl=f"{queue}-dead-letters", MaxNumberOfMessages=10).get("Messages", [])
    assert [json.loads(letter["Body"])["Message"] for letter in letters] == ['{"eventType": "Bounce"}']


@pytest.mark.parametrize("message", [SES_TEST, "", "[]", '{"a": 1}', '"Bounce"'])
def test_what_ses_and_sns_send_of_themselves_is_passed_over(world: World, message: str) -> None:
    queue = world.service.services.settings.feedback_queue_url
    for kind in ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"):
        body = json.dumps({"Type": kind, "Message": message})
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    began = world.service.now()
    world.service.settle()
    assert world.service.now() == began, "at the first attempt"
    assert world.service.dead_letters("feedback") == []


def test_what_ses_sends_as_soon_as_its_events_are_led_to_the_topic_is_no_dead_letter(world: World) -> None:
    queue = world.service.services.settings.feedback_queue_url
    counted = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    assert counted["Attributes"]["ApproximateNumberOfMessages"] == "1", "each test's service has been sent it"
    world.service.settle()
    assert world.service.dead_letters("feedback") == []


# ---- deaths


@contextmanager
def dying(world: World, call: int, *, takes_effect: bool) -> Iterator[list[str]]:
    """The process dies at its `call`-th call to AWS, before or after that takes effect. Yields the calls."""
    services = world.service.services
    calls: list[str] = []

    def die(model: Any, **_: Any) -> None:
        calls.append(model.name)
        if len(calls) == call:
            raise SystemExit

    clients = (services.aws.dynamodb, services.aws.sqs, services.aws.ses, services.aws.s3, services.aws.sns)
    moment = "after-call" if takes_effect else "before-call"
    for client in clients:
        client.meta.events.register_last(moment, die, unique_id="die")
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister(moment, unique_id="die")


def handled_once_more(world: World, handler: str, event: Any, call: int, *, takes_effect: bool) -> list[str]:
    """Have a handler die at a call, and be called again when what it had claimed has run out."""
    app = importlib.import_module("app")
    context = LambdaContext(handler, 120.0)
    with dying(world, call, takes_effect=takes_effect) as calls, suppress(SystemExit):
        getattr(app, handler)(event, context)
    world.service.clock.shift(180)
    getattr(app, handler)(event, LambdaContext(handler, 120.0))
    return calls


def nobody_could_note(calls: list[str], call: int, *, takes_effect: bool) -> bool:
    """Whether the process died between SES's taking a mail and the note of it: the mail is then sent once more."""
    done = calls[:call] if takes_effect else calls[: call - 1]
    return call <= len(calls) and done[-1:] == ["SendEmail"]


@pytest.mark.exhaustive
def test_a_report_and_its_copy_are_each_sent_once_wherever_the_process_dies(world: World) -> None:
    agreed(world)
    world.api(ADA).ask("PUT", "/me", {"delivery": "now"})
    services = world.service.services
    world.service.pump.app_queues.pop(services.settings.report_queue_url)
    owner = world.api(ADA).get("/me").json["owner"]
    asked = len(mails(CAROL))
    longest = 0
    for call in range(1, 43, 3):
        takes_effect = call % 2 == 1
        ref = AssetRef(owner, world.upload(world.api(ADA), f"{call}.mp4", email=CAROL)["id"])
        event = sqs_event(QUEUE, messages.encode(world.service.asset(ref).run))
        before = len(mails(ADA)), len(mails(CAROL))
        calls = handled_once_more(world, "on_report", event, call, takes_effect=takes_effect)
        assert world.service.asset(ref).report is ReportState.DELIVERED
        longest = max(longest, len(calls))
        sent = len(mails(ADA)) - before[0], len(mails(CAROL)) - before[1]
        doubled = nobody_could_note(calls, call, takes_effect=takes_effect)
        assert sum(sent) == (3 if doubled else 2), (call, calls)
        assert min(sent) == 1
    assert longest < 43, "there are calls that were not tried"
    references = [mail["X-Rapporteur-Report"] for mail in mails(CAROL)[asked:]]
    assert len(set(references)) == 14


def test_a_bounce_is_noted_once_wherever_the_process_dies(world: World) -> None:
    world.upload(world.api(ADA))
    (report,) = mails(ADA)
    for call in range(1, 13):
        address = f"p{call}@example.org"
        event = json.loads((EVENTS / "ses_soft_bounce.json").read_text().replace("recipient@example.com", address))
        event["bounce"]["timestamp"] = datetime.fromtimestamp(world.service.now(), UTC).isoformat()
        event["bounce"]["feedbackId"] = str(call)
        event["mail"]["tags"]["reference"] = [report["X-Rapporteur-Report"].replace(".", "_")]
        queued = sqs_event(QUEUE, json.dumps({"Type": "Notification", "Message": json.dumps(event)}))
        calls = handled_once_more(world, "on_feedback", queued, call, takes_effect=call % 2 == 0)
        standing = world.service.services.mails.standing(addresses.fingerprint(address))
        assert list(standing.soft) == [str(call)], calls
        assert standing.trouble == "bounces"
    assert len(calls) < 12, "there are calls that were not tried"
    assert world.service.services.ledger.totals(date(2026, 11, 21), ()).mail == {"bounces": 12}
    world.service.clock.shift(3 * 3600)
    world.service.settle()
    assert [mail["Subject"] for mail in mails(ADA)] == ["Report: debate.mp4", "Digest: debate.mp4"]


@pytest.mark.exhaustive
def test_operators_are_told_once_wherever_the_process_dies(world: World) -> None:
    ours = world.service.services
    ours.settings = replace(ours.settings, admin_email=ROOT)
    base = world.service.now()
    for call in range(1, 31):
        event = scheduled(base + call * 24 * 3600)
        before = len(mails(ROOT))
        calls = handled_once_more(world, "on_operators_day", event, call, takes_effect=call % 2 == 0)
        doubled = nobody_could_note(calls, call, takes_effect=call % 2 == 0)
        assert len(mails(ROOT)) - before == (2 if doubled else 1), (call, calls)
    assert len(calls) < 30, "there are calls that were not tried"


# ---- limits


def test_above_a_days_mails_reports_wait_for_the_digest_and_none_is_lost(world: World) -> None:
    ours = world.service.services
    ours.settings = replace(ours.settings, mails_a_day=2)
    for name in ("one.mp4", "two.mp4", "three.mp4", "four.mp4"):
        world.upload(world.api(ADA), name)
    assert [mail["Subject"] for mail in mails(ADA)] == ["Report: one.mp4", "Report: two.mp4"]
    world.service.clock.shift(24 * 3600)
    world.service.settle()
    (digest,) = mails(ADA)[2:]
    text = digest.get_body(("plain",)).get_content()
    assert "three.mp4" in text
    assert "four.mp4" in text
    assert "two.mp4" not in text


def test_the_files_that_are_wanted_come_with_a_report(world: World) -> None:
    world.api(ADA).ask("PUT", "/me", {"attachments": ["docx", "docx", "srt"]})
    assert world.api(ADA).get("/me").json["attachments"] == ["docx", "srt"]
    world.upload(world.api(ADA))
    names = [part.get_filename() for part in mails(ADA)[-1].iter_attachments()]
    assert sorted(names) == ["debate.docx", "debate.srt"]
    problem(world.api(ADA).ask("PUT", "/me", {"attachments": ["exe"]}), 400)


def test_mails_are_in_the_owners_language(world: World) -> None:
    world.api(ADA).ask("PUT", "/me", {"language": "ko"})
    world.upload(world.api(ADA))
    html = mails(ADA)[-1].get_body(("html",)).get_content()
    assert '<html lang="ko"' in html


# ---- operators


def test_operators_are_told_once_a_day_what_was_and_what_waits(world: World) -> None:
    ours = world.service.services
    ours.settings = replace(ours.settings, admin_email=ROOT)
    world.upload(world.api(ADA))
    world.service.cloud.failing = {"audio": Message("codec", "No."), "renditions": Message("codec", "No.")}
    world.upload(world.api(BOB), "secret name.mp4")
    come_back(world, "bounce", BOB)
    boto3.client("sqs").send_message(QueueUrl=ours.settings.dead_letters_url("analysis"), MessageBody="{}")
    world.service.clock.shift(20 * 3600)
    deliver_all(world)
    (mail,) = mails(ROOT)
    text = mail.get_body(("plain",)).get_content()
    assert "2026-11-21" in mail["X-Rapporteur-Report"]
    for said in ("codec", "analysis"):
        assert said in text
    assert "secret name" not in text
    day = date(2026, 11, 21)
    totals = ours.ledger.totals(day, ours.ledger.of_month(day))
    assert totals.ended == {"completed": 1, "failed": 1}
    assert totals.failures == {"codec": 1}
    assert totals.mail == {"bounce": 1}
    assert float(totals.minutes) == 2.0
    import app

    app.on_operators_day(scheduled(world.service.now()), LambdaContext("on_operators_day", 300.0))
    assert len(mails(ROOT)) == 1, "called again it tells nothing"
    world.service.clock.shift(24 * 3600)
    deliver_all(world)
    assert len(mails(ROOT)) == 2, "also on a quiet day"


def scheduled(now: float) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "version": "0",
        "id": "1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "1",
        "time": stamp,
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }


@pytest.mark.parametrize("sandbox", [True, False])
def test_administrators_see_how_mail_stands_and_what_to_do(world: World, sandbox: bool) -> None:
    quota = {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 17.0}
    account = {"ProductionAccessEnabled": not sandbox, "SendingEnabled": True, "SendQuota": quota}
    with Stubber(world.service.services.aws.ses) as stubbed:
        stubbed.add_response("get_account", account, {})
        found = world.api(ROOT).get("/admin/mail").json
    assert found.pop("help_url", None) == (
        "https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html" if sandbox else None
    )
    assert found == {
        "sender": world.service.services.settings.report_sender,
        "sandbox": sandbox,
        "is_sending": True,
        "sent_in_a_day": 17,
        "most_in_a_day": 200,
        "most_in_a_second": 1.0,
    }


def test_administrators_see_that_ses_does_not_say(world: World) -> None:
    with Stubber(world.service.services.aws.ses) as stubbed:
        stubbed.add_client_error("get_account", "TooManyRequestsException")
        found = world.api(ROOT).get("/admin/mail").json
    assert found == {"sender": world.service.services.settings.report_sender, "refused": "TooManyRequestsException"}


def test_the_rate_that_ses_allows_is_read_from_the_account_and_kept_below(world: World) -> None:
    services = world.service.services
    quota = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    with Stubber(services.aws.ses) as stubbed:
        stubbed.add_response("get_account", {"ProductionAccessEnabled": True, "SendQuota": quota}, {})
        first = services.pace.turn()
        assert services.pace.turn() - first == pytest.approx(1 / (0.8 * 14 / 2), rel=0.01)


def test_the_embedded_ses_says_what_it_takes_as_ses_does(world: World) -> None:
    world.upload(world.api(ADA))
    found = world.service.services.aws.ses.get_account()
    assert found["SendQuota"]["MaxSendRate"] > 0
    assert found["SendQuota"]["SentLast24Hours"] == 1
    assert world.api(ROOT).get("/admin/mail").json["sandbox"] is False


def test_topics_can_be_listened_to_by_status(world: World) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    queue = sqs.create_queue(QueueName="mine")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(
        TopicArn=world.service.services.settings.finished_topic_arn,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"FilterPolicy": json.dumps({"status": ["rejected", "failed"]})},
    )
    world.upload(world.api(ADA))
    world.service.cloud.media = MediaRejected(Message("unreadable", "No recording."))
    world.upload(world.api(ADA))
    told = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    (one,) = [json.loads(message["Body"])["MessageAttributes"] for message in told]
    assert one["status"]["Value"] == "rejected"
    assert one["owner"]["Value"] == world.api(ADA).get("/me").json["owner"]
