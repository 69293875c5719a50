"""`python -m local serve`: everything that the pages need, from one process that keeps what it is given."""

import base64
import json
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.harness.media import make_audio
from tests.harness.processes import commands
from tests.harness.started import ROOT
from tests.local.serving import CANNED, EMAIL, PASSWORD, Serving, serving, start, until

pytestmark = pytest.mark.xdist_group("serve")  # one server for all of them
MB = 1024**2
POLICY = "default-src 'none'"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("service") / "data", *CANNED) as running:
        assert running.sign_in().status_code == 200
        yield running


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_audio(tmp_path_factory.mktemp("media") / "talk.mp3", 2.0)


@pytest.fixture(scope="module")
def asset(server: Serving, recording: Path) -> dict[str, str]:
    """A recording that was uploaded and worked on."""
    return server.completed(server.upload(recording))


def get(server: Serving, path: str, **headers: str) -> requests.Response:
    return requests.get(server.base + path, headers=headers, timeout=20)


def media(server: Serving, asset_id: str) -> str:
    answer = server.api("GET", f"/assets/{asset_id}/media/audio")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def test_from_upload_to_media_and_mail(server: Serving, asset: dict[str, str]) -> None:
    assert [rendition["preset"] for rendition in asset["renditions"]] == ["audio"]  # type: ignore[index]
    whole = requests.get(media(server, asset["id"]), timeout=20)
    assert whole.status_code == 200
    assert whole.headers["Content-Type"] == "application/octet-stream" or "audio" in whole.headers["Content-Type"]
    assert len(whole.content) == int(whole.headers["Content-Length"]) > 1000
    until(server.mails, bool, 20)
    names = server.mails()
    page = get(server, f"/mailbox/{names[-1]}")
    assert EMAIL in page.text
    assert "talk.mp3" in page.text
    frame = get(server, f"/mailbox/{names[-1]}/html")
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "allow-scripts" not in frame.headers["Content-Security-Policy"]
    assert get(server, f"/mailbox/{names[-1]}/raw").content.count(b"\nDate: ") <= 1
    assert "talk.mp3" in get(server, "/mailbox").text


def test_a_mail_that_is_none_is_not_found(server: Serving) -> None:
    for name in ("nothing", "../../journal.sqlite", "%2e%2e", "00000000000000000000-00000000"):
        assert requests.get(f"{server.base}/mailbox/{name}/raw", timeout=20).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=100-", 206, 100, -1),
        ("bytes=-10", 206, -10, -1),
        ("bytes=5-99999999", 206, 5, -1),
        ("bytes=0-1,5-6", 200, 0, -1),
        ("lines=1-2", 200, 0, -1),
    ],
)
def test_media_is_had_in_ranges(
    server: Serving, asset: dict[str, str], asked: str, status: int, first: int, last: int
) -> None:
    url = media(server, asset["id"])
    whole = requests.get(url, timeout=20).content
    piece = requests.get(url, headers={"Range": asked}, timeout=20)
    wanted = whole[first:] if last == -1 else whole[first : last + 1]
    assert (piece.status_code, piece.content) == (status, wanted)
    if status == 206:
        begin = first % len(whole)
        assert piece.headers["Content-Range"] == f"bytes {begin}-{begin + len(wanted) - 1}/{len(whole)}"


def test_a_range_beyond_the_end_and_what_is_known_already(server: Serving, asset: dict[str, str]) -> None:
    url = media(server, asset["id"])
    whole = requests.head(url, timeout=20)
    size = whole.headers["Content-Length"]
    assert (whole.status_code, whole.content) == (200, b"")
    beyond = requests.get(url, headers={"Range": f"bytes={size}-"}, timeout=20)
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert requests.get(url, headers={"If-None-Match": whole.headers["ETag"]}, timeout=20).status_code == 304
    stale = requests.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'}, timeout=20)
    assert stale.status_code == 200


def test_an_address_that_was_not_signed_like_this_is_refused(server: Serving, asset: dict[str, str]) -> None:
    url = media(server, asset["id"])
    path, _, query = url.partition("?")
    bucket = path.split("/")[4]
    expires = next(part for part in query.split("&") if "Expires=" in part)
    later = f"{expires.partition('=')[0]}={int(expires.partition('=')[2]) + 1000}"
    for forged in (
        path,
        f"{path}x?{query}",
        f"{path.replace('/audio/', '/web/')}?{query}",
        f"{path.replace(bucket, bucket.replace('output', 'uploads'))}?{query}",
        f"{path}?{query.replace(expires, later)}",
        f"{path}?{query}&response-content-type=text%2Fhtml",
    ):
        answer = requests.get(forged, timeout=20)
        assert answer.status_code == 403, (forged, answer.text)
        assert "<Code>" in answer.text
    assert requests.put(url, data=b"x", timeout=20).status_code == 403
    assert requests.delete(url, timeout=20).status_code == 405


