"""Takes mails from the outbox to an SMTP server, and tries again what did not go.

A mail is taken out of the outbox the moment that the server has taken it. It is sent a second time only if the server
took it and its answer was lost, or if the process died between the answer and the removal; and if the process died
after the mail was put into the outbox and before it was written down that it is there (see Service._keep), for then
the next start works it out anew.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib.observability import logger
from local.aws.ses import Outgoing
from local.mail.outbox import Outbox
from local.mail.smtp import Answer, SmtpServer, Unreachable

_LONGEST_PAUSE = 300.0
_PARTING_SECONDS = 3.0
_ROUNDS = 4
_MOST_DOUBLINGS = 30


@dataclass
class _Trouble:
    """How often something has failed in a row, and when it is tried again (by time.monotonic)."""

    failures: int = 0
    due: float = 0.0

    def grow(self, first_pause: float) -> None:
        self.due = time.monotonic() + min(first_pause * 2.0**self.failures, _LONGEST_PAUSE)
        self.failures = min(self.failures + 1, _MOST_DOUBLINGS)


class Postman:
    """Carries what waits in `outbox` to `server`; `say` is given sentences about what does not go, without addresses.

    Pauses begin with `first_pause` (seconds) and grow to five minutes.
    """

    def __init__(
        self, outbox: Outbox, server: SmtpServer, say: Callable[[str], None], first_pause: float = 1.0
    ) -> None:
        self._outbox = outbox
        self._server = server
        self._say = say
        self._first_pause = first_pause
        self._down = _Trouble()
        self._put_off: dict[str, _Trouble] = {}
        self._tried: dict[str, float] = {}
        self._unreadable: set[str] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="postman")

    def start(self) -> None:
        """Go on from now, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what is on its way gets a moment to arrive."""
        self._stopping = True
        self._outbox.changed.set()
        if self._thread.is_alive():
            self._thread.join(_PARTING_SECONDS)

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._outbox.changed.clear()
                self._outbox.changed.wait(self.round())
        except OSError as exc:
            # What cannot be taken out of the outbox would be sent again and again.
            logger.error("outbox cannot be written", extra={"error": type(exc).__name__})
            self._say(f"No more mails are sent: the outbox cannot be written to ({exc.strerror}).")

    def round(self) -> float | None:
        """Try every mail that is due once. Returns after how many seconds there is more to do, None for nothing.

        Raises OSError if the outbox cannot be written to.
        """
        # A mail that breaks every connection must not keep those behind it: whatever was tried last is tried last.
        for name in sorted(self._waiting(), key=lambda name: (self._tried.get(name, 0.0), name)):
            if self._stopping or self._down.due > time.monotonic():
                break
            if self._due(name) <= time.monotonic():
                self._try(name)
        left = self._waiting()
        for known in (self._put_off, self._tried):
            for name in known.keys() - set(left):
                del known[name]
        return max(0.0, min(map(self._due, left)) - time.monotonic()) if left else None

    def _waiting(self) -> list[str]:
        return [name for name in self._outbox.waiting() if name not in self._unreadable]

    def _due(self, name: str) -> float:
        return max(self._down.due, self._put_off[name].due if name in self._put_off else 0.0)

    def _try(self, name: str) -> None:
        self._tried[name] = time.monotonic()
        mail = self._outbox.read(name)
        if mail is None:  # somebody has put it there, or taken it away
            self._unreadable.add(name)
            return
        try:
            with self._server.connection() as connection:
                answer = self._server.hand_over(mail, connection)
                self._outbox.settle(name, mail, answer)
        except Unreachable as exc:
            if not self._down.failures:
                logger.warning("mail server takes nothing")
                self._say(f"Mails wait, and are tried again: {exc.message}")
            self._down.grow(self._first_pause)
            return
        if self._down.failures:
            self._say("Mails are sent again.")
        self._down = _Trouble()
        self._note(name, answer)

    def _note(self, name: str, answer: Answer) -> None:
        for code in sorted(set(answer.refused.values())):
            logger.warning("mail refused", extra={"code": code})
            self._say(f"A mail was refused for good ({code}).")
        if answer.put_off:
            if not self._put_off:
                code = min(answer.put_off.values())
                logger.warning("mail put off", extra={"code": code})
                self._say(f"A mail was put off ({code}); it is tried again.")
            self._put_off.setdefault(name, _Trouble()).grow(self._first_pause)


def send_now(mails: Sequence[Outgoing], server: SmtpServer, say: Callable[[str], None]) -> list[Outgoing]:
    """Send `mails`, trying a few times. Returns those that were not taken, for all of their recipients or for some."""
    with tempfile.TemporaryDirectory(prefix="rapporteur-outbox-") as folder:
        waiting, refused = Path(folder) / "waiting", Path(folder) / "refused"
        waiting.mkdir()
        refused.mkdir()
        outbox = Outbox(waiting, refused)
        named = {f"{number:06}": mail for number, mail in enumerate(mails)}
        for name, mail in named.items():
            outbox.put(name, mail)
        postman = Postman(outbox, server, say)
        for left in reversed(range(_ROUNDS)):
            pause = postman.round()
            if pause is None or not left:
                break
            time.sleep(pause)
        unsent = {*outbox.waiting(), *outbox.refused()}
        return [mail for name, mail in named.items() if name in unsent]
