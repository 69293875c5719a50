"""A question to one's library, and where it is answered: stretches of what was said, without their words. Pure."""

import re
import secrets
import time
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from chalicelib.domain.assets import AssetRef
from chalicelib.message import Message

LONGEST = 300
"""Characters of a question."""

KEPT_SECONDS = 24 * 3600
"""How long a question is kept, with its answer."""

LONGEST_SECONDS = 8 * 3600
"""After which nobody works on a question any more, and it is told that its message got lost. A message whose function
died comes again once its queue gives up on that: so this is far longer than an answer takes."""

ID_PATTERN = re.compile(r"[0-9a-f]{21}")


class QuestionState(StrEnum):
    """How a question stands. `ANSWERED` is also one to which nobody says anything."""

    ASKED = "asked"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that answer, found by their times (seconds) in a `version` of a recording; who says them, if it is one; and
    the fingerprint of what they were (`speech/quotes.py`).
    """

    owner: str
    asset_id: str
    version: int
    start: float
    end: float
    text: str
    speaker: str | None = None

    @property
    def ref(self) -> AssetRef:
        """The recording."""
        return AssetRef(self.owner, self.asset_id)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked, and what came of it. Times are seconds since the epoch.

    `looked` is into how many recordings it was looked, `of` how many there were; `usd` what it cost. It is about one's
    own recordings, and those that were shared with the address (`email`) of whoever asked, where that is confirmed.
    """

    id: str
    text: str
    asked_at: float
    state: QuestionState = QuestionState.ASKED
    found: tuple[Stretch, ...] = ()
    looked: int = 0
    of: int = 0
    usd: Decimal = Decimal(0)
    failure: Message | None = None
    email: str | None = None

    @staticmethod
    def new(text: str, email: str | None = None) -> "Question":
        """One that is asked now. Its id sorts by when."""
        now = time.time()
        return Question(f"{int(now * 1000):011x}{secrets.token_hex(5)}", text, now, email=email)

    def is_waited_for(self, now: float) -> bool:
        """Whether it is worked on, or will be."""
        return self.state is QuestionState.ASKED and now - self.asked_at < LONGEST_SECONDS
