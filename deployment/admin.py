"""`make admin`: somebody becomes an administrator; who has no account yet is invited to make one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3

from chalicelib.domain.passwords import opaque
from deployment.errors import DeploymentError
from deployment.stage import settings_of
from deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

ADMINS = "admin"
"""The group of the user pool whose members administer: `chalicelib/clients/tokens.py` looks for it in tokens."""


def make_admin(target: Target, email: str, session: boto3.Session, say: Callable[[str], None]) -> None:
    """Make the account of `email` an administrator's. Done twice, it is done once. Raises DeploymentError."""
    pool = settings_of(target, session).user_pool
    if pool is None:
        raise DeploymentError(f"The stage {target.stage} has no accounts: RAPPORTEUR_USER_POOL is not set.")
    cognito = session.client("cognito-idp")
    invited = invite(cognito, pool, email)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=ADMINS)
    say(f"{email} is an administrator of the stage {target.stage}")
    if invited:
        say("Cognito has sent an invitation there: it has a password for the first sign-in, good for 7 days")
    else:
        say("whoever is signed in as that has to sign in again: only a new token says that they administer")


def invite(cognito: "CognitoIdentityProviderClient", pool: str, email: str, password: str | None = None) -> bool:
    """Make an account for `email`, with a temporary password that Cognito mails there. Returns False if it has one.

    With a `password` that is the temporary one, and no mail is sent. The address counts as verified: an administrator
    vouches for it. Cognito would not set that by itself, not even at the first sign-in, and there would be no report.
    """
    quietly = {"MessageAction": "SUPPRESS", "TemporaryPassword": opaque(password)} if password is not None else {}
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            DesiredDeliveryMediums=["EMAIL"],
            **quietly,  # type: ignore[arg-type]
        )
    except cognito.exceptions.UsernameExistsException:
        return False
    return True
