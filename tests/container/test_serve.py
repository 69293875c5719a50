"""The program of an endpoint, over HTTP, with a real Whisper of random weights."""

import gzip
import http.client
import importlib.util
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.engines.transcription.sagemaker import failure_for
from chalicelib.speech.transcribe_json import load_transcript
from container import serve
from container.contract import ModelsMissing
from container.fetch_weights import note
from container.train import RESULT
from container.weights import MANIFEST, Weights, hash_of
from tests.harness.media import speech

if importlib.util.find_spec("faster_whisper") is None:
    pytest.skip("faster-whisper is not installed", allow_module_level=True)

from tests.local import tiny_whisper

NAME = "owner-1.1a1fd8c69000000000000000001.v1.transcript"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("weights")
    tiny_whisper.make(root / serve.ROLE)
    manifest: dict[str, Any] = {"models": {}, "files": {}}
    note(serve.ROLE, root, manifest)
    (root / MANIFEST).write_text(json.dumps(manifest))
    return root


@pytest.fixture
def address(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setenv("RAPPORTEUR_JOB_DEVICE", "cpu")
    ears = serve.Ears(Weights({"RAPPORTEUR_JOB_WEIGHTS": str(weights)}), tmp_path)
    listening = serve.server(0, ears, tmp_path)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield "localhost", listening.server_address[1]
    listening.shutdown()
    listening.server_close()


def ask(
    address: tuple[str, int], body: Any, told: Any = None, path: str = "/invocations", **how: Any
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(*address, timeout=60)
    attributes = {"name": NAME, "language": "en", "models": {}} if told is None else told
    header = {serve._ATTRIBUTES: attributes if isinstance(attributes, str) else json.dumps(attributes)}
    connection.request("POST", path, body, header, **how)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def archive(weights: Path, place: Path, **more: bytes) -> Path:
    """What `container/train.py` leaves, as SageMaker packs it."""
    folder = weights / serve.ROLE
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    known = {name: {"sha256": hash_of(folder / name)} for name in files}
    files[RESULT] = json.dumps({"files": known}).encode()
    with tarfile.open(place, "w:gz") as packed:
        for name, data in {**files, **more}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return place


def test_it_lives(address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=60)
    for path, status in (("/ping", 200), ("/other", 404)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_it_answers_with_a_transcript_as_transcribe_writes_it(address: tuple[str, int], tmp_path: Path) -> None:
    sound = speech(tmp_path / "sound.wav", 3).read_bytes()
    for body, how in ((sound, {}), (iter([sound[:50_000], sound[50_000:]]), {"encode_chunked": True})):
        told = {"Transfer-Encoding": "chunked"} if how else {}
        connection = http.client.HTTPConnection(*address, timeout=60)
        header = {serve._ATTRIBUTES: json.dumps({"name": NAME, "language": "en-US"}), **told}
        connection.request("POST", "/invocations", body, header, **how)
        answer = connection.getresponse()
        document = answer.read()
        connection.close()
        assert answer.status == 200
        heard = load_transcript(document)
        assert heard.language == "en-US"
        assert all(0 <= word.start <= word.end <= 3 for word in heard.words())
        assert json.loads(document)["jobName"] == NAME


def test_it_hears_with_the_model_that_is_asked_for(address: tuple[str, int], weights: Path, tmp_path: Path) -> None:
    sound = speech(tmp_path / "sound.wav", 2).read_bytes()
    model = archive(weights, tmp_path / "kept.tar.gz")
    for told in (
        {"name": NAME, "language": "en", "models": {"en": model.as_uri()}},
        {"name": NAME, "language": "en", "models": {"en": model.as_uri()}},
        {"name": NAME, "language": None, "models": {"en": model.as_uri()}},
    ):
        assert ask(address, sound, told)[0] == 200
    missing = {"name": NAME, "language": "en", "models": {"en": (tmp_path / "gone.tar.gz").as_uri()}}
    assert ask(address, sound, missing) == (500, {"failure": "Rapporteur: models-missing"})


def test_the_last_two_models_stay_and_nothing_of_their_archives(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORTEUR_JOB_DEVICE", "cpu")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ears, fetched = serve.Ears(Weights({"RAPPORTEUR_JOB_WEIGHTS": str(weights)}), scratch), []
    fetch = serve.files.fetch
    monkeypatch.setattr(serve.files, "fetch", lambda uri, into: fetched.append(uri) or fetch(uri, into))
    one, two, three = (archive(weights, tmp_path / f"{number}.tar.gz").as_uri() for number in range(3))
    sound = speech(tmp_path / "sound.wav", 1)
    for uri in (one, two, one, two, three, two, one):
        ears.hear(sound, serve.Asked(NAME, "en", {"en": uri}))
    assert fetched == [one, two, three, one]
    broken = archive(weights, tmp_path / "broken.tar.gz", **{"config.json": b"other"}).as_uri()
    with pytest.raises(ModelsMissing):
        ears.hear(sound, serve.Asked(NAME, "en", {"en": broken}))
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "told", "status", "code"),
    [
        (b"no sound", None, 400, "unreadable"),
        (b"", None, 400, "unreadable"),
        (b"x", "no JSON", 400, "bad-request"),
        (b"x", {"language": "en"}, 400, "bad-request"),
        (b"x", {"name": "n", "models": {"en": "https://somewhere"}}, 400, "bad-request"),
    ],
)
def test_what_cannot_be_heard_is_told_by_its_code(
    address: tuple[str, int], body: bytes, told: Any, status: int, code: str
) -> None:
    assert ask(address, body, told) == (status, {"failure": f"Rapporteur: {code}"})


def test_a_language_that_it_does_not_know_is_told(address: tuple[str, int], tmp_path: Path) -> None:
    sound = speech(tmp_path / "sound.wav", 1).read_bytes()
    status, said = ask(address, sound, {"name": NAME, "language": "xx", "models": {}})
    assert (status, said) == (400, {"failure": "Rapporteur: language"})
    assert failure_for(json.dumps(said)).code == "sagemaker-language"


def test_an_archive_that_holds_anything_else_is_refused(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "into"
    folder.mkdir()
    for more in ({"../outside": b""}, {"/etc/x": b""}, {"run.py": b""}, {RESULT: b"{}"}, {"config.json": b"other"}):
        with pytest.raises(ModelsMissing):
            serve.unpacked(archive(weights, tmp_path / "bad.tar.gz", **more), folder)
    (tmp_path / "bad.tar.gz").write_bytes(gzip.compress(b"no archive"))
    with pytest.raises(ModelsMissing):
        serve.unpacked(tmp_path / "bad.tar.gz", folder)
    assert not (tmp_path / "outside").exists()
    link = tarfile.TarInfo("model.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "link.tar.gz", "w:gz") as packed:
        packed.addfile(link)
    with pytest.raises(ModelsMissing):
        serve.unpacked(tmp_path / "link.tar.gz", folder)
    whole = tmp_path / "whole"
    whole.mkdir()
    serve.unpacked(archive(weights, tmp_path / "good.tar.gz"), whole)
    assert (whole / RESULT).is_file()
