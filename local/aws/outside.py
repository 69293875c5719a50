"""What is fetched from the web, or answered by a model elsewhere: nobody waits for a slow server but what asks it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from chalicelib.clients import outbound
from chalicelib.observability import set_aside
from local.aws.turns import Turns


class Outside:
    """Asks without a turn at the embedded AWS where the pump asks, which is the main thread.

    A request that only looks at an address keeps its turn: Chalice knows of one request at a time.
    """

    def __init__(self, turns: Turns, check: Callable[[], None]) -> None:
        """`check` raises Ended where there is nothing to come back to."""
        self._turns = turns
        self._check = check

    @contextmanager
    def download(self, url: str, headers: Mapping[str, str], seconds: float) -> Iterator[outbound.Download]:
        """As `outbound.download`."""
        with ExitStack() as opened:
            with self.waiting():
                answer = opened.enter_context(outbound.download(url, headers, seconds))
            yield _Answer(answer, self)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What a wait is spent in. Raises Ended when it is over and the service is ending."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        try:
            # What others log in between is about theirs, and what is logged afterwards about ours again.
            with set_aside(), self._turns.let_go():
                yield
        finally:
            self._check()

    def read(self, answer: outbound.Download, size: int) -> bytes:
        """What an answer has next."""
        with self.waiting():
            return answer.read(size)


class _Answer:
    def __init__(self, answer: outbound.Download, outside: Outside) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._outside = outside

    def read(self, size: int) -> bytes:
        return self._outside.read(self._answer, size)