def test_a_form_takes_only_what_was_announced(server: Serving) -> None:
    announced = server.announce("talk.mp3", 100)
    fields = announced["upload"]["fields"]
    policy = json.loads(base64.b64decode(fields["policy"]))
    widened = policy | {"conditions": [*policy["conditions"][:1], ["starts-with", "$key", ""]]}
    for altered, body, status in (
        (fields, b"x" * 99, 400),
        (fields, b"x" * 101, 400),
        (fields | {"key": fields["key"] + "x"}, b"x" * 100, 403),
        (fields | {"Content-Type": "text/html"}, b"x" * 100, 403),
        (fields | {"acl": "public-read"}, b"x" * 100, 403),
        (fields | {"policy": base64.b64encode(json.dumps(widened).encode()).decode()}, b"x" * 100, 403),
    ):
        form = announced["upload"] | {"fields": altered}
        assert server.send(announced | {"upload": form}, body).status_code == status
    assert server.asset(announced["asset"]["id"])["status"] == "awaiting-upload"


def test_a_large_file_goes_up_in_parts(server: Serving, recording: Path) -> None:
    body = recording.read_bytes()
    body += bytes(101 * MB - len(body))  # players and ffmpeg pass over what follows the last frame
    announced = server.announce("long.mp3", len(body))
    upload, path = announced["upload"], f"/assets/{announced['asset']['id']}/upload"
    assert upload["method"] == "multipart"
    named = {"upload_id": upload["upload_id"], "parts": list(range(1, upload["parts"] + 1))}
    addresses = server.api("POST", f"{path}/parts", json=named).json()["parts"]
    size = upload["part_size"]
    etags = {}
    for part in addresses[1:] + addresses[:1]:
        number = part["number"]
        sent = requests.put(part["url"], data=body[(number - 1) * size : number * size], timeout=20)
        assert sent.status_code == 200, sent.text
        etags[number] = sent.headers["ETag"]
    there = server.api("GET", f"{path}/parts?upload_id={upload['upload_id']}").json()["parts"]
    assert {part["number"]: part["etag"] for part in there} == etags
    wrong = requests.put(addresses[0]["url"].replace("partNumber=1", "partNumber=2"), data=b"x", timeout=20)
    assert wrong.status_code == 403
    done = {"upload_id": upload["upload_id"], "parts": [{"number": n, "etag": e} for n, e in etags.items()]}
    assert server.api("POST", f"{path}/complete", json=done).status_code == 200
    uploaded = server.completed(announced["asset"]["id"])
    assert uploaded["size"] == len(body)


def test_what_every_answer_carries(server: Serving, asset: dict[str, str]) -> None:
    for url in (f"{server.base}/", f"{server.base}/api/me", f"{server.base}/mailbox", media(server, asset["id"])):
        answer = requests.get(url, timeout=20)
        assert answer.headers["Content-Security-Policy"].startswith(POLICY), url
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_request_for_another_host_is_refused(server: Serving) -> None:
    port = server.base.rpartition(":")[2]
    for host, status in (
        ("evil.example", 421),
        (f"evil.example:{port}", 421),
        ("localhost.evil.example", 421),
        (f"localhost:{port}", 200),
        (f"[::1]:{port}", 200),
        ("127.0.0.1", 200),
    ):
        assert get(server, "/config.json", Host=host).status_code == status, host


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/..%2fpyproject.toml",
        "/vendor/../../README.md",
        "/%00",
        f"/{'x' * 256}",
    ],
)
def test_nothing_outside_the_pages_is_served(server: Serving, path: str) -> None:
    host, port = server.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := connection.recv(4096):
            answer += data
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), answer


def test_pages_are_asked_for_anew_and_text_is_zipped(server: Serving) -> None:
    script = get(server, "/api.js")
    assert (script.headers["Content-Encoding"], script.headers["Vary"]) == ("gzip", "Accept-Encoding")
    plain = get(server, "/api.js", **{"Accept-Encoding": "identity"})
    assert ("Content-Encoding" in plain.headers, plain.content) == (False, script.content)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert get(server, "/api.js", **{"If-None-Match": script.headers["ETag"]}).status_code == 304
    assert get(server, "/config.json").json() == {"api": "/api"}
    description = get(server, "/api/openapi.json", **{"Accept-Encoding": "gzip"})
    assert description.headers["Content-Encoding"] == "gzip"
    assert description.json()["openapi"]
    assert "Content-Encoding" not in get(server, "/api/openapi.json", **{"Accept-Encoding": "identity"}).headers


