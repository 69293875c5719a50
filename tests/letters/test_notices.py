from datetime import date

import pytest

from chalicelib.letters import notices
from chalicelib.letters.letter import Reader
from chalicelib.letters.rendering import MAX_HTML_BYTES
from tests.letters.reports import QUIET, operator_day

URL = "https://api.example.org/recipients/confirm?token=abc&x=1"


def test_an_address_is_asked_once_and_told_what_happens_if_it_does_nothing() -> None:
    letter = notices.confirmation("ada@example.org", URL, 7, Reader())
    assert letter.subject == "Would you like to get these reports?"
    for form in (letter.text, letter.html):
        told = " ".join(form.split())
        assert "ada@example.org uses Rapporteur" in told
        assert "If you do nothing, nothing is sent." in told
        assert "The link is valid for 7 days." in told
        assert "ignore this mail" in told
    assert f"\n{URL}\n" in letter.text
    assert letter.html.count('href="https://api.example.org/recipients/confirm?token=abc&amp;x=1"') == 2


def test_who_asks_cannot_write_the_mail() -> None:
    letter = notices.confirmation("<b>Bank</b>\r\nSubject: x" + "y" * 999, URL, 1, Reader())
    assert "<b>" not in letter.html
    assert "&lt;b&gt;Bank&lt;/b&gt; Subject: x" in letter.html
    assert "y" * 400 not in letter.html
    assert "The link is valid for 1 day." in letter.html


def test_the_end_of_a_webhook_says_what_happened_and_what_to_do() -> None:
    reader = Reader(settings_url="https://example.org/#/settings")
    letter = notices.webhook_switched_off("https://example.org/<hook>", 5, 7, reader)
    assert letter.subject == "Your webhook was switched off"
    assert "has not taken 5 messages in a row, each tried 7 times" in " ".join(letter.text.split())
    assert "https://example.org/<hook>" in letter.text
    assert "https://example.org/&lt;hook&gt;" in letter.html
    assert letter.html.count('href="https://example.org/#/settings"') == 2


def test_operators_see_first_what_needs_them() -> None:
    letter = notices.operators(operator_day(), Reader())
    assert letter.subject == "Rapporteur on November 20, 2026: 4 things need you"
    alarms = ("3 recordings failed.", "2 recordings are stuck.", "13 messages could not be", "1 mail came back.")
    for form in (letter.text, letter.html):
        told = " ".join(form.split())
        assert [told.index(alarm) for alarm in alarms] == sorted(told.index(alarm) for alarm in alarms)
        assert told.index(alarms[-1]) < told.index("The day in numbers")
        for expected in ("72 hr, 1 min", "$37.20", "$702.55", "webhook", "took-too-long", "Nothing needs you")[:-1]:
            assert expected in told
        assert "Nothing needs you" not in told
        assert "intake" not in told
    assert letter.text.index("2 × took-too-long") < letter.text.index("1 × recording-not-accessible")


def test_a_quiet_day_says_so() -> None:
    letter = notices.operators(QUIET, Reader())
    assert letter.subject == "Rapporteur on November 20, 2026: all is well"
    assert "A quiet day: no recording has ended, and nothing needs you." in letter.text
    assert "Why recordings failed" not in letter.html
    assert "Dead letters" not in letter.html


def test_a_good_day_is_no_quiet_one() -> None:
    good = operator_day(ended={"completed": 3}, failures=(), stuck=0, dead_letters={}, mail={})
    letter = notices.operators(good, Reader())
    assert "Nothing needs you." in letter.text
    assert "quiet" not in letter.text


def test_one_thing_and_one_recording_are_singular() -> None:
    letter = notices.operators(operator_day(ended={"failed": 1}, stuck=0, dead_letters={}, mail={}), Reader())
    assert letter.subject.endswith(": 1 thing needs you")
    assert "1 recording failed." in letter.text


def test_what_waits_for_a_decision_is_told_with_the_day_on_which_it_is_over() -> None:
    letter = notices.operators(operator_day(held=2, held_until=date(2027, 11, 19)), Reader())
    told = "2 files are held and wait for your decision. Without one, the first is deleted on November 19, 2027."
    assert told in " ".join(letter.text.split())
    assert "is deleted" not in notices.operators(operator_day(held=0), Reader()).text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_terrible_day_fits(language: str) -> None:
    failures = tuple((f"code-{number}-{'끔찍한-일' * 40}", number) for number in range(300))
    queues = {f"queue-{number}" + "q" * 80: number + 1 for number in range(300)}
    letter = notices.operators(operator_day(failures=failures, dead_letters=queues), Reader(language))
    assert len(letter.html.encode()) < MAX_HTML_BYTES
    assert letter.html.index("code-299") < letter.html.index("code-298")
    if language == "en":
        assert "and 280 more reasons" in letter.html
