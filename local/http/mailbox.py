"""/mailbox: the mails that the service has sent, to look at. Drawn here, with no script."""

import re
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, select_autoescape
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.utils import redirect, send_file
from werkzeug.wrappers import Request, Response

from local.http.presigned import led_here
from local.mail.mailbox import Mail, Mailbox
from local.mail.outbox import Outbox
from local.mail.smtp import SmtpServer

PATH = "/mailbox"
_TEMPLATES = Path(__file__).parent / "templates"
_MOST = 200
_BEGINNING = re.compile(r"\A\s*(<!doctype[^>]*>)?", re.IGNORECASE)
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""For a mail's own HTML, which stands in a frame: it brings its styles with it and its links open new tabs, no more."""


class MailboxDoor:
    """The pages about `mailbox`; and about `outbox`, if the mails are sent over `smtp` as well."""

    def __init__(self, mailbox: Mailbox, outbox: Outbox | None = None, smtp: SmtpServer | None = None) -> None:
        self._mailbox = mailbox
        self._outbox = outbox
        self._smtp = smtp
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(default=True, default_for_string=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def __call__(self, request: Request) -> Response:
        """The list, a mail, or a piece of one. Raises NotFound."""
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(["GET", "HEAD"])
        match request.path.removeprefix(PATH).strip("/").split("/"):
            case [""]:
                headings = self._mailbox.headings(_MOST)
                return self._page("mailbox.html", headings=headings, most=_MOST, smtp=self._smtp, fates=self._fates())
            case ["style.css"]:
                return send_file(_TEMPLATES / "mailbox.css", request.environ, mimetype="text/css")
            case [name]:
                fate = self._fates().get(name)
                return self._page("mail.html", mail=self._mail(name), base=f"{PATH}/{name}", fate=fate)
            case [name, "html"]:
                return self._html(self._mail(name), request)
            case [name, "raw"]:
                self._mail(name)
                return _download(self._mailbox.raw(name) or b"", f"{name}.eml", "message/rfc822")
            case [name, "attachments", number]:
                attachments = self._mail(name).attachments
                if number.isdecimal() and int(number) < len(attachments):
                    chosen = attachments[int(number)]
                    return _download(chosen.data, chosen.file_name, chosen.content_type)
        raise NotFound("There is no such mail.")

    def _fates(self) -> dict[str, str]:
        """What became of the mails that were to be sent and have not been, by their names."""
        if self._outbox is None:
            return {}
        waiting = dict.fromkeys(self._outbox.waiting(), "waits to be sent")
        return waiting | dict.fromkeys(self._outbox.refused(), "refused by the server")

    def _mail(self, name: str) -> Mail:
        mail = self._mailbox.read(name)
        if mail is None:
            raise NotFound("There is no such mail.")
        return mail

    def _page(self, template: str, **values: object) -> Response:
        page = self._templates.get_template(template).render(values)
        headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
        return Response(page, content_type="text/html; charset=utf-8", headers=headers)

    def _html(self, mail: Mail, request: Request) -> Response:
        if mail.html is None:
            return redirect(f"{PATH}/{mail.heading.name}", HTTPStatus.SEE_OTHER)
        # A mail goes out with S3's own addresses; read here, they lead here.
        html = _in_new_tabs(led_here(mail.html, request.host_url.rstrip("/")))
        headers = {"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "no-store"}
        return Response(html, content_type="text/html; charset=utf-8", headers=headers)


def _in_new_tabs(html: str) -> str:
    """`html` with links that open a tab: in the frame, where the mail stands, no page but a mail may stand.

    Such a tab does not know who has opened it (https://html.spec.whatwg.org/#get-an-element's-noopener).
    """
    return _BEGINNING.sub(r'\g<0><base target="_blank">', html, count=1)


def _download(data: bytes, name: str, kind: str) -> Response:
    """To be saved, never shown: an attachment may be a page with scripts."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(data, content_type=kind, headers={"Content-Disposition": disposition})
