"""Becoming an administrator, and being invited: as AWS does it."""

from typing import Any

import boto3
import pytest

from chalicelib.settings import PREFIX
from deployment.admin import ADMINS, make_admin
from deployment.errors import DeploymentError
from deployment.target import Target
from tests.deployment.conftest import StandsWith

ADDRESS = "ada@rapporteur.example"


@pytest.fixture
def pool(session: boto3.Session, stands_with: StandsWith) -> str:
    """A pool with its group, and a deployed stage that names it."""
    cognito = session.client("cognito-idp")
    made = cognito.create_user_pool(PoolName="rapporteur-dev", UsernameAttributes=["email"])["UserPool"]["Id"]
    cognito.create_group(UserPoolId=made, GroupName=ADMINS)
    stands_with({f"{PREFIX}USER_POOL": made})
    return str(made)


def user(session: boto3.Session, pool: str) -> Any:
    return session.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=ADDRESS)


def administrators(session: boto3.Session, pool: str) -> list[str]:
    found = session.client("cognito-idp").list_users_in_group(UserPoolId=pool, GroupName=ADMINS)["Users"]
    return [one["Username"] for one in found]


def test_who_has_no_account_is_invited_with_an_address_that_reports_reach(session: boto3.Session, pool: str) -> None:
    said: list[str] = []
    make_admin(Target.by_name("dev"), ADDRESS, session, said.append)
    made = user(session, pool)
    attributes = {one["Name"]: one["Value"] for one in made["UserAttributes"]}
    assert attributes["email"] == ADDRESS
    assert attributes["email_verified"] == "true", "a token without it has no address, and its owner gets no report"
    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD", "as AWS leaves those who were invited"
    assert administrators(session, pool) == [made["Username"]]
    assert "invitation" in said[1]


def test_who_has_an_account_keeps_it_and_is_told_to_sign_in_again(session: boto3.Session, pool: str) -> None:
    make_admin(Target.by_name("dev"), ADDRESS, session, lambda _: None)
    before = user(session, pool)
    said: list[str] = []
    make_admin(Target.by_name("dev"), ADDRESS, session, said.append)
    assert user(session, pool)["UserCreateDate"] == before["UserCreateDate"]
    assert len(administrators(session, pool)) == 1
    assert "sign in again" in said[1]


def test_a_stage_that_does_not_stand_is_named(session: boto3.Session, pool: str) -> None:
    with pytest.raises(DeploymentError, match="no stage other in us-east-1"):
        make_admin(Target.by_name("other"), ADDRESS, session, lambda _: None)
