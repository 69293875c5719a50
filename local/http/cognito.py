"""/cognito/: what pages ask of Cognito. moto takes it on, but checks neither codes nor all that Cognito refuses; both
are checked here. Nothing that needs an administrator's rights can be asked for.
"""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.message import EmailMessage
from typing import Any

import boto3
from botocore.exceptions import ClientError, ParamValidationError
from jose import jwt
from moto.cognitoidp.models import CognitoIdpUser, UserStatus
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from chalicelib.api.checked import parsed
from chalicelib.domain.passwords import opaque
from chalicelib.errors import InvalidRequest
from chalicelib.mail import addresses
from chalicelib.mail.message import POLICY
from local.aws.accounts import Accounts, address_of
from local.aws.codes import SECONDS, ExpiredCode, WrongCode

_TARGET = "AWSCognitoIdentityProviderService."
_JSON = "application/x-amz-json-1.1"
_LARGEST_BODY = 64 * 1024
_WRITABLE = {"email", "name", "given_name", "family_name", "locale", "zoneinfo", "preferred_username"}
_SUBJECTS = {
    "sign-up": "{code} is your code to confirm your Rapporteur account",
    "reset": "{code} is your code for a new Rapporteur password",
    "address": "{code} is your code to confirm your new address",
}
_TEXT = """Hello,

your code is {code}. It holds for {hours} hour(s) and can be used once.

If you have not asked for it, somebody may have mistyped an address: you need do nothing.

Rapporteur
"""
_PASSWORDS = {"PASSWORD", "NEW_PASSWORD", "Password", "PreviousPassword", "ProposedPassword"}
"""Where a request has one: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html."""

_Body = dict[str, Any]


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


_WRONG_PASSWORD = ("NotAuthorizedException", "Incorrect username or password.")
_WRONG_TOKEN = ("NotAuthorizedException", "Access Token has expired or been revoked.")
_WRONG_REFRESH_TOKEN = ("NotAuthorizedException", "Refresh Token has been revoked.")
_WRONG_CODE = ("CodeMismatchException", "Invalid verification code provided, please try again.")
_NOWHERE_TO_SEND = "Cannot reset password for the user as there is no registered/verified email or phone_number"
_OLD_CODE = ("ExpiredCodeException", "Invalid code provided, please request a code again.")


