"""Keeps mails below the rate that SES allows, however many threads send them."""

import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.observability import logger

DIGESTS_AT_ONCE = 2
"""Functions that send digests side by side: fewer than two a queue cannot be limited to
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). Each takes its share of SES's rate."""

SHARE = 0.8 / DIGESTS_AT_ONCE
"""Of the rate that SES allows the account, for one function that sends digests: so many run side by side, and reports
are few beside them."""

_UNKNOWN = 1.0
"""Mails a second where SES does not say: what it allows an account at first, and so nobody less.
https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html"""

_HOLDS = 3600.0
_ASKED_AGAIN_AFTER = 60.0


class Pace:
    """Lets mails pass one after the other, at our share of what `rate` tells: mails a second for the whole account.

    It is asked for at the first mail, and again after an hour; where it cannot be had, after a minute.
    """

    def __init__(self, rate: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._next = self._ask_at = float("-inf")
        self._seconds = 0.0

    def wait(self) -> None:
        """Come back when it is this mail's turn."""
        pause = self.turn() - self._clock()
        if pause > 0:
            time.sleep(pause)

    def turn(self) -> float:
        """Take the next turn. Returns when it is, by the clock."""
        with self._lock:
            now = self._clock()
            if now >= self._ask_at:
                self._ask(now)
            turn = max(self._next, now)
            self._next = turn + self._seconds
        return turn

    def _ask(self, now: float) -> None:
        holds, rate = _HOLDS, _UNKNOWN
        try:
            rate = self._rate()
        except (BotoCoreError, ClientError, KeyError) as exc:
            logger.warning("SES does not say how fast it may be asked", extra={"error": type(exc).__name__})
            holds = _ASKED_AGAIN_AFTER
        self._seconds = 1 / (SHARE * (rate if rate > 0 else _UNKNOWN))
        self._ask_at = now + holds
