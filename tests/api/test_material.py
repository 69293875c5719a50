"""What administrators bring to learn from, as they bring it: by the API, straight to S3."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from chalicelib.api import uploads
from tests.api.accounts import Api
from tests.api.world import ADA, ROOT, World, a_world, problem
from tests.pipeline.test_material import packed, sound

AGREED = {"given_on": "2026-11-20", "wording": "version 2"}
SOUND = {"name": "Talks", "language": "en", "kind": "sound", "consent": AGREED}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(PROBER="local.engines.pyav") as world:
        yield world


@pytest.fixture
def root(world: World) -> Api:
    return world.api(ROOT)


def begin(root: Api, **wanted: Any) -> str:
    answer = root.post("/admin/material", {**SOUND, **wanted})
    assert answer.status == 201, answer.body
    return f"/admin/material/{answer.json['id']}"


def send(root: Api, place: str, name: str, data: bytes) -> str:
    answer = root.post(f"{place}/files", {"file_name": name, "size": len(data)})
    assert answer.status == 201, answer.body
    form = answer.json["upload"]
    sent = requests.post(form["url"], data=form["fields"], files={"file": (name, data)}, timeout=10)
    assert sent.status_code == 204, sent.text
    return str(answer.json["file_name"])


def test_a_set_is_brought_checked_read_and_removed(world: World, root: Api) -> None:
    place = begin(root)
    hostile = '../<img src=x onerror="alert(1)">.txt'
    assert "/" not in send(root, place, hostile, b"Whose is this?")
    send(root, place, "one.wav", sound())
    send(root, place, "mistaken.wav", sound())
    for status in (204, 404):
        assert root.ask("DELETE", f"{place}/files?file_name=mistaken.wav").status == status
    send(root, place, "one.txt", b"Good morning everybody.")
    send(root, place, "more.zip", packed({"two.wav": sound(), "two.txt": b"Good evening everybody."}))
    found = root.get(place).json
    assert len(found["uploaded"]) == 4
    assert (found["material"]["stage"], found["findings"]) == ("open", [])
    assert root.post(f"{place}/check", {}).json["stage"] == "checking"
    world.service.settle()
    found = root.get(place).json
    material = found["material"]
    assert (material["stage"], material["files"], material["words"], material["left_out"]) == ("ready", 2, 6, 1)
    assert material["seconds"] == pytest.approx(6.0)
    assert material["consent"]["wording"] == "version 2"
    (finding,) = found["findings"]
    assert finding["reason"]["code"] == "material-no-sound"
    assert found["uploaded"] == []
    assert [one["id"] for one in root.get("/admin/material").json["sets"]] == [material["id"]]
    for path, body in (("files", {"file_name": "late.wav", "size": 9}), ("check", {})):
        assert problem(root.post(f"{place}/{path}", body), 409)["code"] == "material-closed"
    assert root.ask("DELETE", place).status == 204
    world.service.settle()
    assert root.get(place).status == 404
    assert root.ask("DELETE", place).status == 404


def test_a_large_file_goes_in_parts_and_goes_on_after_a_lost_connection(
    root: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SINGLE_UP_TO", 5)
    place = begin(root)
    size = len(b"a part")
    upload = root.post(f"{place}/files", {"file_name": "long.wav", "size": size}).json["upload"]
    assert upload["method"] == "multipart"
    named = {"file_name": "long.wav", "upload_id": upload["upload_id"]}
    (address,) = root.post(f"{place}/files/parts", {**named, "parts": [1]}).json["parts"]
    assert requests.put(address["url"], data=b"a part", timeout=10).status_code == 200
    (part,) = root.get(f"{place}/files/parts?{urlencode(named)}").json["parts"]
    done = {**named, "parts": [part]}
    for _ in range(2):
        assert root.post(f"{place}/files/complete", done).status == 204
    assert root.get(place).json["uploaded"] == [{"name": "long.wav", "size": 6}]
    assert problem(root.post(f"{place}/files/complete", {**done, "upload_id": "none", "file_name": "x"}), 404)


def test_parts_that_are_not_the_whole_file_are_refused(root: Api, world: World) -> None:
    place = begin(root)
    upload = root.post(f"{place}/files", {"file_name": "long.wav", "size": 200 * 1024**2}).json["upload"]
    named = {"file_name": "long.wav", "upload_id": upload["upload_id"]}
    (address,) = root.post(f"{place}/files/parts", {**named, "parts": [1]}).json["parts"]
    assert requests.put(address["url"], data=b"a part", timeout=10).status_code == 200
    (part,) = root.get(f"{place}/files/parts?{urlencode(named)}").json["parts"]
    done = {**named, "parts": [part]}
    assert problem(root.post(f"{place}/files/complete", done), 400)["code"] == "wrong-parts"
    assert root.get(place).json["uploaded"] == []
    assert root.post(f"{place}/files/complete", done).status == 404


@pytest.mark.parametrize("name", ["a" * 197 + ".wav", "あ" * 66 + ".wav", "a." + "b" * 199])
def test_names_that_would_be_shortened_are_refused(root: Api, world: World, name: str) -> None:
    place = begin(root)
    wanted = {"file_name": name, "size": 9}
    assert problem(root.post(f"{place}/files", wanted), 400)["code"] == "name-too-long"
    assert root.ask("DELETE", f"{place}/files?{urlencode({'file_name': name})}").status == 400
    for fitting in ("a" * 196 + ".wav", "folder/" * 20 + "Émile .wav ", "..."):
        assert root.post(f"{place}/files", {"file_name": fitting, "size": 9}).status == 201


def test_what_is_missing_or_cannot_be_is_told(root: Api, world: World) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"consent": None}, "consent-missing"),
        ({"consent": {**AGREED, "given_on": "2999-01-01"}}, "agreed-on"),
        ({"kind": "text", "purpose": "measure", "consent": None}, "measured-by-sound"),
    ]
    for wanted, code in wrong:
        assert problem(root.post("/admin/material", {**SOUND, **wanted}), 400)["code"] == code
    for wanted in ({"language": "English"}, {"kind": "film"}, {"name": " "}):
        assert root.post("/admin/material", {**SOUND, **wanted}).status == 400
    place = begin(root, kind="words", consent=None)
    assert problem(root.post(f"{place}/check", {}), 409)["code"] == "material-empty-set"
    assert root.post(f"{place}/files", {"file_name": "a.txt", "size": 3 * 1024**3}).status == 400
    assert root.get("/admin/material/0000").status == 404


@pytest.mark.parametrize("path", ["", "/0000", "/0000/files", "/0000/check", "/0000/files/parts"])
def test_it_is_for_administrators_alone(world: World, path: str) -> None:
    for email in (ADA, None):
        api = world.api(email)
        for method in ("GET", "POST", "DELETE"):
            assert api.ask(method, f"/admin/material{path}", {} if method == "POST" else None).status in {401, 403, 405}
