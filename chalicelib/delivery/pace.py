"""Keeps mails below the rate that SES allows, however many threads send them."""

import threading
import time


class Pace:
    """Lets one mail pass in so many `seconds`; all of them at once if that is 0."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Come back when it is this mail's turn."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self.seconds
        pause = turn - time.monotonic()
        if pause > 0:
            time.sleep(pause)
