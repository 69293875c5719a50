import time
from concurrent.futures import ThreadPoolExecutor

from chalicelib.delivery.pace import Pace


def test_mails_of_many_threads_keep_their_distance() -> None:
    pace = Pace(0.02)

    def passed(_: int) -> float:
        pace.wait()
        return time.monotonic()

    with ThreadPoolExecutor(8) as pool:
        moments = sorted(pool.map(passed, range(10)))
    # A thread may be woken late, which lets the next one be close behind it; all together are never too early.
    assert moments[-1] - moments[0] >= 9 * 0.02 - 0.02


def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(0.0)
    began = time.monotonic()
    for _ in range(1000):
        pace.wait()
    assert time.monotonic() - began < 1
