"""/cognito/…: all that stands for Cognito on one machine."""

import time

from local.aws.accounts import SIGN_IN_PATH, Accounts
from local.aws.sign_in import AuthorizationCodes, Clock, Locks, Visits
from local.aws.user_pool import People
from local.http import oauth, sign_in
from local.http.cognito import CognitoDoor
from local.http.server import Door


def doors(
    accounts: Accounts, sender: str, turn: oauth.Turn, *, is_open: bool, clock: Clock = time.time
) -> dict[str, Door]:
    """Cognito's interface for pages, its authorization server, and its own pages, by their paths.

    Codes are mailed from `sender`; `is_open`: whether everybody may make an account.
    """
    people = People(accounts, sender, Locks(clock))
    codes, visits = AuthorizationCodes(clock), Visits(clock)
    authorization = oauth.OAuthDoor(accounts, codes, visits, turn)
    pages = sign_in.SignInDoor(accounts, people, codes, visits, turn, is_open=is_open)
    return {
        SIGN_IN_PATH: CognitoDoor(people, turn),
        oauth.PATH: authorization,
        oauth.LOGOUT_PATH: authorization,
        **dict.fromkeys(sign_in.PATHS, pages),
    }
