"""Mails that are to be sent for real, until a server has taken them.

Each is a file that begins with a line of ours, `X-Rapporteur-Envelope`, which says whom from and to it is to be sent;
the rest is the mail. One that is deleted is not sent.
"""

import json
import threading
from pathlib import Path
from typing import Any

from local.aws.ses import Outgoing
from local.mail.smtp import Answer

_ENVELOPE = b"X-Rapporteur-Envelope: "


class Outbox:
    """Mails that wait are in the folder `waiting`, those that were refused for good in `refused`."""

    def __init__(self, waiting: Path, refused: Path) -> None:
        self._waiting = waiting
        self._refused = refused
        self.changed = threading.Event()
        """Set whenever a mail was put in."""

    def put(self, name: str, mail: Outgoing) -> None:
        """Let `mail` wait as `name`. Names are sent in their order."""
        _write(self._waiting / f"{name}.eml", mail)
        self.changed.set()

    def waiting(self) -> list[str]:
        """The names of the mails that wait."""
        return sorted(path.stem for path in self._waiting.glob("*.eml"))

    def refused(self) -> list[str]:
        """The names of the mails that were refused for good, for all their recipients or for some."""
        return sorted(path.stem for path in self._refused.glob("*.eml"))

    def read(self, name: str) -> Outgoing | None:
        """The mail that waits as `name`; None if it does no more, or is none of ours."""
        try:
            first, _, raw = (self._waiting / f"{name}.eml").read_bytes().partition(b"\r\n")
            envelope: Any = json.loads(first.removeprefix(_ENVELOPE))
            return Outgoing(str(envelope["from"]), tuple(envelope["to"]), raw)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def settle(self, name: str, mail: Outgoing, answer: Answer) -> None:
        """Do with the mail what a server's answer asks for: it waits on for those recipients only that were put off."""
        if answer.refused:
            _write(self._refused / f"{name}.eml", Outgoing(mail.sender, tuple(answer.refused), mail.raw))
        if not answer.put_off:
            (self._waiting / f"{name}.eml").unlink(missing_ok=True)
        elif set(answer.put_off) != set(mail.recipients):
            _write(self._waiting / f"{name}.eml", Outgoing(mail.sender, tuple(answer.put_off), mail.raw))


def _write(path: Path, mail: Outgoing) -> None:
    envelope = json.dumps({"from": mail.sender, "to": mail.recipients}).encode()
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(_ENVELOPE + envelope + b"\r\n" + mail.raw)
    unfinished.rename(path)
