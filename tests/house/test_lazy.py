"""What is made on first use is made once, however many threads ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.clients.aws import Aws
from chalicelib.lazy import cached_property
from chalicelib.services import Services

THREADS = 16


class Slow:
    """Something whose parts are made while others ask for them."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.begun = threading.Event()

    @cached_property
    def inner(self) -> object:
        """Made by `outer`, and asked for beside it."""
        self.begun.set()
        self.made.append("inner")
        threading.Event().wait(0.01)  # lets every other thread come as far as this one
        return object()

    @cached_property
    def outer(self) -> tuple[object]:
        """Asks for another such thing while it is made."""
        self.made.append("outer")
        return (self.inner,)


def test_many_threads_that_ask_at_once_get_the_same_one() -> None:
    slow, together = Slow(), threading.Barrier(THREADS)

    def ask(number: int) -> object:
        together.wait()
        return slow.inner if number % 2 else slow.outer[0]

    with ThreadPoolExecutor(THREADS) as pool:
        found = set(pool.map(ask, range(THREADS)))
    assert len(found) == 1
    assert sorted(slow.made) == ["inner", "outer"]


def test_what_fails_is_made_again_and_what_is_kept_is_found_without_asking() -> None:
    class Shaky:
        tries = 0

        @cached_property
        def value(self) -> int:
            """Works from the second time on."""
            self.tries += 1
            if self.tries == 1:
                raise ValueError("not yet")
            return self.tries

    shaky = Shaky()
    with pytest.raises(ValueError, match="not yet"):
        _ = shaky.value
    assert (shaky.value, shaky.value, shaky.__dict__["value"]) == (2, 2, 2)
    assert Shaky.value.__doc__ == "Works from the second time on."


def test_nothing_that_is_shared_is_made_by_the_property_that_has_no_lock() -> None:
    for kind in (Aws, Services):
        kept = [value for value in vars(kind).values() if hasattr(value, "attrname")]  # what functools' has
        assert kept == [], kind
        assert any(isinstance(value, cached_property) for value in vars(kind).values())


def test_many_threads_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws, together = Aws(), threading.Barrier(THREADS)

    def ask(_: int) -> int:
        together.wait()
        return id(aws.s3)

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(ask, range(THREADS)))) == 1
