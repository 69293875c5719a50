"""A program that was written by nobody: a client that a public generator makes of our description does a day's work."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.harness.media import make_audio
from tests.local.serving import CANNED, Serving, serving, until

PACKAGE = "rapporteur_client"
SETTINGS = {
    "package_name_override": PACKAGE,
    "post_hooks": [],  # it is read by nobody, so nothing need tidy it
    "content_type_overrides": {"application/x-subrip": "text/plain"},  # of captions in SRT, which it does not know
}

Generated = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("service") / "data", *CANNED) as running:
        assert running.sign_in().status_code == 200
        yield running


@pytest.fixture(scope="module")
def client(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The client of what the running service says of itself, with an API key."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(requests.get(f"{server.base}/api/openapi.json", timeout=60).text)
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    named = ["--path", "openapi.json", "--config", "settings.json", "--output-path", PACKAGE]
    made = subprocess.run([*generate, *named], cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    key = server.api("POST", "/me/keys", json={"name": "a generated program"}).json()["key"]
    (place,) = json.loads((folder / "openapi.json").read_text())["servers"]
    kind = importlib.import_module(PACKAGE).AuthenticatedClient
    with kind(base_url=place["url"], token=key, raise_on_unexpected_status=True) as client:
        yield client
    sys.path.remove(str(folder))


@pytest.fixture
def ask(client: Any) -> Generated:
    """Ask for an operation by its subject and name; the answer that was parsed."""

    def ask(subject: str, name: str, *path: str, **sent: Any) -> Any:
        return importlib.import_module(f"{PACKAGE}.api.{subject}.{name}").sync(*path, client=client, **sent)

    return ask


def model(name: str, **fields: Any) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)(**fields)


def test_a_generated_client_follows_a_recording_to_its_end(ask: Generated, tmp_path: Path) -> None:
    sound = make_audio(tmp_path / "talk.mp3", 2.0).read_bytes()
    new = model("NewAsset", file_name="talk.mp3", size=len(sound), title="The talk")
    announced = ask("assets", "announce_asset", body=new)
    form = announced.upload
    sent = requests.post(form.url, data=form.fields.to_dict(), files={"file": ("talk.mp3", sound)}, timeout=60)
    assert sent.status_code == 204, sent.text

    asset_id = announced.asset.id
    asset = until(lambda: ask("assets", "get_asset", asset_id), lambda asset: asset.status.value == "completed")
    assert (asset.title, asset.branches["speech"].status.value) == ("The talk", "done")
    assert [one.id for one in ask("library", "list_assets").assets] == [asset_id]

    lines = ask("reading", "get_lines", asset_id).lines
    said = [{"text": "".join(f"{word[4]}{word[2]}" for word in line.words)} for line in lines]
    assert len(said) > 1
    assert ask("reading", "get_transcript_vtt", asset_id).startswith("WEBVTT")
    assert ask("reading", "get_analysis", asset_id).language == "en"
    assert {file.name for file in ask("reading", "list_files", asset_id).files} >= {"transcript.json", "captions.srt"}

    written = [model("LineWritten", text="Nobody expected a zeppelin."), *(model("LineWritten", **one) for one in said)]
    wanted = model("TranscriptCorrection", edition=0, lines=written)
    assert ask("reading", "correct_transcript", asset_id, body=wanted).edition == 1
    assert "zeppelin" in ask("reading", "get_transcript_srt", asset_id)
    # What was corrected is found when its sitting has ended; what was heard, a little after the recording is ready.
    heard = lines[-1].words[0][2].strip(",.")
    (hit,) = until(lambda: ask("search", "search_transcripts", q=heard).hits, bool, 90)
    assert (hit.asset.id, heard in hit.matches[0].text) == (asset_id, True)

    ask("assets", "delete_asset", asset_id)
    assert ask("library", "list_assets").assets == []


def test_a_generated_client_reads_what_is_refused(ask: Generated) -> None:
    refused = ask("assets", "announce_asset", body=model("NewAsset", file_name="talk.docx", size=1))
    assert (refused.code, refused.field) == ("unsupported-ending", "file_name")
    assert ask("account", "list_keys").code == "sign-in"
    assert ask("assets", "get_asset", "0" * 27).code == "not-found"
