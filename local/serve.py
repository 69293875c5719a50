"""`python -m local serve`: API, pages, events, engines and mailbox in one process that keeps what it is given."""

import logging
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.credentials import Credentials
from rich.console import Console

from chalicelib.domain.assets import Options
from chalicelib.errors import RapporteurError
from chalicelib.observability import logger
from chalicelib.pipeline.branches import branches
from local.aws import accounts
from local.aws.accounts import Accounts
from local.aws.journal import Journal
from local.aws.outside import Outside
from local.aws.turns import Ended, Turns
from local.data_folder import DataFolder
from local.http import accounts as http_accounts
from local.http import api, mailbox, presigned, s3
from local.http.pages import PagesDoor
from local.http.server import Server, Site
from local.mail.mailbox import Mailbox
from local.mail.outbox import Outbox
from local.mail.postman import Postman
from local.mail.smtp import SmtpServer
from local.runtime import REGION, STAGE, Home, Runtime
from local.upkeep import delete_expired, resume_unfinished

if TYPE_CHECKING:
    from typing import NoReturn

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "Rapporteur-demo-1"  # noqa: S105 - it is told at every start
_SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "debate.mp4"
_KEY_ID = "embedded"
_HOUR = 3600.0  # seconds


def serve(
    host: str,
    port: int,
    data: Path,
    settings: Mapping[str, str],
    sample: bool,
    console: Console,
    smtp: SmtpServer | None = None,
) -> "NoReturn":
    """Serve until Ctrl-C, which comes as KeyboardInterrupt. A new folder begins with an account, and with a `sample`.

    Mails are kept; with `smtp` they are sent as well. Raises RapporteurError if the port or the folder cannot be had,
    or no longer written to; SettingsError for a wrong setting.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)
    server = Server(host, port, s3.LARGEST_BODY)
    with DataFolder(data) as folder:
        tempfile.tempdir = str(folder.scratch)  # where bodies of requests wait: /tmp may be memory
        Service(server, folder, settings, smtp).run(sample, console)


class Service:
    """What answers at `server`, keeps all that it knows in `folder` and sends mails over `smtp`, if there is one."""

    def __init__(
        self, server: Server, folder: DataFolder, settings: Mapping[str, str], smtp: SmtpServer | None
    ) -> None:
        self._server = server
        self._folder = folder
        self._turns = Turns()
        self._outside = Outside(self._turns, self._check)
        self._journal = Journal(folder, REGION)
        self._accounts = Accounts(folder, REGION)
        self._smtp = smtp
        self._outbox = Outbox(folder.outbox, folder.refused)
        self._mailbox = Mailbox(folder.mails, REGION, self._outbox if smtp else None)
        self._credentials = Credentials(_KEY_ID, folder.secret("signing secret"))
        self._unwritten: RapporteurError | None = None
        home = Home(
            scratch=folder.scratch,
            objects=folder.objects,
            kept=folder.kept,
            environment={
                **accounts.SAME_IDS,
                "AWS_ACCESS_KEY_ID": self._credentials.access_key,
                # Whoever knew it could sign addresses of any object.
                "AWS_SECRET_ACCESS_KEY": self._credentials.secret_key,
            },
            furnish=self._furnish,
        )
        self._runtime = Runtime(settings, home=home)

    def _furnish(self) -> Mapping[str, str]:
        found = self._accounts.make(f"rapporteur-{STAGE}")
        self._journal.restore()
        return {**found, "PAGES_URL": f"{self._server.address}/", "API_URL": f"{self._server.address}{api.PATH}"}

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A turn at the embedded AWS. What it changed is written down before the next one has its turn."""
        with self._turns.turn():
            self._check()
            try:
                yield
            finally:
                # Whoever let others have their turns meanwhile may come back to find that one could not be kept.
                if self._unwritten is None:
                    self._keep()

    def _check(self) -> None:
        """Raises Ended when what is in memory is no longer what is written down: nothing more is to be done with it."""
        if self._unwritten is not None:
            raise Ended

    def _keep(self) -> None:
        try:
            self._mailbox.collect()
            self._accounts.flush()
            self._journal.flush()
        except Exception as exc:
            if isinstance(exc, OSError | sqlite3.Error):
                # What is in memory is no longer what is on disk. Nothing more is done with it: the next start goes on
                # from what was written down last.
                told = f"The folder {self._folder.path} cannot be written to: {exc}."
            else:
                # A fault of ours, which would come again at every turn: better to end with a word.
                logger.error("not written down", extra={"error": type(exc).__name__}, exc_info=exc)
                told = f"What has changed could not be written down ({type(exc).__name__}): please report this. "
                told += "The next start goes on from before it."
            self._unwritten = RapporteurError(told)
            self._runtime.pump.wake()
            raise self._unwritten from exc

    def run(self, sample: bool, console: Console) -> "NoReturn":
        """Start, say where, and go on until Ctrl-C."""
        with self._journal.listening(), self._runtime as runtime:
            runtime.services.download, runtime.services.waiting = self._outside.download, self._outside.waiting
            runtime.services.load_engines()
            branches(runtime.services.settings)
            runtime.services.tokens = self._accounts.token_reader()
            try:
                with self._turn():
                    sampled = self._begin(runtime, sample)
                threading.Thread(target=self._server.run, args=(self._site(runtime),), daemon=True).start()
                self._welcome(sampled, console)
                with self._sending(console):
                    # Only now: whoever has many recordings in work need not wait for the first page until all of them
                    # have been looked at.
                    resume_unfinished(runtime.services, self._turn)
                    threading.Thread(target=self._expire, args=(runtime,), daemon=True).start()
                    runtime.pump.serve(self._turn, runtime.finish_jobs)
            except Ended as exc:  # a request found that nothing can be written any more
                raise self._unwritten or exc from exc
            finally:
                # Who asks after this would reach the real AWS.
                self._turns.end()

    def _expire(self, runtime: Runtime) -> None:
        """Once an hour, delete what has been kept for as long as was promised."""
        while True:
            try:
                delete_expired(runtime.services, time.time(), self._turn)
            except Ended:
                return
            time.sleep(_HOUR)

    @contextmanager
    def _sending(self, console: Console) -> Iterator[None]:
        """While this lasts, mails are sent, if there is where to. The service never waits for it."""
        if self._smtp is None:
            yield
            return
        postman = Postman(self._outbox, self._smtp, lambda sentence: _print(f"rapporteur: {sentence}", console))
        postman.start()
        try:
            yield
        finally:
            postman.stop()

    def _begin(self, runtime: Runtime, sample: bool) -> bool:
        """A new folder begins with somebody to sign in as. Returns whether with a sample too."""
        if self._folder.fact("welcomed", lambda: "no") == "yes" or self._accounts.find(DEMO_EMAIL) is not None:
            return False
        owner = self._accounts.add(DEMO_EMAIL, DEMO_PASSWORD, accounts.ADMINS, is_confirmed=True)
        if sample:
            runtime.upload(_SAMPLE, owner, Options(email=DEMO_EMAIL))
        self._keep()
        self._folder.note("welcomed", "yes")
        return sample

    def _site(self, runtime: Runtime) -> Site:
        wake = runtime.pump.wake
        settings = runtime.services.settings
        is_open = settings.sign_up == "open"
        signatures = presigned.Signatures(self._credentials, REGION)
        door = api.ApiDoor(runtime.app, self._turn, wake)
        return Site(
            {
                "/": PagesDoor(),
                api.PATH: door,
                api.PREVIEWS: door,
                presigned.PATH: s3.S3Door(signatures, self._folder.objects, self._turn, wake),
                **http_accounts.doors(self._accounts, settings.report_sender, self._turn, is_open=is_open),
                mailbox.PATH: mailbox.MailboxDoor(self._mailbox, self._outbox, self._smtp),
            },
            self._server.host,
        )

    def _welcome(self, sampled: bool, console: Console) -> None:
        address = self._server.address
        lines = [
            f"Rapporteur is at {address}/",
            f"sign in as {DEMO_EMAIL} with {DEMO_PASSWORD}" + ("; a sample is being worked on" if sampled else ""),
            f"mails are at {address}/mailbox, data in {self._folder.path}",
            *self._about_sending(),
            "Ctrl-C ends it; the next start goes on where it ended",
        ]
        for line in lines:
            _print(line, console)

    def _about_sending(self) -> list[str]:
        if self._smtp is not None:
            return [f"mails are sent over {self._smtp} too; what it refuses is in {self._folder.refused}"]
        waiting = len(self._outbox.waiting())
        return [f"mails in the outbox: {waiting}; --smtp sends them"] if waiting else []


def _print(line: str, console: Console) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