class CognitoDoor:
    """Answers for the pool of `accounts`; codes are mailed from `sender`."""

    def __init__(self, accounts: Accounts, sender: str, turn: Callable[[], AbstractContextManager[object]]) -> None:
        self._accounts = accounts
        self._sender = sender
        self._turn = turn
        self._cognito = boto3.client("cognito-idp")
        self._ses = boto3.client("sesv2")
        self._actions: dict[str, Callable[[_Body], _Body]] = {
            "InitiateAuth": self._initiate_auth,
            "RespondToAuthChallenge": self._respond_to_challenge,
            "SignUp": self._sign_up,
            "ConfirmSignUp": self._confirm_sign_up,
            "ResendConfirmationCode": self._resend_code,
            "ForgotPassword": self._forgot_password,
            "ConfirmForgotPassword": self._confirm_forgot_password,
            "ChangePassword": self._change_password,
            "GlobalSignOut": self._sign_out,
            "UpdateUserAttributes": self._update_attributes,
            "GetUserAttributeVerificationCode": self._send_attribute_code,
            "VerifyUserAttribute": self._verify_attribute,
        }

    def __call__(self, request: Request) -> Response:
        """Cognito's answer in JSON; an error has its name in `__type`."""
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        if (request.content_length or 0) > _LARGEST_BODY:
            raise RequestEntityTooLarge
        try:
            status, answer = 200, self._do(request)
        except _Refused as exc:
            status, answer = 400, {"__type": exc.code, "message": exc.message}
        except ClientError as exc:
            error = exc.response["Error"]
            status, answer = 400, {"__type": error["Code"], "message": error["Message"]}
        except ParamValidationError as exc:
            status, answer = 400, {"__type": "InvalidParameterException", "message": str(exc).splitlines()[-1]}
        return Response(json.dumps(answer), status, content_type=_JSON, headers={"Cache-Control": "no-store"})

    def _do(self, request: Request) -> _Body:
        action = self._actions.get(request.headers.get("X-Amz-Target", "").removeprefix(_TARGET))
        if action is None:
            raise _Refused("UnknownOperationException", "This cannot be asked for here.")
        try:
            body = parsed(request.get_data())
        except InvalidRequest as exc:
            kind = "SerializationException" if exc.code == "not-json" else "InvalidParameterException"
            raise _Refused(kind, exc.message) from exc
        if not isinstance(body, dict):
            raise _Refused("SerializationException", "The body is no JSON object.")
        with self._turn():
            return action(_with_opaque_passwords(body))

    # ---- signing in and out

    def _initiate_auth(self, body: _Body) -> _Body:
        given = _texts(body, "AuthParameters")
        match body.get("AuthFlow"):
            case "USER_PASSWORD_AUTH":
                user = self._user(given.get("USERNAME", ""))
                if user is None or not user.enabled or not given.get("PASSWORD"):
                    raise _Refused(*_WRONG_PASSWORD)
                if user.password != given["PASSWORD"]:
                    raise _Refused(*_WRONG_PASSWORD)
                if user.status == UserStatus.RESET_REQUIRED:
                    raise _Refused("PasswordResetRequiredException", "Password reset required for the user.")
                # By its id, so that what is signed in now stays so when the address changes.
                given = {"USERNAME": user.id, "PASSWORD": given["PASSWORD"]}
            case "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN":
                given = {"REFRESH_TOKEN": given.get("REFRESH_TOKEN", "")}
                user = self._accounts.of_refresh_token(given["REFRESH_TOKEN"])
                if user is None or not user.enabled:  # moto never asks whether there still is such an account
                    raise _Refused(*_WRONG_REFRESH_TOKEN)
            case _:  # moto lets anybody in who asks for the flows that prove the password without sending it
                raise _Refused("InvalidParameterException", "USER_PASSWORD_AUTH flow or REFRESH_TOKEN_AUTH, please.")
        found = self._cognito.initiate_auth(
            ClientId=self._client(body), AuthFlow=body["AuthFlow"], AuthParameters=given
        )
        return _plain(found)

    def _respond_to_challenge(self, body: _Body) -> _Body:
        given = _texts(body, "ChallengeResponses")
        session = str(body.get("Session", ""))
        if body.get("ChallengeName") != "NEW_PASSWORD_REQUIRED":
            raise _Refused("InvalidParameterException", "There is no such challenge here.")
        # moto would set the password of whoever is named, whoever the session is of.
        begun_by = self._accounts.of_session(session)
        user = self._user(given.get("USERNAME", ""))
        if begun_by is None or user is None or self._user(begun_by) is not user:
            raise _Refused("NotAuthorizedException", "Invalid session for the user.")
        found = self._cognito.respond_to_auth_challenge(
            ClientId=self._client(body),
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=session,
            ChallengeResponses={"USERNAME": user.id, "NEW_PASSWORD": given.get("NEW_PASSWORD", "")},
        )
        return _plain(found)

    def _sign_out(self, body: _Body) -> _Body:
        self._signed_in(body)
        self._cognito.global_sign_out(AccessToken=body["AccessToken"])
        return {}

    # ---- a new account

    def _sign_up(self, body: _Body) -> _Body:
        address = str(body.get("Username", "")).strip().lower()
        attributes = _attributes(body)
        _check_address(address)
        if attributes.setdefault("email", address) != address:
            raise _Refused("InvalidParameterException", "The email must be the username.")
        made = self._cognito.sign_up(
            ClientId=self._client(body),
            Username=address,
            Password=str(body.get("Password", "")),
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        self._send("sign-up", made["UserSub"], address)
        return {"UserConfirmed": False, "UserSub": made["UserSub"], **_delivery(address)}

    def _confirm_sign_up(self, body: _Body) -> _Body:
        user = self._user(str(body.get("Username", "")))
        if user is None:
            raise _Refused(*_OLD_CODE)  # tells nobody who has an account
        if user.status != UserStatus.UNCONFIRMED:
            raise _Refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
        self._redeem("sign-up", user, body)
        self._cognito.admin_confirm_sign_up(UserPoolId=self._accounts.pool_id, Username=user.id)
        self._set(user, email_verified="true")
        return {}

    def _resend_code(self, body: _Body) -> _Body:
        address = str(body.get("Username", ""))
        user = self._user(address)
        if user is not None and user.status == UserStatus.UNCONFIRMED:
            self._send("sign-up", user.id, address_of(user))
        return _delivery(address)

    # ---- passwords

    def _forgot_password(self, body: _Body) -> _Body:
        address = str(body.get("Username", ""))
        user = self._user(address)
        if user is not None and user.enabled:
            if user.attribute_lookup.get("email_verified") != "true":
                raise _Refused("InvalidParameterException", _NOWHERE_TO_SEND)
            self._send("reset", user.id, address_of(user))
        return _delivery(address)

    def _confirm_forgot_password(self, body: _Body) -> _Body:
        user = self._user(str(body.get("Username", "")))
        if user is None:
            raise _Refused(*_OLD_CODE)
        new = {"UserPoolId": self._accounts.pool_id, "Username": user.id, "Password": str(body.get("Password", ""))}
        before = user.password, user.status
        self._cognito.admin_set_user_password(
            **new, Permanent=True
        )  # refuses one that is too weak: the code then stays
        try:
            self._redeem("reset", user, body)
        except _Refused:
            user.password, user.status = before
            raise
        return {}

    def _change_password(self, body: _Body) -> _Body:
        user = self._signed_in(body)
        previous = str(body.get("PreviousPassword", ""))
        if user.password != previous:
            raise _Refused(*_WRONG_PASSWORD)
        self._cognito.change_password(
            AccessToken=body["AccessToken"],
            PreviousPassword=previous,
            ProposedPassword=str(body.get("ProposedPassword", "")),
        )
        return {}

    # ---- attributes

    def _update_attributes(self, body: _Body) -> _Body:
        """A new address counts only once it is confirmed, as in the template of the real pool."""
        user = self._signed_in(body)
        attributes = _attributes(body)
        address = attributes.pop("email", address_of(user))
        if address != address_of(user):
            _check_address(address)
        if attributes:
            self._set(user, **attributes)
        if address == address_of(user):
            return {"CodeDeliveryDetailsList": []}
        if self._user(address) is not None:
            raise _Refused("AliasExistsException", "An account with the given email already exists.")
        self._send("address", user.id, address)
        return {"CodeDeliveryDetailsList": [_delivery(address)["CodeDeliveryDetails"]]}

    def _send_attribute_code(self, body: _Body) -> _Body:
        """A code to the address that an invited person has not confirmed yet."""
        user = self._signed_in(body)
        if body.get("AttributeName") != "email":
            raise _Refused("InvalidParameterException", "Only email can be verified.")
        self._send("address", user.id, address_of(user))
        return _delivery(address_of(user))

    def _verify_attribute(self, body: _Body) -> _Body:
        user = self._signed_in(body)
        if body.get("AttributeName") != "email":
            raise _Refused("InvalidParameterException", "Only email can be verified.")
        address = self._redeem("address", user, body, "Code")
        if self._user(address) not in (None, user):  # somebody else was faster
            raise _Refused("AliasExistsException", "An account with the given email already exists.")
        # To moto an address is taken also where it is the account's own.
        self._set(user, **({} if address == address_of(user) else {"email": address}), email_verified="true")
        return {}

    # ---- how

    def _client(self, body: _Body) -> str:
        if body.get("ClientId") != self._accounts.client_id:
            raise _Refused("ResourceNotFoundException", "User pool client does not exist.")
        return self._accounts.client_id

    def _user(self, name: str) -> CognitoIdpUser | None:
        return self._accounts.find(name.strip().lower()) if name else None

    def _signed_in(self, body: _Body) -> CognitoIdpUser:
        token = str(body.get("AccessToken", ""))
        user = self._accounts.of_token(token)
        # That it is known proves that it is genuine; moto never asks how old it is.
        if user is None or not user.enabled or jwt.get_unverified_claims(token)["exp"] < time.time():
            raise _Refused(*_WRONG_TOKEN)
        return user

    def _set(self, user: CognitoIdpUser, **attributes: str) -> None:
        self._cognito.admin_update_user_attributes(
            UserPoolId=self._accounts.pool_id,
            Username=user.id,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )

    def _redeem(self, purpose: str, user: CognitoIdpUser, body: _Body, field: str = "ConfirmationCode") -> str:
        try:
            return self._accounts.codes.redeem(purpose, user.id, str(body.get(field, "")))
        except WrongCode as exc:
            raise _Refused(*_WRONG_CODE) from exc
        except ExpiredCode as exc:
            raise _Refused(*_OLD_CODE) from exc

    def _send(self, purpose: str, account: str, address: str) -> None:
        code = self._accounts.codes.issue(purpose, account, address)
        message = EmailMessage(POLICY)
        message["Subject"] = _SUBJECTS[purpose].format(code=code)
        message["From"] = self._sender
        message["To"] = address
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_TEXT.format(code=code, hours=round(SECONDS[purpose] / 3600)))
        self._ses.send_email(
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": [address]},
            Content={"Raw": {"Data": message.as_bytes()}},
        )


