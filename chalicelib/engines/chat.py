"""A model that speaks OpenAI's chat API: Ollama, llama.cpp, vLLM and others, asked for one JSON object at a time.

https://platform.openai.com/docs/api-reference/chat/create. Of it only `messages`, `temperature`, `max_tokens` and
`response_format` are used. The model is given no tools.
"""

import json
import re
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.engines.registry import EngineContext, Waiting
from chalicelib.errors import EngineBusy, EngineError, EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.settings import URL, count, setting

if TYPE_CHECKING:
    import urllib3

_TIMEOUT = 240.0
"""Seconds. A model on somebody's own machine may take minutes for a page."""

_LONGEST_ANSWER = 1_000_000  # bytes
_KEY = re.compile(r"[!-~]+")
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
"""What some models write before they answer."""

_BUSY = frozenset({429, 503})
_FORBIDDEN = frozenset({401, 403})
_NOT_FOUND = 404
_OK = 200


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    openai_base_url: str | None = setting(
        "where a model of your own answers, by OpenAI's chat API, for summaries, translations and questions by "
        "openai_compatible",
        URL,
        default=None,
    )
    openai_model: str | None = setting("that model's name", r"\S+", default=None)
    openai_key_file: str | None = setting(
        "file that holds the key for it; none is sent when unset", r".+", default=None
    )
    openai_piece_bytes: int = count("bytes of a transcript that it is given at a time", 8_000)


@dataclass(frozen=True, slots=True)
class Told:
    """What people are told, where a model does something for them: each says what it was to do."""

    unreadable: Message
    no_answer: Message
    broke_down: Message
    key_refused: Message
    no_model: Message
    invalid: Message


def fenced(tag: str, lines: Iterable[tuple[int, str]]) -> str:
    """Numbered lines between tags that none of them can close."""
    shown = "\n".join(f"[{number}] {' '.join(text.split())}" for number, text in lines)
    return f"<{tag}>\n{re.sub(rf'<(?=/?{tag})', '‹', shown, flags=re.IGNORECASE)}\n</{tag}>"


def object_in(written: str) -> dict[str, Any]:
    """The JSON object in what a model wrote. Raises ValueError if there is none that can be read."""
    answer = _THOUGHT.sub("", written)
    try:
        found: dict[str, Any] = json.loads(answer[answer.index("{") : answer.rindex("}") + 1])
    except RecursionError as exc:
        raise ValueError("the answer is nested too deeply") from exc
    return found


@dataclass(frozen=True)
class Chat:
    """A model, and what people are told of it."""

    base_url: str
    model: str
    key: str | None = field(repr=False)
    told: Told
    waiting: Waiting = nullcontext
    """See `EngineContext`."""

    def ask(self, system: str, text: str, max_tokens: int) -> dict[str, Any]:
        """The object that the model answers with; empty if it answers with something else in JSON.

        Raises EngineBusy, EngineFailed or EngineError.
        """
        import urllib3  # not every function asks a model

        body = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
            "temperature": 0.2,
            "max_tokens": max_tokens,
            "response_format": {"type": "json_object"},
        }
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            with self.waiting(), urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as pool:
                answer = pool.request(
                    "POST",
                    f"{self.base_url}/chat/completions",
                    body=json.dumps(body).encode(),
                    headers=headers,
                    redirect=False,
                    preload_content=False,
                )
                content = answer.read(_LONGEST_ANSWER)
                answer.release_conn()
        except urllib3.exceptions.HTTPError as exc:
            raise EngineError(self.told.no_answer) from exc
        self._check(answer)
        try:
            return object_in(json.loads(content)["choices"][0]["message"]["content"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
            raise EngineFailed(self.told.unreadable) from exc

    def _check(self, answer: "urllib3.BaseHTTPResponse") -> None:
        if answer.status in _BUSY:
            raise EngineBusy
        if answer.status in _FORBIDDEN:
            raise EngineFailed(self.told.key_refused)
        if answer.status == _NOT_FOUND:
            raise EngineFailed(self.told.no_model.of(model=self.model))
        if answer.status >= 500:  # noqa: PLR2004 - HTTP's own border
            raise EngineError(self.told.broke_down)
        if answer.status != _OK:
            raise EngineFailed(self.told.invalid)


def chosen(context: EngineContext, doing: str, told: Told) -> Chat:
    """The model that a deployment has chosen for `doing` something, as its settings have it.

    Raises SettingsError without an address, a model, or the file that should hold the key.
    """
    options = context.settings.options(Options)
    base_url, model = options.openai_base_url, options.openai_model
    if not base_url or not model:
        raise SettingsError(
            f"{doing} by a model of your own need RAPPORTEUR_OPENAI_BASE_URL, such as http://127.0.0.1:11434/v1, and "
            "RAPPORTEUR_OPENAI_MODEL, its name."
        )
    return Chat(base_url.rstrip("/"), model, _key_in(options.openai_key_file), told, context.waiting)


def _key_in(path: str | None) -> str | None:
    """The key in the file at `path`; None without one. Raises SettingsError if it holds none."""
    if not path:
        return None
    try:
        key = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError("The file that RAPPORTEUR_OPENAI_KEY_FILE names cannot be read.") from exc
    if not _KEY.fullmatch(key):
        raise SettingsError("The file that RAPPORTEUR_OPENAI_KEY_FILE names must hold one key on one line.")
    return key
