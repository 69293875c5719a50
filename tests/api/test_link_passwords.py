"""A link with a password: what is kept of it, what opens it, and how often one may guess."""

import time
import unicodedata
from typing import Any

import boto3
import pytest

from chalicelib.domain import links
from chalicelib.domain.accounts import Token
from tests.api.test_link_parts import OPENED_BY
from tests.api.world import ADA, World, everything_stored, problem

RIGHT = "Où est la clé ?"
DAY = 24 * 3600


def share(world: World, **wanted: Any) -> tuple[str, str]:
    """A link with a password. Returns where it is changed, and where strangers ask."""
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}/shares"
    made = ada.post(path, {"password": RIGHT, **wanted})
    assert made.status == 201, made.body
    assert made.json["has_password"]
    assert RIGHT.encode() not in made.body
    return f"{path}/{made.json['id']}", f"/shared/{made.json['token']}"


def tried(world: World, shared: str, password: str) -> Any:
    return world.api(None).post(f"{shared}/proof", {"password": password})


def opened(world: World, shared: str, proof: str) -> int:
    return world.api(None).get(shared, Authorization=f"Bearer {proof}").status


def test_nothing_of_a_link_with_a_password_is_told_without_the_proof_of_it(world: World) -> None:
    _, shared = share(world)
    stranger = world.api(None)
    paths = [path.replace("/shared/{token}", shared) for path in OPENED_BY]
    for path in paths:
        assert problem(stranger.get(path), 401)["code"] == "password", path
        assert problem(stranger.get(path, Authorization="Bearer proof_1_0"), 401)["code"] == "password"
    told = tried(world, shared, RIGHT)
    assert told.status == 200
    assert told.headers["cache-control"] == "no-store"
    assert "set-cookie" not in told.headers
    proof = told.json["proof"]
    assert time.time() < told.json["expires_at"] <= time.time() + links.PROOF_SECONDS
    assert stranger.get(f"{shared}/lines", Authorization=f"Bearer {proof}").status == 200
    assert opened(world, shared, proof) == 200
    assert opened(world, shared, proof.replace("proof_1", "proof_9")) == 401, "its end cannot be put off"
    assert problem(stranger.get(f"{shared}?proof={proof}"), 400), "never in an address"


def test_a_proof_is_of_one_link_and_one_password_and_ends(world: World) -> None:
    one, shared = share(world)
    _, other = share(world)
    ada = world.api(ADA)
    proof = tried(world, shared, RIGHT).json["proof"]
    assert opened(world, other, proof) == 401
    ada.ask("PATCH", one, {"name": "clerk"})
    assert opened(world, shared, proof) == 200
    assert ada.ask("PATCH", one, {"password": "something else"}).json["has_password"]
    assert opened(world, shared, proof) == 401
    proof = tried(world, shared, "something else").json["proof"]
    world.service.clock.shift(links.PROOF_SECONDS + 1)
    assert opened(world, shared, proof) == 401
    assert not world.api(ADA).ask("PATCH", one, {"password": None}).json["has_password"]
    assert opened(world, shared, "") == 200
    assert problem(tried(world, shared, RIGHT), 409)["code"] == "no-password"


def test_letters_are_the_same_however_a_keyboard_sends_them(world: World) -> None:
    _, shared = share(world)
    assert tried(world, shared, unicodedata.normalize("NFD", RIGHT)).status == 200
    assert problem(tried(world, shared, RIGHT.lower()), 403)["code"] == "wrong-password"


def test_wrong_passwords_close_a_link_for_longer_and_longer_and_the_right_one_forgets_them(world: World) -> None:
    _, shared = share(world)
    pauses = [links.pause(count) for count in range(1, 20)]
    assert pauses == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, *[900] * 5]
    for pause in pauses[:8]:
        refused = tried(world, shared, "wrong")
        assert problem(refused, 403)["code"] == "wrong-password"
        assert refused.json.get("retry_after", 0) == pause
        if pause:
            closed = tried(world, shared, RIGHT)
            told = problem(closed, 429)
            assert told["code"] == "too-many-tries"
            assert 0 < told["retry_after"] <= pause
            assert closed.headers["retry-after"] == str(told["retry_after"])
            world.service.clock.shift(pause + 1)
    assert tried(world, shared, RIGHT).status == 200
    assert problem(tried(world, shared, "wrong"), 403).get("retry_after") is None


def test_who_knew_the_password_reads_on_while_others_guess(world: World) -> None:
    one, shared = share(world)
    proof = tried(world, shared, RIGHT).json["proof"]
    for _ in range(6):
        tried(world, shared, "wrong")
    problem(tried(world, shared, RIGHT), 429)
    assert opened(world, shared, proof) == 200
    world.api(ADA).ask("PATCH", one, {"password": "another one"})
    assert tried(world, shared, "another one").status == 200, "its owner has opened it again"


def test_those_who_guess_at_the_same_time_have_no_more_tries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, shared = share(world)
    users, token = world.service.services.users, Token.parse(shared.rpartition("/")[2])
    assert token is not None
    known = users.verified(token)
    assert known is not None
    taken = [users.begin_try(token.owner, known, time.time(), 0) for _ in range(5)]
    assert taken == [True, False, False, False, False], "of those who read the same, one may try"
    looked: list[int] = []

    def meanwhile(password: str, stored: str) -> bool:
        """While a password is looked at, somebody tries the next one."""
        del password, stored
        looked.append(1)
        problem(tried(world, shared, "a guess"), 403 if len(looked) < links.FREE_TRIES else 429)
        return False

    monkeypatch.setattr(links, "is_password", meanwhile)
    tried(world, shared, "a guess")
    assert len(looked) == links.FREE_TRIES, "one was counted before; the sixth closed the link before it was looked at"


def test_the_password_is_kept_only_as_a_slow_hash_that_is_told_to_nobody(world: World) -> None:
    one, shared = share(world, name="clerk")
    stored = everything_stored(world)
    assert RIGHT not in stored
    users, token = world.service.services.users, Token.parse(shared.rpartition("/")[2])
    assert token is not None
    known = users.verified(token)
    assert known is not None
    assert known.password is not None
    assert known.password in stored
    ada = world.api(ADA)
    for path in (one.rpartition("/")[0], "/me/shares", "/me"):
        assert known.password.encode() not in ada.get(path).body
    world.service.settle()
    assert links.hashed(RIGHT) != links.hashed(RIGHT), "each has a salt of its own"
    ada.ask("DELETE", "/me")
    world.service.clock.shift(DAY)
    world.service.settle()
    items = boto3.client("dynamodb").scan(TableName=world.service.services.settings.users_table)["Items"]
    assert known.password not in repr(items)


def test_a_password_is_eight_characters_at_least(world: World) -> None:
    ada = world.api(ADA)
    path = f"/assets/{world.upload(ada)['id']}/shares"
    for wrong in ("", "7 chars", "x" * 201, 12345678, "\ud800" * 8):
        problem(ada.post(path, {"password": wrong}), 400)
    assert not ada.post(path, {"password": None}).json["has_password"]
