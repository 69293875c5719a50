"""Tries what comes of something on a copy of this process: what led up to it is not gone through anew for each case."""

import gc
import json
import os
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn


@dataclass
class Forks:
    """The cases that were tried, each in a copy of this process that ended with its case."""

    outcomes: dict[Any, Any] = field(default_factory=dict)
    _answer: int | None = None

    @property
    def is_copy(self) -> bool:
        """Whether this is a copy; it goes on as the case wants it, and ends by `tell`."""
        return self._answer is not None

    def fork(self, case: Any) -> bool:
        """Whether this is a copy, which is to try `case`. Where it is not, what the copy told is known by now."""
        if self.is_copy:
            return False
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            # pytest-xdist has threads that wait for work, and hold nothing that a copy needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            gc.disable()  # it would touch, and so copy, all that this process holds
            os.close(reading)
            self._answer = writing
            return True
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            told = answer.read()
        os.waitpid(child, 0)
        self.outcomes[case] = json.loads(told) if told else {"error": "its process ended and told nothing"}
        return False

    @contextmanager
    def trying(self) -> Iterator[None]:
        """What is to come to an end by itself: where a copy breaks down over it, that is what came of its case."""
        try:
            yield
        except BaseException as exc:
            if self.is_copy:
                self._end({"error": "".join(traceback.format_exception(exc))})
            raise

    def tell(self, outcome: Any) -> None:
        """Where this is a copy, tell what came of its case, and end it."""
        if self.is_copy:
            self._end(outcome)

    def _end(self, outcome: Any) -> NoReturn:
        assert self._answer is not None
        with os.fdopen(self._answer, "wb") as answer:
            answer.write(json.dumps(outcome).encode())
        os._exit(0)  # nothing that pytest would do at an end is this copy's to do
