"""Signing in on one machine, by the authorization code flow with PKCE: the whole way, and how long each thing holds."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest

from local.aws import ses
from local.aws.sign_in import AuthorizationCodes, Grant, Locks, Visits
from tests.local.accounts_door import ADA, PASSWORD, REGION, Door, opened

NEW = "Battery-staple-7"
NOBODY = "nobody@rapporteur.example"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path / "data") as door:
        yield door


def code_in_mail() -> str:
    found = re.search(rb"your code is (\d{6})", ses.sent(REGION)[-1].raw)
    assert found
    return found[1].decode()


# ---- redeeming


def test_a_code_is_good_for_five_minutes(door: Door) -> None:
    browser = door.came_back()
    door.later = 299
    assert browser.token().status_code == 200
    browser = door.came_back()
    door.later = 600
    assert browser.token().json() == {"error": "invalid_grant"}


def test_a_code_of_an_account_that_is_locked_or_gone_is_worth_nothing(door: Door) -> None:
    cognito, who = boto3.client("cognito-idp"), {"UserPoolId": door.accounts.pool_id, "Username": door.owner}
    locked, gone = door.came_back(), door.came_back()
    cognito.admin_disable_user(**who)
    assert locked.token().json() == {"error": "invalid_grant"}
    cognito.admin_delete_user(**who)
    assert gone.token().json() == {"error": "invalid_grant"}


# ---- renewing and leaving


def test_a_refresh_token_holds_for_thirty_days_or_until_it_is_revoked(door: Door) -> None:
    browser, tokens = door.browser(), door.sign_in()
    renewed = browser.renew(tokens["refresh_token"]).json()
    assert set(renewed) == {"id_token", "access_token", "expires_in", "token_type"}
    for changed in ({"refresh_token": None}, {"client_id": None}):
        assert browser.renew("x", **changed).json() == {"error": "invalid_request"}
    assert browser.renew("guessed").json() == {"error": "invalid_grant"}
    door.accounts._signed_in_at[tokens["refresh_token"]] -= 31 * 24 * 3600
    assert browser.renew(tokens["refresh_token"]).json() == {"error": "invalid_grant"}


def test_who_has_signed_in_is_not_asked_again_for_an_hour_unless_they_sign_out(door: Door) -> None:
    browser = door.came_back()
    again = f"{door.base}/cognito/oauth2/authorize?{browser.query}"
    browser.open(again)
    assert browser.token().status_code == 200
    assert browser.open(f"{again}&prompt=login").status_code == 200
    assert browser.step == "login"
    door.later = 3700
    browser.open(again)
    assert browser.step == "login"

    door.later = 0
    browser = door.came_back()
    again = f"{door.base}/cognito/oauth2/authorize?{browser.query}"
    leave = f"{door.base}/cognito/logout?client_id={browser.client_id}&logout_uri="
    for elsewhere in ("https://evil.example/", f"{door.base}/else", ""):
        assert browser.open(leave + quote(elsewhere)).status_code == 400
    assert browser.open(leave.replace(browser.client_id, "x") + quote(f"{door.base}/")).status_code == 400
    assert browser.open(leave + quote(f"{door.base}/")).headers["Location"] == f"{door.base}/"
    browser.open(again)
    assert browser.step == "login"


def test_who_was_locked_since_is_asked_again(door: Door) -> None:
    browser = door.came_back()
    boto3.client("cognito-idp").admin_disable_user(UserPoolId=door.accounts.pool_id, Username=door.owner)
    browser.open(f"{door.base}/cognito/oauth2/authorize?{browser.query}")
    assert browser.step == "login"


# ---- guessing


def test_a_name_is_locked_after_five_wrong_passwords_and_longer_each_time(door: Door) -> None:
    browser = door.browser()
    for name in (ADA, NOBODY):  # a lock tells nobody that there is such an account
        for _ in range(5):
            browser.send(email=name, password="wrong")
            assert browser.error == "The address or the password is not right."
        browser.send(email=name, password=PASSWORD)
        assert browser.error == "Too many tries. Wait a while, then try again."
    door.later = 2
    browser.send(email=ADA, password="wrong")
    door.later = 3
    browser.send(email=ADA.upper(), password=PASSWORD)
    assert browser.error == "Too many tries. Wait a while, then try again."
    door.later = 10
    browser.send(email=ADA, password=PASSWORD)
    assert "code" in browser.told


def test_who_guesses_by_another_name_of_an_account_has_no_more_tries(door: Door) -> None:
    browser = door.browser()
    for name in (ADA, door.owner) * 2 + (f" {ADA.upper()} ",):
        browser.send(email=name, password="wrong")
        assert browser.error == "The address or the password is not right."
    for name in (door.owner, ADA):
        browser.send(email=name, password=PASSWORD)
        assert browser.error == "Too many tries. Wait a while, then try again."


def test_locks_double_up_to_a_quarter_of_an_hour_and_are_forgiven_after_another() -> None:
    now = [0.0]
    locks = Locks(lambda: now[0])
    for count in range(1, 30):
        locks.note_wrong("ada")
        seconds = 0 if count < 5 else min(2 ** (count - 5), 900)
        now[0] += max(seconds - 0.1, 0)
        assert locks.is_locked("ada") == (count >= 5), count
        now[0] += 0.2
        assert not locks.is_locked("ada"), count
    now[0] += 901
    for _ in range(4):
        locks.note_wrong("ada")
    assert not locks.is_locked("ada")
    locks.note_wrong("ada")
    assert locks.is_locked("ada")
    locks.note_right("ada")
    assert not locks.is_locked("ada")


def test_a_new_password_takes_the_code_that_was_mailed(door: Door) -> None:
    browser = door.browser("forgotPassword")
    browser.send(email=ADA)
    code = code_in_mail()
    browser.send(email=ADA, code=code, password="weak")
    assert browser.error
    assert "at least 12" in browser.error
    browser.send(email=ADA, code=f"{(int(code) + 1) % 10**6:06}", password=NEW)
    assert browser.error == "This is not the code that was sent. Check it and try again."
    full_width = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)
    browser.send(email=ADA, code=f" {full_width[:3]}\u3000{full_width[3:]}", password=NEW)
    assert browser.step == "login"
    assert "Your password is changed." in browser.page.text
    browser.send(email=ADA, password=NEW)
    assert "code" in browser.told


def test_another_code_is_sent_to_who_asks_for_it(door: Door) -> None:
    browser = door.browser("forgotPassword")
    browser.send(email=ADA)
    first = code_in_mail()
    browser.send(email=ADA, again="1")
    assert browser.step == "confirmForgotPassword"
    assert "A new code is on its way." in browser.page.text
    assert len(ses.sent(REGION)) == 2
    if code_in_mail() != first:
        browser.send(email=ADA, code=first, password=NEW)
        assert browser.error
    browser.send(email=ADA, code=code_in_mail(), password=NEW)
    assert browser.step == "login"


def test_whoever_guesses_at_codes_has_few_of_them_in_an_hour_whether_there_is_an_account_or_not(door: Door) -> None:
    for address in (ADA, NOBODY):
        browser = door.browser("forgotPassword")
        browser.send(email=address)
        for _ in range(4):
            browser.send(email=address, again="1")
            assert browser.error is None
        browser.send(email=address, again="1")
        assert browser.error == "Too many tries. Wait a while, then try again."
        other = door.browser("forgotPassword")
        other.send(email=address)
        assert other.error == "Too many tries. Wait a while, then try again."
        browser.send(email=address, code="x", password=NEW)
        assert browser.error == "This is not the code that was sent. Check it and try again."
    assert len(ses.sent(REGION)) == 5


def test_who_has_no_account_reads_what_everybody_reads(door: Door) -> None:
    """PreventUserExistenceErrors, as the template has it."""
    read = {}
    for name in (ADA, NOBODY):
        browser = door.browser("forgotPassword")
        pages = [browser.send(email=name)]
        pages += [browser.send(email=name, code="000000", password=password) for password in ("weak", NEW)]
        pages += [browser.send(email=name, code="000000", password=NEW) for _ in range(6)]
        pages.append(browser.send(email=name, again="1"))
        signing_in = door.browser()
        pages.append(signing_in.send(email=name, password="wrong"))
        confirming = door.browser("confirm")
        pages += [confirming.send(email=name, again="1"), confirming.send(email=name, code="000000")]
        read[name] = [(page.status_code, _without_names(page.text, name)) for page in pages]
    assert read[ADA] == read[NOBODY]


def _without_names(page: str, address: str) -> str:
    page = re.sub(r'(value=")[^"]*', r"\1", page).replace(address, "")
    return re.sub(r"(state|code_challenge)=[^&\"]+", "", page)


def test_the_code_of_a_new_account_signs_in_the_browser_alone_that_knows_the_password(door: Door) -> None:
    browser = door.browser("signup")
    browser.send(email="eve@rapporteur.example", password=PASSWORD)
    code = code_in_mail()
    other = door.browser("confirm")
    other.send(email="eve@rapporteur.example", code=code)
    assert (other.step, other.told) == ("login", {})
    assert "Your address is confirmed." in other.page.text


# ---- by themselves


def test_codes_and_visits_do_not_gather() -> None:
    now = [0.0]
    codes, visits = AuthorizationCodes(lambda: now[0]), Visits(lambda: now[0])
    for _ in range(100):
        now[0] += 60
        codes.issue(Grant("ada", "web", "http://localhost/", "x"))
        visits.begin()
    assert len(codes._grants) <= 6
    assert len(visits._visits) <= 61
    for _ in range(10_100):
        visits.begin()
    assert len(visits._visits) <= 10_000
