"""Any model that one already runs, to find what answers a question: Ollama, llama.cpp, vLLM and others that speak
OpenAI's chat API.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.engines.answering import _prompt
from chalicelib.engines.chat import Chat, Options, Told, chosen
from chalicelib.engines.registry import EngineContext
from chalicelib.message import Message
from chalicelib.seams.answering import Line

__all__ = ["Options", "create"]

TOLD = Told(
    _prompt.UNREADABLE,
    Message("answer-no-answer", "The model that answers questions does not answer."),
    Message("answer-model-broke", "The model that answers questions broke down."),
    Message(
        "answer-key-refused",
        "The model that answers questions does not let this deployment in. Its operator should check the key.",
    ),
    Message(
        "no-answer-model",
        "There is no model %(model)s at the address for questions. Its operator should check both.",
    ),
    Message("answer-refused", "The model that answers questions refused the request as invalid."),
)
"""What people are told of the model."""


def create(context: EngineContext) -> "OpenAiCompatibleAnswerer":
    """The engine. Raises SettingsError without an address, a model, or the file that should hold the key."""
    return OpenAiCompatibleAnswerer(chosen(context, "Answers", TOLD))


@dataclass(frozen=True)
class OpenAiCompatibleAnswerer:
    """One request a question."""

    chat: Chat
    most_lines: int = _prompt.MOST_LINES

    def answer(self, question: str, lines: Sequence[Line]) -> Sequence[int]:
        """See the seam."""
        answer = self.chat.ask(_prompt.SYSTEM, _prompt.prompt(question, lines), _prompt.MAX_TOKENS)
        return _prompt.numbers(answer, len(lines))
