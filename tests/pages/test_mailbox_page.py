"""The mailbox in a real browser: links in mails can be followed, and nothing in a mail runs."""

import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.http.mailbox import MailboxDoor
from local.http.server import Site
from local.mail.mailbox import Mailbox
from local.mail.outbox import Outbox
from local.mail.smtp import SmtpServer

pytestmark = pytest.mark.xdist_group("pages")  # one browser for all of them
NAMES = [f"{number:020}-00000000" for number in (1, 2)]
MAIL = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Hello</title>
<script>fetch("{base}/ran")</script></head>
<body onload="fetch('{base}/ran')"><h1>Confirm</h1>
<p><a href="{base}/confirm#/mail/confirm">Confirm</a> <a href="{base}/read">Read along</a></p>
<img src="x" onerror="fetch('{base}/ran')"><form action="{base}/ran"><button>Send</button></form></body></html>"""
CONFIRM = "<title>waiting</title><script>document.title = `opener: ${window.opener}`</script>"


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def base(tmp_path: Path, asked: list[str]) -> Iterator[str]:
    for name in ("mails", "waiting", "refused"):
        (tmp_path / name).mkdir()

    def pages(request: Request) -> Response:
        asked.append(request.path)
        headers = {"Content-Security-Policy": "script-src 'unsafe-inline'; frame-ancestors 'none'"}
        return Response(CONFIRM, content_type="text/html", headers=headers)

    outbox = Outbox(tmp_path / "waiting", tmp_path / "refused")
    door = MailboxDoor(Mailbox(tmp_path / "mails", "us-east-1"), outbox, SmtpServer("mail.example.org", 587))
    server = make_server("127.0.0.1", 0, Site({"/": pages, "/mailbox": door}, "127.0.0.1"), threaded=True)
    address = f"http://127.0.0.1:{server.port}"
    for name in NAMES:
        message = EmailMessage(SMTP)
        message["From"], message["To"], message["Subject"] = "reports@rapporteur.example", "ada@example.org", "Confirm"
        message.set_content("Confirm")
        message.add_alternative(MAIL.replace("{base}", address), subtype="html")
        (tmp_path / "mails" / f"{name}.eml").write_bytes(message.as_bytes())
    (tmp_path / "waiting" / f"{NAMES[0]}.eml").touch()
    (tmp_path / "refused" / f"{NAMES[1]}.eml").touch()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("width", [360, 1600])
def test_a_link_in_a_mail_opens_a_tab_and_nothing_of_the_mail_runs(
    browser: Browser,
    base: str,
    asked: list[str],
    width: int,
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{base}/mailbox")
        expect(page.locator("tbody tr")).to_have_count(2)
        expect(page.locator("tbody")).to_contain_text("waits to be sent")
        expect(page.locator("tbody")).to_contain_text("refused by the server")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"{base}/mailbox/{NAMES[0]}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        mail = page.frame_locator("iframe")
        for link, path in (("Confirm", "/confirm#/mail/confirm"), ("Read along", "/read")):
            with context.expect_page() as opened:
                mail.get_by_role("link", name=link).click()
            tab = opened.value
            expect(tab).to_have_title("opener: null")  # it may run its own scripts, and knows nothing of the mail
            assert tab.url == base + path
        mail.get_by_role("button", name="Send").click()
        expect(mail.get_by_role("heading", name="Confirm")).to_be_visible()
        assert page.url == f"{base}/mailbox/{NAMES[0]}"
        assert {"/confirm", "/read"} == set(asked) - {"/favicon.ico"}
    finally:
        context.close()
