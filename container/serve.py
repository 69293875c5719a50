"""The program that an endpoint of Amazon SageMaker runs: hears one recording after another, with the models it is told.

    python -m container.serve [--port 8080]

It keeps to what SageMaker wants of a container that serves
(https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html): `GET /ping`, and `POST
/invocations` with the sound as its body. What else there is to know is in the header
`X-Amzn-SageMaker-Custom-Attributes`, as JSON:

    {"name": "….transcript", "language": "en" or null, "models": {"en": "s3://bucket/learning/…/model.tar.gz"}}

The answer is Amazon Transcribe's JSON. A refusal is `{"failure": "Rapporteur: unreadable"}`, with a status of 400 or
500; nothing of what people said is logged.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

from chalicelib.speech.transcribe_json import transcribe_document
from container import failures, files
from container.contract import Heard, HeardSegment, HeardWord, ModelsMissing
from container.failures import Failed
from container.train import RESULT
from container.weights import Weights, hash_of
from container.words import words_of

ROLE = "whisper"
LANGUAGE = "language"
"""The code of a language that Whisper does not know."""

_MOST_BYTES = 10**9
_MOST_MODEL = 8 * 1024**3
_MODEL_FILES = frozenset(
    {
        "config.json",
        "model.bin",
        "preprocessor_config.json",
        "tokenizer.json",
        "vocabulary.json",
        "vocabulary.txt",
        RESULT,
    }
)
_MOST_KEPT = 2
_AT_ONCE = 8
"""Half minutes that are heard at once."""

_PIECE = 1024 * 1024
_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_log = logging.getLogger("container.serve")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a recording: the models are archives (URIs) by language."""

    name: str
    language: str | None
    models: Mapping[str, str] = field(default_factory=dict)


def asked_in(told: str) -> Asked:
    """What the header says. Raises Failed if it cannot be understood."""
    try:
        values = json.loads(told)
        language, models = values.get("language"), values.get("models") or {}
        if language is not None and not isinstance(language, str):
            raise TypeError
        found = {str(code): str(uri) for code, uri in models.items()}
        if any(not uri.startswith(("s3://", "file:///")) for uri in found.values()):
            raise ValueError
        return Asked(str(values["name"]), language, found)
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise Failed(failures.BAD_REQUEST, f"{_ATTRIBUTES} cannot be understood.") from exc


class Ears:
    """Whisper: the model that everybody begins with, and beside it the last two that were asked for. To measure one,
    recordings are heard with it and with what is in use by turns.
    """

    def __init__(self, weights: Weights, scratch: Path) -> None:
        self._weights = weights
        self._scratch = scratch
        self._loaded: dict[str, Any] = {}
        self._turn = threading.Lock()

    def hear(self, sound: Path, asked: Asked) -> bytes:
        """The transcript, as Amazon Transcribe writes it. Raises Failed, ModelsMissing. One recording at a time."""
        from faster_whisper import BatchedInferencePipeline, decode_audio

        with self._turn:
            try:
                samples = decode_audio(str(sound))
            except Exception as exc:  # PyAV's errors are many, and all of them mean this
                raise Failed(failures.UNREADABLE, f"The sound cannot be read ({type(exc).__name__}).") from exc
            if not len(samples):
                raise Failed(failures.UNREADABLE, "There is no sound.")
            base = self._model("")
            code = asked.language.partition("-")[0].lower() if asked.language else None
            if code and code not in base.supported_languages:
                raise Failed(LANGUAGE, "Whisper does not know this language.")
            if code is None:
                code = base.detect_language(samples)[0] if asked.models and base.model.is_multilingual else None
            uri = asked.models.get(code or "", "")
            model = self._model(uri) if uri else base
            # Half minutes by themselves: quicker, and what is misheard in one does not lead the next one astray.
            segments, told = BatchedInferencePipeline(model=model).transcribe(
                samples, language=code, word_timestamps=True, batch_size=_AT_ONCE
            )
            heard = Heard(tuple(_segments(segments)), told.language)
        words = words_of(heard, len(samples) / 16_000)
        document = transcribe_document(asked.name, words, asked.language or heard.language)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")

    def _model(self, uri: str) -> Any:  # noqa: ANN401 - the package has no types
        if uri in self._loaded:
            self._loaded[uri] = self._loaded.pop(uri)  # it is the latest again
            return self._loaded[uri]
        taught = [one for one in self._loaded if one]
        if uri and len(taught) == _MOST_KEPT:
            del self._loaded[taught[0]]
        folder = self._fetched(uri) if uri else self._weights.bring(ROLE)
        try:
            self._loaded[uri] = _loaded(folder)
        finally:
            if uri:
                shutil.rmtree(folder, ignore_errors=True)
        return self._loaded[uri]

    def _fetched(self, uri: str) -> Path:
        """The model of an archive that `container/train.py` has made, unpacked."""
        packed = self._scratch / "model.tar.gz"
        try:
            archive = files.fetch(uri, packed)
        except FileNotFoundError as exc:
            raise ModelsMissing("The model that was asked for is not there.") from exc
        folder = Path(tempfile.mkdtemp(prefix="model-", dir=self._scratch))
        try:
            unpacked(archive, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            packed.unlink(missing_ok=True)
        return folder


def _loaded(folder: Path) -> Any:  # noqa: ANN401 - see above
    from faster_whisper import WhisperModel

    if not (folder / "tokenizer.json").is_file():  # it would be fetched from the hub
        raise ModelsMissing("The model has no tokenizer.json.")
    device = os.environ.get("RAPPORTEUR_JOB_DEVICE", "").strip() or "auto"
    compute = os.environ.get("RAPPORTEUR_JOB_COMPUTE_TYPE", "").strip() or "default"
    return WhisperModel(str(folder), device=device, compute_type=compute, local_files_only=True)


def unpacked(archive: Path, folder: Path) -> None:
    """Unpack a model: plain files of the names that one has, each as it says. Raises ModelsMissing for any other."""
    whole = 0
    try:
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                name = member.name.removeprefix("./")
                if member.isdir() and name in {"", "."}:
                    continue
                whole += member.size
                if not member.isfile() or name not in _MODEL_FILES or whole > _MOST_MODEL:
                    raise ModelsMissing("The archive holds what is no part of a model.")
                source = packed.extractfile(member)
                assert source is not None, "it is a file"
                with source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, _PIECE)
        told = json.loads((folder / RESULT).read_bytes())["files"]
        is_whole = all(hash_of(folder / name) == known["sha256"] for name, known in told.items())
    except (OSError, EOFError, tarfile.TarError, ValueError, LookupError, TypeError) as exc:
        raise ModelsMissing(f"The archive is no model ({type(exc).__name__}).") from exc
    if not is_whole:
        raise ModelsMissing("The model is not what it says it is.")


