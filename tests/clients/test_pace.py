import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.clients.pace import DIGESTS_AT_ONCE, SHARE, Pace

DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetAccount")
THROTTLED = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "GetAccount")


def test_mails_of_many_threads_keep_their_distance() -> None:
    pace = Pace(lambda: 50 / SHARE)

    def passed(_: int) -> float:
        pace.wait()
        return time.monotonic()

    with ThreadPoolExecutor(8) as pool:
        moments = sorted(pool.map(passed, range(10)))
    # A thread may be woken late, which lets the next one be close behind it; all together are never too early.
    assert moments[-1] - moments[0] >= 9 * 0.02 - 0.02


def test_all_functions_that_send_digests_keep_below_the_rate_together() -> None:
    paces = [Pace(lambda: 14.0, clock=lambda: 0.0) for _ in range(DIGESTS_AT_ONCE)]
    in_a_minute = sum(sum(pace.turn() < 60 for _ in range(1000)) for pace in paces)
    assert in_a_minute == pytest.approx(0.8 * 14 * 60, rel=0.01)


@pytest.mark.parametrize("error", [DENIED, THROTTLED, ReadTimeoutError(endpoint_url="x"), KeyError("SendQuota")])
def test_where_ses_does_not_say_it_is_one_mail_a_second_until_it_does(error: Exception) -> None:
    answers: Iterator[Exception | float] = iter([error, error, 100.0])
    now = 0.0

    def rate() -> float:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pace = Pace(rate, clock=lambda: now)
    for expected in (1.0, 1.0, 100.0):  # asked again a minute after each refusal
        first, second = pace.turn(), pace.turn()
        assert second - first == pytest.approx(1 / (SHARE * expected))
        now += 61


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_that_is_none_is_one_mail_a_second(rate: float) -> None:
    pace = Pace(lambda: rate, clock=lambda: 0.0)
    assert -pace.turn() + pace.turn() == pytest.approx(1 / SHARE)