def test_an_account_is_made_confirmed_and_given_a_new_password(server: Serving) -> None:
    address, first, second = "Ada@Rapporteur.example", "Correct-horse-9", "Battery-staple-7"
    browser = server.at_sign_in("signup")
    browser.send(email=address, password="short")
    assert browser.error and "at least 12 characters" in browser.error
    browser.send(email=address, password=first)
    assert browser.step == "confirm"
    ada = Serving(server.process, server.base)
    code = server.code()
    elsewhere = server.at_sign_in()
    elsewhere.send(email=address, password=first)
    assert elsewhere.step == "confirm", "nobody has confirmed it yet"
    browser.send(email=address, code=f"{(int(code) + 1) % 10**6:06}")
    assert browser.error and "not the code" in browser.error
    browser.send(email=address, code=code)
    assert "code" in browser.told
    assert ada.sign_in(address, first).status_code == 200
    me = ada.api("GET", "/me").json()
    assert (me["email"], me["is_admin"]) == (address.lower(), False)
    assert ada.api("GET", "/assets").json()["assets"] == []

    browser = server.at_sign_in("forgotPassword")
    browser.send(email=address)
    assert browser.step == "confirmForgotPassword"
    code = server.code()
    browser.send(email=address, code="000000x", password=second)
    assert browser.page.status_code == 400
    assert ada.sign_in(address, second).status_code == 400
    browser.send(email=address, code=code, password=second)
    assert browser.step == "login"
    assert ada.sign_in(address, first).status_code == 400
    assert ada.sign_in(address, second).status_code == 200
    again = server.at_sign_in("confirmForgotPassword")
    again.send(email=address, code=code, password=first)
    assert again.error and "no longer works" in again.error

    moved = [{"Name": "email", "Value": "ada@new.example"}]
    token = ada.tokens["access_token"]
    assert server.cognito("UpdateUserAttributes", AccessToken=token, UserAttributes=moved).status_code == 200
    assert ada.sign_in(address, second).status_code == 200  # until it is confirmed, the old address counts
    token, refresh = ada.tokens["access_token"], ada.tokens["refresh_token"]
    sent = server.cognito("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=server.code())
    assert sent.status_code == 200
    browser = server.at_sign_in()
    ada.tokens = browser.renew(refresh).json()
    assert ada.api("GET", "/me").json() == me | {"email": "ada@new.example"}
    assert browser.revoke(refresh).status_code == 200
    assert browser.renew(refresh).json() == {"error": "invalid_grant"}
    asked = {"AccessToken": ada.tokens["access_token"], "AttributeName": "email"}
    assert server.cognito("GetUserAttributeVerificationCode", **asked).json()["__type"] == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("AdminCreateUser", {"UserPoolId": "x", "Username": "eve"}),
        ("AdminSetUserPassword", {"Username": EMAIL, "Password": "Eve-was-here-1", "Permanent": True}),
        ("InitiateAuth", {"AuthFlow": "USER_SRP_AUTH", "AuthParameters": {"USERNAME": EMAIL, "SRP_A": "1"}}),
        ("InitiateAuth", {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": EMAIL, "PASSWORD": "x"}}),
        ("VerifyUserAttribute", {"AccessToken": "x", "AttributeName": "email", "Code": "1"}),
        ("UpdateUserAttributes", {"AccessToken": "x", "UserAttributes": [{"Name": "email", "Value": EMAIL}]}),
    ],
)
def test_cognito_gives_nobody_what_is_not_theirs(server: Serving, action: str, body: dict[str, object]) -> None:
    answer = server.cognito(action, ClientId=server.client_id, **body)
    assert answer.status_code == 400
    assert answer.json()["__type"]
    assert server.sign_in().status_code == 200


def test_a_restart_keeps_all(tmp_path: Path, recording: Path) -> None:
    data = tmp_path / "data"
    with serving(data, *CANNED) as before:
        before.sign_in()
        asset_id = before.upload(recording)
        before.completed(asset_id)
        until(before.mails, bool, 20)
        mails = before.mails()
        asset = until(lambda: before.asset(asset_id), lambda asset: asset["report"] == "delivered", 20)
        body = requests.get(media(before, asset_id), timeout=20).content
        parted = before.announce("long.mp3", 101 * MB)
        named = {"upload_id": parted["upload"]["upload_id"], "parts": [1]}
        path = f"/assets/{parted['asset']['id']}/upload/parts"
        [part] = before.api("POST", path, json=named).json()["parts"]
        assert requests.put(part["url"], data=b"x" * parted["upload"]["part_size"], timeout=20).status_code == 200
        me = before.api("GET", "/me").json()
        tokens = before.tokens
        before.process.kill()
        before.process.wait()
    assert PASSWORD.encode() not in (data / "journal.sqlite").read_bytes()
    orphan = data / "objects" / "nobodys"
    orphan.touch()
    with serving(data, *CANNED) as after:
        after.tokens = tokens
        assert after.api("GET", "/me").json() == me
        assert after.asset(asset_id) == asset
        assert requests.get(media(after, asset_id), timeout=20).content == body
        assert after.mails() == mails
        there = after.api("GET", f"{path}?upload_id={named['upload_id']}").json()["parts"]
        assert [found["number"] for found in there] == [1]
        assert after.at_sign_in().renew(tokens["refresh_token"]).status_code == 200
        assert after.sign_in(EMAIL, "wrong").status_code == 400
        assert after.sign_in().status_code == 200
        assert not orphan.exists()
        # What is deleted is gone from the disk as well.
        until(lambda: after.api("DELETE", f"/assets/{asset_id}").status_code, lambda status: status == 204, 20)
        assert after.api("GET", f"/assets/{asset_id}").status_code == 404
        assert not [path for path in (data / "objects").iterdir() if path.read_bytes() == body]


def test_after_a_kill_the_work_goes_on(tmp_path: Path) -> None:
    data, source = tmp_path / "data", ROOT / "samples" / "debate.mp4"
    with serving(data, *CANNED) as before:
        before.sign_in()
        asset_id = before.upload(source, presets=["gif"])
        until(lambda: before.asset(asset_id), lambda asset: asset["status"] == "processing", 30)
        before.process.kill()
        before.process.wait()
    with serving(data, *CANNED) as after:
        after.sign_in()
        asset = after.completed(asset_id, 120)
        assert {name: branch["status"] for name, branch in asset["branches"].items()} == {
            "renditions": "done",
            "speech": "done",
            "language": "done",
        }
        assert asset["version"] == 1
        assert len(until(after.mails, bool, 20)) == 1


def test_ctrl_c_ends_it_in_a_moment_also_during_work(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as running:
        running.sign_in()
        asset_id = running.upload(ROOT / "samples" / "debate.mp4")
        until(lambda: running.asset(asset_id), lambda asset: asset["status"] == "processing", 30)
        running.process.send_signal(signal.SIGINT)
        said, _ = running.process.communicate(timeout=10)
        assert running.process.returncode == 0, said
        assert "stopped" in said
        assert "Traceback" not in said
    assert not (data / "scratch").exists()
    assert not [command for command in commands() if str(data) in command]


def test_a_port_or_folder_that_is_taken_is_told_in_a_sentence(server: Serving, tmp_path: Path) -> None:
    port = server.base.rpartition(":")[2]
    taken = start(tmp_path / "other", "--port", port)
    said, _ = taken.communicate(timeout=30)
    assert taken.returncode == 2
    assert "Traceback" not in said
    assert f"Port {port} of 127.0.0.1 cannot be had" in said
    with serving(tmp_path / "one", *CANNED):
        second = start(tmp_path / "one", "--port", "0")
        said, _ = second.communicate(timeout=30)
        assert second.returncode == 2
        assert "used by another Rapporteur" in said
        assert "Traceback" not in said


def test_what_cannot_be_written_down_ends_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, *CANNED) as running:
        running.sign_in()
        with closing(sqlite3.connect(data / "journal.sqlite")) as journal, journal:
            journal.execute("ALTER TABLE items RENAME TO lost")
        refused = running.api("POST", "/assets", json={"file_name": "a.mp3", "size": 1})
        assert refused.status_code == 500
        said, _ = running.process.communicate(timeout=20)
        assert running.process.returncode == 2
        assert "cannot be written to: no such table: items" in said
        assert "Traceback" not in said
        with closing(sqlite3.connect(data / "journal.sqlite")) as journal, journal:
            journal.execute("ALTER TABLE lost RENAME TO items")
    with serving(data, *CANNED) as again:
        again.sign_in()
        assert again.api("GET", "/assets").json()["assets"] == []


def test_many_ask_at_once(server: Serving) -> None:
    answers: list[int] = []
    asking = [
        threading.Thread(target=lambda: answers.append(server.api("GET", "/assets").status_code)) for _ in range(20)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert answers == [200] * 20
