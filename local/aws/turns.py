"""One caller at a time: the embedded AWS and the app take no two at once."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Ended(Exception):
    """There are no more turns: the service is being stopped."""


class Turns:
    """Lets callers in one at a time, first come, first served: a plain lock would let the pump, which asks again at
    once, in before all others.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: deque[object] = deque()
        self._ended = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn; it lasts as long as the context. Raises Ended."""
        ticket = object()
        try:
            with self._changed:
                self._line.append(ticket)
                self._changed.wait_for(lambda: self._ended or self._line[0] is ticket)
                if self._ended:
                    raise Ended
            yield
        finally:
            with self._changed:
                if ticket in self._line:  # Ctrl-C may come before it is
                    self._line.remove(ticket)
                self._changed.notify_all()

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Whoever has a turn lets others have theirs for as long as the context lasts, and then waits for the rest of
        it. Raises Ended.
        """
        with self._changed:
            ticket = self._line.popleft()
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._line.append(ticket)
                self._changed.wait_for(lambda: self._ended or self._line[0] is ticket)
                if self._ended:
                    raise Ended

    def end(self) -> None:
        """Wait until the turn that is being had is over, and let nobody in after it."""
        with self.turn(), self._changed:
            self._ended = True
