"""Whisper models that are named by size: what the hub gives is what it publishes, and stays that."""

import hashlib
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from huggingface_hub import constants

import local.models.hub
from chalicelib.errors import EngineError
from local.models.hub import model_folder

REVISION = "d90ca5fe260221311c53c58e660288d3deb8d356"
SMALL = "Systran/faster-whisper-small"


class Hub:
    """As https://huggingface.co answers for one model: its files, and what it says that they are."""

    def __init__(self) -> None:
        self.files = {"config.json": b'{"a": 1}', "model.bin": b"weights" * 100, "tokenizer.json": b"{}"}
        self.published = dict(self.files)
        self.asked: list[str] = []
        self.is_telling = True

    def tree(self) -> list[dict[str, object]]:
        return [self._entry(name, content) for name, content in self.published.items()]

    @staticmethod
    def _entry(name: str, content: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": blob}
        if name == "model.bin":
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return entry


class Door(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.asked.append(path)
        named = re.fullmatch(f"/{SMALL}/resolve/{REVISION}/(.+)", path)
        if named and named[1] in self.hub.files:
            content = self.hub.files[named[1]]
            self._answer(content, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": REVISION})
        elif path == f"/api/models/{SMALL}/tree/{REVISION}" and self.hub.is_telling:
            self._answer(json.dumps(self.hub.tree()).encode())
        elif path.startswith(f"/api/models/{SMALL}/revision/"):
            siblings = [{"rfilename": name} for name in self.hub.files]
            self._answer(json.dumps({"id": SMALL, "sha": REVISION, "siblings": siblings}).encode())
        else:
            self.send_error(404)

    def _answer(self, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    hub = Hub()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Door,), {"hub": hub})) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
        )
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield hub
        server.shutdown()


def test_a_model_is_brought_once_and_held_against_what_was_published(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model_folder("small")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == hub.published
    assert f"/api/models/{SMALL}/tree/{REVISION}" in hub.asked
    hub.asked.clear()
    assert model_folder("small") == folder
    assert not [path for path in hub.asked if "/tree/" in path], "what it should be is known"
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # where nobody answers
    assert model_folder("small") == folder
    (folder / "README.md").write_text("what else is published, and nobody reads here")
    assert model_folder("small") == folder
    (folder / "model.bin").resolve().write_bytes(b"somebody else's")
    for _ in range(2):
        with pytest.raises(EngineError, match=r"small: model\.bin is not what was published\. Remove "):
            model_folder("small")


def test_a_file_that_is_missing_or_was_put_there_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model_folder("small")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    (folder / "tokenizer.json").unlink()
    (folder / "preprocessor_config.json").write_text("{}")
    for _ in range(2):
        with pytest.raises(EngineError, match=r"preprocessor_config\.json, tokenizer\.json is not what was published"):
            local.models.hub._checked("small", folder)


def test_what_was_put_there_before_the_first_look_is_told(hub: Hub, tmp_path: Path) -> None:
    folder = model_folder("small")
    (note,) = (tmp_path / "cache" / "rapporteur" / "hub").iterdir()
    note.write_text("")  # as a full disk leaves it
    assert model_folder("small") == folder
    assert json.loads(note.read_text())
    note.unlink()
    (folder / "preprocessor_config.json").write_text("{}")
    with pytest.raises(EngineError, match=r"preprocessor_config\.json is not what was published"):
        model_folder("small")


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_what_is_not_what_was_published_is_never_used(hub: Hub, name: str) -> None:
    hub.published[name] += b" another"
    for _ in range(2):
        with pytest.raises(EngineError, match=f"{re.escape(name)} is not what was published"):
            model_folder("small")


def test_a_model_of_which_nobody_tells_what_it_should_be_is_not_used(hub: Hub, tmp_path: Path) -> None:
    model_folder("small")
    next((tmp_path / "cache" / "rapporteur" / "hub").iterdir()).unlink()
    hub.is_telling = False
    with pytest.raises(EngineError, match="the hub does not say what it should be"):
        model_folder("small")


@pytest.mark.usefixtures("hub")
def test_a_model_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("enormous", "somebody/nothing", "~nobody/model", "x" * 5000):
        with pytest.raises(EngineError, match=f"{name} cannot be had: check its folder, or its name and the network"):
            model_folder(name)


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert model_folder(str(tmp_path)) == tmp_path
