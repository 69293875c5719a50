"""Mails that are sent for real: what an SMTP server (aiosmtpd) is given, and what becomes of those that it refuses."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from fast_mail_parser import parse_email
from moto import mock_aws

from chalicelib.errors import RapporteurError
from local.aws import ses
from local.aws.ses import Outgoing
from local.mail import smtp
from local.mail.mailbox import Mailbox
from local.mail.outbox import Outbox
from local.mail.postman import Postman, send_now
from local.mail.smtp import SmtpServer, Unreachable
from local.runtime import REGION
from tests.harness.media import make_audio
from tests.harness.service import running_service
from tests.harness.started import ROOT
from tests.local import mail_rules
from tests.local.mail_server import HOST, MailServer, Taken, certificate, knows, mail_server
from tests.local.serving import CANNED, serving, start, until
from tests.local.test_cli import QUICK, process

SENDER, ADA, BOB = "reports@rapporteur.example", "ada@example.org", "bob@example.org"
SECRET = "Zwei-Worte-3"
same_mails = pytest.mark.xdist_group("mails")  # made once for all of them


class Post:
    """An outbox in a folder, and a postman who notes what he says."""

    def __init__(self, folder: Path, server: SmtpServer) -> None:
        self.folder = folder
        for name in ("waiting", "refused"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.outbox = Outbox(folder / "waiting", folder / "refused")
        self.said: list[str] = []
        self.postman = Postman(self.outbox, server, self.said.append, first_pause=0.01)

    def put(self, *mails: Outgoing) -> None:
        for mail in mails:
            self.outbox.put(f"{len(self.outbox.waiting()):03}", mail)

    def go(self, until_true: Callable[[], bool]) -> None:
        """Rounds, until it is so."""
        end = time.monotonic() + 20
        while not until_true():
            assert time.monotonic() < end, self.said
            time.sleep(min(self.postman.round() or 0.0, 0.05))


def mail(text: str = "Hello.\r\n", to: tuple[str, ...] = (ADA,)) -> Outgoing:
    head = f"From: {SENDER}\r\nTo: {', '.join(to)}\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <a@b>\r\n"
    return Outgoing(SENDER, to, f"{head}MIME-Version: 1.0\r\n\r\n{text}".encode())


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def post(tmp_path: Path, server: MailServer) -> Post:
    return Post(tmp_path, server.address)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def netrc(home: Path, text: str) -> None:
    (home / ".netrc").write_text(text)
    (home / ".netrc").chmod(0o600)


# ---- what arrives


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mailbox, Path]:
    """A mailbox, and the folder of its outbox, with a report and a mail that has all that is hard."""
    folder = tmp_path_factory.mktemp("boxes")
    mails = folder / "mails"
    mails.mkdir()
    mailbox = Mailbox(mails, REGION, Post(folder, SmtpServer(HOST, 1)).outbox)
    with running_service() as service:
        service.upload("토론 회의록 é.mp4")
        service.settle()
        hard = EmailMessage(SMTP.clone(cte_type="7bit", max_line_length=76))
        hard["Subject"] = " ".join(["Zoë’s 토론 🎬"] * 12)
        hard["From"] = Address("Zoë Ünal, reports", addr_spec=service.services.settings.report_sender)
        hard["To"] = Address("애다", addr_spec=ADA)
        hard.set_content(f".\r\n..\r\n.\r\nFrom here\r\n{'é' * 5000}\r\n{'x' * 5000} \r\n.\r\n\r\nend")
        hard.add_alternative('<p>.\r\n.</p><img src="cid:one@x">', subtype="html")
        html: Any = hard.get_body(("html",))
        html.add_related(bytes(range(256)), "image", "png", cid="<one@x>")
        hard.add_attachment(
            "한\n.\n".encode(), "text", "plain", filename="회의록 “é”; 1.txt", params={"charset": "utf-8"}
        )
        boto3.client("sesv2").send_email(
            FromEmailAddress=service.services.settings.report_sender,
            Destination={"ToAddresses": [ADA]},
            Content={"Raw": {"Data": hard.as_bytes()}},
        )
        mailbox.collect()
    return mailbox, folder


@pytest.fixture(scope="module")
def arrived(boxes: tuple[Mailbox, Path]) -> list[bytes]:
    """Both mails, the report first, as the server was given them."""
    _, folder = boxes
    with mail_server() as server:
        post = Post(folder, server.address)
        assert post.postman.round() is None
        assert post.postman.round() is None
        assert list((folder / "waiting").iterdir()) == list((folder / "refused").iterdir()) == post.said == []
        return sorted((taken.raw for taken in server.taken), key=lambda raw: b"X-Rapporteur-Report" not in raw)


@same_mails
def test_what_arrives_is_what_the_mailbox_has_and_only_once(boxes: tuple[Mailbox, Path], arrived: list[bytes]) -> None:
    mailbox, _ = boxes
    kept = {mailbox.raw(heading.name) for heading in mailbox.headings(10)}
    assert len(arrived) == 2
    assert set(arrived) == kept


@same_mails
def test_what_arrives_keeps_the_rules(arrived: list[bytes]) -> None:
    assert [mail_rules.faults(raw) for raw in arrived] == [[], []]


@same_mails
def test_names_and_subjects_in_other_scripts_survive(arrived: list[bytes]) -> None:
    report, hard = (parse_email(raw, strict=True) for raw in arrived)
    assert "토론 회의록 é.mp4" in report.subject
    assert {attachment.filename for attachment in report.attachments} >= {"토론 회의록 é.txt"}
    assert hard.subject.split() == ["Zoë’s", "토론", "🎬"] * 12
    assert hard.from_ is not None
    assert (hard.from_.display_name, hard.to[0].display_name) == ("Zoë Ünal, reports", "애다")
    assert hard.text_plain[0].split("\r\n")[:4] == [".", "..", ".", "From here"]
    assert [attachment.content for attachment in hard.attachments if not attachment.filename] == [bytes(range(256))]
    assert hard.attachments[-1].filename == "회의록 “é”; 1.txt"
    assert hard.attachments[-1].content.replace(b"\r\n", b"\n") == "한\n.\n".encode()


@same_mails
@pytest.mark.parametrize("number", [0, 1])
def test_two_parsers_read_the_same(arrived: list[bytes], number: int) -> None:
    other = parse_email(arrived[number], strict=True)
    ours: Any = message_from_bytes(arrived[number], policy=default)
    assert not ours.defects
    assert other.warnings == []
    assert other.subject == ours["Subject"]
    assert other.from_ is not None
    assert other.from_.address == ours["From"].addresses[0].addr_spec
    assert [to.address for to in other.to] == [to.addr_spec for to in ours["To"].addresses]
    assert other.headers["Message-ID"] == [ours["Message-ID"]]
    assert other.date_parsed == ours["Date"].datetime
    text, html = ours.get_body(("plain",)).get_content(), ours.get_body(("html",)).get_content()
    assert [part.splitlines() for part in other.text_plain] == [text.splitlines()]
    assert [part.splitlines() for part in other.text_html] == [html.splitlines()]
    leaves = [
        part for part in ours.walk() if not part.is_multipart() and (part["Content-Disposition"] or part["Content-ID"])
    ]
    assert leaves
    assert [(part.filename, part.mimetype, part.content) for part in other.attachments] == [
        (part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True)) for part in leaves
    ]


# ---- whom it is sent to


def test_it_goes_to_whom_ses_was_told_and_not_to_the_headers() -> None:
    given = mail(to=("Ada <ada@example.org>",)).raw
    with mock_aws():
        boto3.client("ses", REGION).verify_email_identity(EmailAddress=SENDER)
        client = boto3.client("sesv2", REGION)
        for to in ({"ToAddresses": ["Bob <bob@example.org>"], "BccAddresses": ["eve@example.org", BOB]}, {}):
            client.send_email(FromEmailAddress=SENDER, Destination=to, Content={"Raw": {"Data": given}})  # type: ignore[arg-type]
        simple: Any = {"Subject": {"Data": "é"}, "Body": {"Text": {"Data": "토론\n."}}}
        client.send_email(FromEmailAddress=SENDER, Destination={"ToAddresses": [BOB]}, Content={"Simple": simple})
        found = ses.sent(REGION)
        assert ses.sent(REGION)[:2] == found[:2]
    assert [(one.sender, one.recipients) for one in found] == [
        (SENDER, (BOB, "eve@example.org")),
        (SENDER, (ADA,)),
        (SENDER, (BOB,)),
    ]
    assert [one.raw for one in found[:2]] == [given] * 2
    assert mail_rules.faults(found[2].raw) == []


def test_what_has_no_date_and_no_id_is_given_both_once() -> None:
    bare = b"From: reports@rapporteur.example\nTo: ada@example.org\nMIME-Version: 1.0\n\none\ntwo"
    with mock_aws():
        boto3.client("ses", REGION).verify_email_identity(EmailAddress=SENDER)
        boto3.client("sesv2", REGION).send_email(FromEmailAddress=SENDER, Content={"Raw": {"Data": bare}})
        [first], [second] = ses.sent(REGION), ses.sent(REGION)
    assert first == second
    assert mail_rules.faults(first.raw) == []
    assert first.raw.endswith(b"\r\n\r\none\r\ntwo\r\n")


# ---- where it is sent


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("localhost:25", "localhost", 25), ("[::1]:1025", "::1", 1025), ("mail.example.org:465", "mail.example.org", 465)],
)
def test_a_server_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    server = SmtpServer.parse(text)
    assert (server.host, server.port, str(server)) == (host, port, text)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "localhost:", ":25", "localhost:0", "localhost:65536", "::1:25", "[::1", "[1.2]:25", "a b:1"],
)
def test_what_is_no_server_is_said(text: str) -> None:
    with pytest.raises(RapporteurError, match=r"HOST:PORT, such as localhost:1025 or \[::1\]:1025"):
        SmtpServer.parse(text)


def test_a_password_on_the_command_line_is_not_repeated() -> None:
    with pytest.raises(RapporteurError, match=r"~/\.netrc") as raised:
        SmtpServer.parse(f"ada:{SECRET}@mail.example.org:25")
    assert SECRET not in raised.value.message


# ---- TLS and passwords


def test_tls_is_used_where_it_is_offered_and_a_password_where_it_is_known(tmp_path: Path, home: Path) -> None:
    netrc(home, f"machine elsewhere login eve password x\nmachine {HOST} login ada password {SECRET}\n")
    options = {"tls_context": certificate(tmp_path), "authenticator": knows("ada", SECRET), "auth_required": True}
    with mail_server(**options) as server:
        post = Post(tmp_path, server.address)
        post.put(mail())
        post.go(lambda: not post.outbox.waiting())
        assert server.taken == [Taken(SENDER, (ADA,), mail().raw, over_tls=True, user="ada")]
        netrc(home, f"machine {HOST} login ada password wrong\n")
        post.put(mail())
        post.go(lambda: bool(post.said))
        post.postman.round()
        (home / ".netrc").unlink()
        post.go(lambda: post.postman.round() is not None)
        netrc(home, f"machine {HOST} login ada password {SECRET}\n")
        post.go(lambda: not post.outbox.waiting())
        assert len(server.taken) == 2
    assert post.said == [
        f"Mails wait, and are tried again: {server.address} refuses the name or the password in ~/.netrc (535).",
        "Mails are sent again.",
    ]


def test_without_a_password_that_is_wanted_mails_wait(tmp_path: Path, home: Path) -> None:
    options = {"tls_context": certificate(tmp_path), "authenticator": knows("ada", SECRET), "auth_required": True}
    with mail_server(**options) as server:
        post = Post(tmp_path, server.address)
        post.put(mail())
        post.postman.round()
    assert post.said == [
        f"Mails wait, and are tried again: {server.address} wants a name and a password, "
        "which ~/.netrc does not have (530)."
    ]
    assert (post.outbox.waiting(), post.outbox.refused()) == (["000"], [])


def test_elsewhere_the_certificate_must_be_valid(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmtpServer, "_is_loopback", False)
    with mail_server(tls_context=certificate(tmp_path)) as server:
        post = Post(tmp_path, server.address)
        post.put(mail())
        post.postman.round()
        assert server.taken == []
    assert "has a certificate that is not valid: self-signed certificate" in post.said[0]


def test_elsewhere_no_password_is_told_without_tls(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc(home, f"machine {HOST} login ada password {SECRET}\n")
    asked: list[str] = []
    monkeypatch.setattr(smtplib_class(), "login", lambda self, *given: asked.append("password"))
    with mail_server(authenticator=knows("ada", SECRET), auth_require_tls=False) as server:
        post = Post(tmp_path, server.address)
        post.put(mail())
        post.go(lambda: not post.outbox.waiting())
        assert asked == ["password"]  # on this machine it may be
        monkeypatch.setattr(SmtpServer, "_is_loopback", False)
        post.put(mail())
        post.postman.round()
    assert asked == ["password"]
    assert "offers no TLS" in post.said[0]


def smtplib_class() -> type:
    return smtp.smtplib.SMTP


def test_at_port_465_tls_comes_first(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(ssl_context=certificate(tmp_path)) as server:
        monkeypatch.setattr(smtp, "_TLS_PORT", server.port)
        post = Post(tmp_path, server.address)
        post.put(mail())
        post.go(lambda: not post.outbox.waiting())
        assert [taken.raw for taken in server.taken] == [mail().raw]


def test_a_netrc_that_cannot_be_used_is_said_without_what_it_holds(home: Path) -> None:
    server = SmtpServer(HOST, 25)
    assert server.credentials() is None
    netrc(home, f"machine {HOST} login ada passwort {SECRET}\n")
    with pytest.raises(Unreachable, match="line 1 is not understood") as raised:
        server.credentials()
    assert SECRET not in raised.value.message
    netrc(home, f"machine {HOST} login ada password {SECRET}\n")
    assert server.credentials() == ("ada", SECRET)
    (home / ".netrc").chmod(0o644)
    with pytest.raises(Unreachable, match="nobody but you"):
        server.credentials()


# ---- what does not go at once


def test_while_the_server_is_down_mails_wait_and_it_is_said_once(tmp_path: Path) -> None:
    with mail_server(up=False) as server:
        post = Post(tmp_path, server.address)
        post.put(mail("one\r\n"), mail("two\r\n"))
        pauses = []
        for _ in range(5):
            pauses.append(pause := post.postman.round())
            assert pause is not None
            time.sleep(pause)
        assert pauses == sorted(pauses)
        assert pauses[-1] > 8 * pauses[0] > 0  # type: ignore[operator]
        assert len(post.outbox.waiting()) == 2
        server.start()
        post.go(lambda: not post.outbox.waiting())
        assert sorted(taken.raw for taken in server.taken) == [mail("one\r\n").raw, mail("two\r\n").raw]
    assert post.said == [
        f"Mails wait, and are tried again: {server.address} cannot be reached: Connection refused.",
        "Mails are sent again.",
    ]


def test_pauses_do_not_grow_beyond_five_minutes(tmp_path: Path) -> None:
    with mail_server(up=False) as server:
        post = Post(tmp_path, server.address)
        post.postman = Postman(post.outbox, server.address, post.said.append, first_pause=1e6)
        post.put(mail())
        assert post.postman.round() == pytest.approx(300, abs=1)


def test_a_mail_that_is_put_off_goes_later_and_keeps_no_other_waiting(server: MailServer, post: Post) -> None:
    server.desk.rcpt[ADA] = "451 Greylisted ada@example.org"
    post.put(mail("one\r\n"), mail("two\r\n"), mail("three\r\n", (BOB,)))
    for _ in range(3):
        time.sleep(post.postman.round() or 0.0)
    assert [taken.recipients for taken in server.taken] == [(BOB,)]
    del server.desk.rcpt[ADA]
    server.desk.data = ["452 Full", "250 OK"]
    post.go(lambda: not post.outbox.waiting())
    assert [taken.recipients for taken in server.taken] == [(BOB,), (ADA,), (ADA,)]
    assert post.said == ["A mail was put off (451); it is tried again."]


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_mail_that_is_refused_for_good_is_put_aside(
    server: MailServer, post: Post, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    if where == "rcpt":
        server.desk.rcpt[ADA] = "550 No such user: ada@example.org"
    else:
        server.desk.data = ["550 Spam from ada@example.org"]
    post.put(mail())
    assert post.postman.round() is None
    assert post.said == ["A mail was refused for good (550)."]
    assert server.taken == post.outbox.waiting() == []
    refused = (post.folder / "refused" / "000.eml").read_bytes()
    first, _, rest = refused.partition(b"\r\n")
    assert first.startswith(b"X-Rapporteur-Envelope: ")
    assert json.loads(first.partition(b": ")[2]) == {"from": SENDER, "to": [ADA]}
    assert rest == mail().raw
    # Moved back, it is tried once more.
    server.desk.rcpt.clear()
    (post.folder / "refused" / "000.eml").rename(post.folder / "waiting" / "000.eml")
    assert post.postman.round() is None
    assert server.taken == [Taken(SENDER, (ADA,), mail().raw, over_tls=False, user=None)]


def test_each_recipient_counts_alone(server: MailServer, post: Post) -> None:
    server.desk.rcpt = {BOB: "550 No", "eve@example.org": "450 Later"}
    post.put(mail(to=(ADA, BOB, "eve@example.org")))
    assert post.postman.round() is not None
    del server.desk.rcpt["eve@example.org"]
    post.go(lambda: not post.outbox.waiting())
    assert [taken.recipients for taken in server.taken] == [(ADA,), ("eve@example.org",)]
    assert json.loads((post.folder / "refused" / "000.eml").read_bytes().split(b"\r\n")[0].partition(b": ")[2]) == {
        "from": SENDER,
        "to": [BOB],
    }


def test_an_address_that_smtp_cannot_say_is_refused(server: MailServer, post: Post) -> None:
    post.put(mail(to=("zoë@example.org",)))
    assert post.postman.round() is None
    assert (server.taken, post.outbox.refused(), post.said) == ([], ["000"], ["A mail was refused for good (553)."])


def test_an_address_adds_no_command(server: MailServer, post: Post) -> None:
    post.put(Outgoing(SENDER, (f"{ADA}>\r\nRCPT TO:<{BOB}", f"{BOB}\r\nRSET"), mail().raw))
    assert post.postman.round() is None
    assert {recipient for taken in server.taken for recipient in taken.recipients} <= {ADA, BOB}
    assert len(server.taken) <= 1


def test_a_mail_that_breaks_the_connection_does_not_keep_the_others(server: MailServer, post: Post) -> None:
    server.desk.hanging_up_on = b"poison"
    post.put(mail("poison\r\n"), mail("one\r\n"), mail("two\r\n"))
    post.go(lambda: len(post.outbox.waiting()) == 1)
    assert len(server.taken) == 2
    server.desk.hanging_up_on = None
    post.go(lambda: not post.outbox.waiting())
    assert len(server.taken) == 3


def test_what_is_none_of_ours_is_left_and_what_was_deleted_is_not_sent(server: MailServer, post: Post) -> None:
    (post.folder / "waiting" / "notes.eml").write_bytes(b"Subject: mine\r\n\r\n")
    (post.folder / "waiting" / "half.part").write_bytes(b"X-Rap")
    post.put(mail())
    (post.folder / "waiting" / "001.eml").unlink()
    assert post.postman.round() is None
    assert (server.taken, post.outbox.waiting(), post.said) == ([], ["notes"], [])


def test_an_outbox_that_cannot_be_written_to_ends_the_sending(
    server: MailServer, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(post.outbox, "settle", full)
    post.put(mail())
    post.postman.start()
    until(lambda: post.said, bool, 20)
    assert post.said == ["No more mails are sent: the outbox cannot be written to (No space left on device)."]
    assert len(server.taken) == 1


def test_at_the_end_what_is_on_its_way_arrives(server: MailServer, post: Post) -> None:
    server.desk.at_work.clear()
    post.postman.start()
    post.put(mail())
    until(lambda: server.taken, bool, 20)
    assert post.outbox.waiting() == ["000"]
    server.desk.at_work.set()
    post.postman.stop()
    assert post.outbox.waiting() == []
    post.put(mail())
    assert (len(server.taken), post.outbox.waiting()) == (1, ["000"])


def test_send_now_tells_what_was_not_taken(server: MailServer) -> None:
    server.desk.rcpt[BOB] = "550 No"
    said: list[str] = []
    good, bad = mail(), mail(to=(BOB,))
    assert send_now([bad, good], server.address, said.append) == [bad]
    assert [taken.recipients for taken in server.taken] == [(ADA,)]
    assert said == ["A mail was refused for good (550)."]


# ---- the commands


def test_a_death_before_the_answer_costs_no_mail(server: MailServer, post: Post) -> None:
    post.put(mail())
    server.desk.at_work.clear()
    code = (
        "from pathlib import Path; from local.mail.outbox import Outbox; from local.mail.postman import Postman; "
        "from local.mail.smtp import SmtpServer; import sys; folder = Path(sys.argv[1]); "
        "outbox = Outbox(folder / 'waiting', folder / 'refused'); "
        "Postman(outbox, SmtpServer.parse(sys.argv[2]), print).round()"
    )
    running = subprocess.Popen([sys.executable, "-c", code, post.folder, str(server.address)], cwd=ROOT)
    until(lambda: server.taken, bool, 30)
    running.kill()
    running.wait()
    server.desk.at_work.set()
    assert post.postman.round() is None
    assert [taken.raw for taken in server.taken] == [mail().raw] * 2


def test_the_service_goes_on_whatever_the_server_does(tmp_path: Path) -> None:
    """It is down at first, when the service is killed, then it is slow."""
    data = tmp_path / "data"
    account = {"email": "ada@rapporteur.example", "password": "Correct-horse-9"}
    with mail_server(up=False) as server:
        option = ("--smtp", str(server.address), *CANNED)
        with serving(data, *option) as before:
            signing_up = before.at_sign_in("signup")
            signing_up.send(**account)
            assert signing_up.step == "confirm"
            [name] = until(before.mails, bool, 20)
            kept = requests.get(f"{before.base}/mailbox/{name}/raw", timeout=20).content
            assert (data / "outbox" / f"{name}.eml").read_bytes().endswith(b"\r\n" + kept)
            assert "waits to be sent" in requests.get(f"{before.base}/mailbox", timeout=20).text
            assert before.process.stdout is not None
            said = next(line for line in before.process.stdout if "Mails wait, and are tried again" in line)
            before.process.kill()
            rest, _ = before.process.communicate(timeout=20)
        assert "Mails wait" not in rest
        assert "ada@" not in said + rest
        server.desk.at_work.clear()
        server.start()
        with serving(data, *option) as after:
            until(lambda: server.taken, bool, 30)
            assert after.sign_in().status_code == 200
            assert after.api("GET", "/assets").status_code == 200
            assert [path.stem for path in (data / "outbox").iterdir()] == after.mails() == [name]
            server.desk.at_work.set()
            until(lambda: list((data / "outbox").iterdir()), lambda left: not left, 20)
            assert "waits to be sent" not in requests.get(f"{after.base}/mailbox", timeout=20).text
            after.process.send_signal(signal.SIGINT)
            said, _ = after.process.communicate(timeout=20)
            assert after.process.returncode == 0, said
        assert [(taken.sender, taken.recipients, taken.raw) for taken in server.taken] == [
            (SENDER, ("ada@rapporteur.example",), kept)
        ]


def test_reports_are_sent_from_the_command_line_or_told_not_to_be(tmp_path: Path, server: MailServer) -> None:
    files = [make_audio(tmp_path / name, 0.5, rate=16_000) for name in ("one.wav", "two.wav")]
    server.desk.data = ["250 OK", "550 No more for ada@example.org"]
    option = ("--smtp", str(server.address), "--email", ADA, "--report-sender", "ada.reports@example.org", *QUICK)
    status, said = process(tmp_path, *files, "--presets", "speech", *option)
    assert status == 1
    exported = {path.read_bytes(): path for path in (tmp_path / "out").glob("*/mail.eml")}
    [taken] = server.taken
    assert (taken.sender, taken.recipients) == ("ada.reports@example.org", (ADA,))
    del exported[taken.raw]
    [unsent] = exported.values()
    assert "A mail was refused for good (550)." in said
    assert (
        said.replace("\n", "").count(" was not sent.") == said.replace("\n", "").count(f"{unsent} was not sent.") == 1
    )
    assert ADA not in said


@pytest.mark.parametrize("command", ["serve", "process"])
def test_a_wrong_server_is_told_before_anything_starts(tmp_path: Path, command: str) -> None:
    if command == "serve":
        running = start(tmp_path / "data", "--smtp", "localhost")
        said, _ = running.communicate(timeout=60)
        status = running.returncode
    else:
        status, said = process(tmp_path, "README.md", "--smtp", "localhost")
    assert status == 2
    assert "'localhost' is no mail server" in " ".join(said.split())
    assert not (tmp_path / "data").exists()
