import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from email.utils import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.assets import Status
from chalicelib.errors import DeliveryError
from chalicelib.letters.letter import Attachment, Letter
from chalicelib.letters.report import TIMELINE_CID, ReportData, build
from chalicelib.mail.message import Envelope, compose
from tests.letters.reports import completed, ended

SENDER = "Rapporteur <reports@example.org>"
REFERENCE = "owner.0190a0b0c0d0e0f0.v1.report"
NAMES = [
    "토론 회의록.mp4",
    "🎬👩‍👩‍👧.mp4",
    "quote\"s; and=semi'colons.mp4",
    "per%20cent%.mp4",
    "comma, <angle>.mp4",
    "n" * 300 + ".mp4",
    "é한🎬 " * 80 + ".mp4",
    "a  two   spaces.mp4",
    "back\\slash.mp4",
]


def sent(data: ReportData, recipient: str = "ada@example.org") -> tuple[bytes, EmailMessage]:
    composed = compose(build(data).letter, Envelope(SENDER, recipient, REFERENCE))
    return composed, message_from_bytes(composed, policy=default)


def test_the_mail_holds_text_html_picture_and_files() -> None:
    report = build(completed()).letter
    _, message = sent(completed())
    assert message.get_content_type() == "multipart/mixed"
    alternative, *files = message.iter_parts()
    text, related = alternative.iter_parts()
    html, picture = related.iter_parts()
    assert [part.get_content_type() for part in (alternative, text, related, html, picture)] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert text.get_content().splitlines() == report.text.splitlines()
    assert html.get_content().splitlines() == report.html.splitlines()
    assert picture["Content-ID"] == f"<{TIMELINE_CID}>"
    assert picture.get_content() == report.pictures[0].data
    assert [(f.get_filename(), f.get_payload(decode=True)) for f in files] == [
        (attachment.file_name, attachment.data) for attachment in report.attachments
    ]
    assert all(f.get_content_disposition() == "attachment" for f in files)


def test_a_rejection_is_only_text_and_html() -> None:
    _, message = sent(ended(Status.REJECTED, "No."))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_headers_say_who_what_and_that_a_machine_wrote() -> None:
    _, message = sent(completed())
    assert message["Subject"] == "Report: debate.mp4"
    assert message["From"] == SENDER
    assert message["To"] == "ada@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Rapporteur-Report"] == "owner.0190a0b0c0d0e0f0.v1.report"
    assert not message.defects


def test_a_long_reference_stays_in_one_piece() -> None:
    reference = f"{'o' * 64}.{'a' * 40}.v1000000.report"
    composed = compose(build(completed()).letter, Envelope(SENDER, "a@b.org", reference))
    assert message_from_bytes(composed, policy=default)["X-Rapporteur-Report"].strip() == reference
    assert reference.encode() in composed


def test_a_name_that_reads_like_an_encoded_header_is_not_decoded() -> None:
    _, message = sent(completed(file_name="=?utf-8?q?=6Eice?=.mp4"))
    assert message["Subject"] == "Report: = ?utf-8?q?=6Eice?=.mp4"
    assert next(message.iter_attachments()).get_filename() == "= ?utf-8?q?=6Eice?=.txt"


@pytest.mark.parametrize("name", NAMES)
def test_names_survive_the_way(name: str) -> None:
    data = completed(file_name=name)
    report = build(data).letter
    composed, message = sent(data)
    assert message["Subject"] == report.subject
    assert [part.get_filename() for part in message.iter_attachments()] == [a.file_name for a in report.attachments]
    assert not message.defects
    assert composed.isascii()
    assert max(map(len, composed.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "name", ["a\r\nBcc: eve@example.org\r\n\r\n<b>.mp4", "a\nX-Evil: 1.mp4", "=?utf-8?q?=0D=0ABcc:_e?=.mp4"]
)
def test_a_name_adds_no_header(name: str) -> None:
    _, message = sent(completed(file_name=name))
    assert "Bcc" not in message
    assert "X-Evil" not in message
    assert set(message.keys()) == {
        "Subject",
        "From",
        "To",
        "Auto-Submitted",
        "X-Rapporteur-Report",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
    }


def test_the_bytes_are_ascii_with_crlf_whatever_was_said() -> None:
    composed, message = sent(completed(["여기에서 무슨 말을 했습니까 🎬", "From here on", "x" * 3000]))
    assert composed.isascii()
    assert composed.count(b"\n") == composed.count(b"\r\n")
    assert "여기에서" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org, eve@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\n",
        "Ada <ada@example.org>",
        "a da@example.org",
        "ada@@example.org",
        "ада@example.org",
        "ada@ex ample.org",
        "ada@-.org",
        "=?utf-8?q?=0D=0ABcc:_eve@example.org?=@example.org",
    ],
)
def test_what_is_no_address_is_told(recipient: str) -> None:
    with pytest.raises(DeliveryError):
        sent(completed(), recipient)