def _with_opaque_passwords(body: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """`body` with each password in the form in which pages send it, which Cognito itself does not see to."""
    if not isinstance(body, dict):
        return body
    return {
        name: opaque(value) if name in _PASSWORDS and isinstance(value, str) else _with_opaque_passwords(value)
        for name, value in body.items()
    }


def _texts(body: _Body, name: str) -> dict[str, str]:
    given = body.get(name)
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise _Refused("InvalidParameterException", f"{name} must be an object of texts.")
    return given


def _attributes(body: _Body) -> dict[str, str]:
    """What an account may say of itself. Above all not that its address is confirmed."""
    found: dict[str, str] = {}
    for attribute in body.get("UserAttributes") or []:
        name = attribute.get("Name") if isinstance(attribute, dict) else None
        if name not in _WRITABLE:
            raise _Refused("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        found[name] = str(attribute.get("Value", "")).strip()
    if "email" in found:
        found["email"] = found["email"].lower()
    return found


def _check_address(address: str) -> None:
    """Before a mail is made to it, which no text can be but an address."""
    try:
        addresses.normal(address)
    except InvalidRequest as exc:
        raise _Refused("InvalidParameterException", "Invalid email address format.") from exc


def _delivery(address: str) -> _Body:
    name, _, domain = address.partition("@")
    details = {"Destination": f"{name[:1]}***@{domain[:1]}***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    return {"CodeDeliveryDetails": details}


def _plain(answer: Any) -> _Body:  # noqa: ANN401 - any of boto3's answers
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