def _segments(segments: Any) -> Iterator[HeardSegment]:  # noqa: ANN401 - see above
    for one in segments:
        words = [HeardWord(word.word, word.start, word.end, word.probability) for word in one.words or ()]
        yield HeardSegment(one.start, one.end, tuple(words))


class Handler(BaseHTTPRequestHandler):
    """Answers."""

    protocol_version = "HTTP/1.1"
    server_version = "rapporteur"
    timeout = 600
    ears: Ears
    scratch: Path

    def do_GET(self) -> None:
        """Whether it lives: models are loaded when they are needed."""
        self._answer(200 if self.path == "/ping" else 404, b"{}")

    def do_POST(self) -> None:
        """Hear a recording."""
        if self.path != "/invocations":
            self.close_connection = True
            self._answer(404, b"{}")
            return
        with tempfile.NamedTemporaryFile(dir=self.scratch) as sound:
            try:
                self._take(sound)
                heard = self.ears.hear(Path(sound.name), asked_in(self.headers.get(_ATTRIBUTES, "")))
            except Exception as exc:  # noqa: BLE001 - whatever it was, somebody is waiting to hear of it
                self._refuse(exc)
                return
        self._answer(200, heard)

    def _take(self, sound: Any) -> None:  # noqa: ANN401 - a file
        """Write the body into a file. Raises Failed if it is none, or too much."""
        is_in_pieces = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        told = self.headers.get("Content-Length", "")
        if not is_in_pieces and not told.isdecimal():
            self.close_connection = True
            raise Failed(failures.BAD_REQUEST, "The request has no length.")
        whole = 0
        for piece in self._in_pieces() if is_in_pieces else self._at_once(int(told)):
            whole += len(piece)
            if whole > _MOST_BYTES:
                self.close_connection = True
                raise Failed(failures.BAD_REQUEST, "The recording is too large.")
            sound.write(piece)
        sound.flush()

    def _at_once(self, left: int) -> Iterator[bytes]:
        while left > 0:
            piece = self.rfile.read(min(left, _PIECE))
            if not piece:
                self.close_connection = True
                raise Failed(failures.BAD_REQUEST, "The request has ended too early.")
            left -= len(piece)
            yield piece

    def _in_pieces(self) -> Iterator[bytes]:
        while True:
            line = self.rfile.readline(100).partition(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError as exc:
                self.close_connection = True
                raise Failed(failures.BAD_REQUEST, "The request cannot be read.") from exc
            if size <= 0:
                break
            yield from self._at_once(size)
            self.rfile.readline(100)
        while self.rfile.readline(1000).strip():
            pass  # trailers

    def _refuse(self, raised: Exception) -> None:
        code = failures.code_of(raised)
        said = str(raised) if isinstance(raised, Failed | ModelsMissing) else type(raised).__name__
        _log.error("%s: %s", code, said)
        is_theirs = code in {failures.UNREADABLE, failures.BAD_REQUEST, LANGUAGE}
        self._answer(400 if is_theirs else 500, json.dumps({"failure": f"Rapporteur: {code}"}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Say nothing: SageMaker asks whether it lives every few seconds."""


def server(port: int, ears: Ears, scratch: Path) -> ThreadingHTTPServer:
    """What listens."""
    handler = type("Handler", (Handler,), {"ears": ears, "scratch": scratch})
    listening = ThreadingHTTPServer(("", port), handler)
    listening.daemon_threads = True
    return listening


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program until it is ended."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT, stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m container.serve", description="Hear recordings, when asked.")
    parser.add_argument("--port", type=int, default=8080)
    port = parser.parse_args(arguments).port
    os.environ |= {"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "ORT_DISABLE_TELEMETRY": "1"}
    weights = Weights()
    if not weights.are_from_hub:
        os.environ["HF_HUB_OFFLINE"] = "1"
    scratch = Path(tempfile.mkdtemp(prefix="rapporteur-serve-"))
    listening = server(port, Ears(weights, scratch), scratch)

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        threading.Thread(target=listening.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    try:
        listening.serve_forever()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