WORDS = {
    "ru": "Внутренний созвон Омега_Демо: хэшей?.wav и что",
    "ko": "주간 회의록 3월 예산 토론회 최종본.mp4 가",
    "fr": "montréal rédaction plénière à l’été où « ça »",
    "de": "Übersicht größerer Straßen, für Maßnahmen (neu)",
    "ja": "東京 大阪 名古屋 会議 テスト 夜行バス",
    "zh": "第 3 章 我用 Python 写 会议",
    "fa": "می‌خواهم کتاب‌ها را ۳",
    "emoji": '👩‍👩‍👧‍👦 🎬 ❤️‍🔥 🏴󠁧󠁢󠁳󠁣󠁴󠁿 a "b"',
    "long": "n" * 100 + " " + "m" * 90 + " " + "é" * 120 + " x, y",
}


@st.composite
def spoken(draw: st.DrawFn) -> str:
    """Some words of one of the languages, or of two."""
    known = [
        word
        for name in draw(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=2))
        for word in WORDS[name].split()
    ]
    return draw(st.sampled_from([" ", "  "])).join(draw(st.lists(st.sampled_from(known), min_size=1, max_size=9)))


def read_by_older_programs(header: str) -> str:
    return str(make_header(decode_header(header.replace("\r\n", ""))))


@given(spoken())
def test_what_is_said_in_a_header_arrives_letter_by_letter(text: str) -> None:
    letter = Letter(f"Report: {text}", "text", "<p>html</p>", (), (Attachment(f"{text}.txt", "text/plain", b"x"),))
    name = " ".join(text.split())
    sender = str(Address(name, addr_spec="reports@example.org"))
    composed = compose(letter, Envelope(sender, "a@b.org", "r"))
    message, older = message_from_bytes(composed, policy=default), message_from_bytes(composed)
    assert message["Subject"] == letter.subject
    assert read_by_older_programs(older["Subject"]) == letter.subject
    assert next(message.iter_attachments()).get_filename() == f"{text}.txt"
    shown = read_by_older_programs(older["From"].rpartition("<")[0]).strip()
    assert name in {shown, unquote(shown)}, "an encoded name is not in quotation marks, and may hold some of its own"
    if len(name.encode()) <= 40:  # the reader of this Python puts spaces between two encoded words of a name
        assert message["From"].addresses[0].display_name == name
    encoded = re.findall(rb"=\?utf-8\?\S+", composed)
    assert all(len(word) <= 75 for word in encoded)
    assert not message.defects


def test_mails_about_one_thing_are_tied_together_and_each_has_an_id_of_its_own() -> None:
    letter = build(completed()).letter
    first = compose(letter, Envelope(SENDER, "a@b.org", "owner.x.v1.report", thread="owner.x"))
    second = compose(letter, Envelope(SENDER, "a@b.org", "owner.x.v2.report", thread="owner.x"))
    one, two = (message_from_bytes(composed, policy=default) for composed in (first, second))
    assert one["Message-ID"] == "<owner.x.v1.report@example.org>"
    assert two["Message-ID"] == "<owner.x.v2.report@example.org>"
    assert one["References"] == two["References"] == one["In-Reply-To"] == "<owner.x@example.org>"


def test_a_long_address_to_unsubscribe_at_stays_in_one_piece() -> None:
    url = f"https://api.example/mail/unsubscribe?token={'t' * 400}"
    composed = compose(build(completed()).letter, Envelope(SENDER, "a@b.org", REFERENCE, unsubscribe_url=url))
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in b"\r\n" + composed
    message = message_from_bytes(composed, policy=default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not message.defects


@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.org", "x\n", "é", "x  y", "x" * 1000])
def test_our_own_headers_take_nothing_that_could_be_another_header(evil: str) -> None:
    letter = build(completed()).letter
    for envelope in (Envelope(SENDER, "a@b.org", evil), Envelope(SENDER, "a@b.org", "r", unsubscribe_url=evil)):
        with pytest.raises(ValueError, match="header"):
            compose(letter, envelope)


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?=0D=0ABcc:_eve@example.org?=",
        "=?utf-8?b?DQpCY2M6IGE=?=",
        "a =?us-ascii?q?b=0Ac?= =?utf-8?q?=0AX-Evil:?=",
    ],
)
def test_a_subject_adds_no_header(subject: str) -> None:
    letter = Letter(subject, "text", "<p>html</p>")
    message = message_from_bytes(compose(letter, Envelope(SENDER, "a@b.org", "r")), policy=default)
    assert "Bcc" not in message
    assert "X-Evil" not in message
    with pytest.raises(ValueError, match=r"[Hh]eader"):
        compose(Letter("Hi\r\nBcc: eve@example.org", "text", "<p>html</p>"), Envelope(SENDER, "a@b.org", "r"))


def test_a_domain_in_any_script_is_written_in_punycode() -> None:
    _, message = sent(completed(), "ada@Exämple.한국")
    assert message["To"] == "ada@xn--exmple-cua.xn--3e0b707e"
