"""What only an operator sees of a stage, and does there: accounts, queues, mappings, alarms, mail."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.accounts.queue import AccountTask, send
from chalicelib.clients.aws import Aws
from chalicelib.domain import files, keys
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.services import Services
from chalicelib.settings import QUEUES, Settings
from chalicelib.storage.assets import AssetStore
from chalicelib.storage.tracks import every
from deployment.admin import invite
from deployment.errors import DeploymentError
from deployment.policies import lambda_name
from deployment.smoke.advice import Names, Standing, worker
from deployment.summary import identity

_OFF = {"Disabled", "Disabling", "Deleting"}


class Operator:
    """Looks with the session's credentials."""

    def __init__(self, session: boto3.Session, settings: Settings, names: Names) -> None:
        self._session = session
        self._settings = settings
        self._names = names
        self._store = AssetStore(session.client("dynamodb"), settings)

    def standing(self) -> Standing:
        """How the stage stands now."""
        ses = self._session.client("sesv2")
        sender = identity(ses, self._settings.report_sender)
        read = self._read()
        return Standing(
            messages={queue: self._count(self._settings.queue_url(queue)) for queue in QUEUES},
            dead={queue: self._count(self._settings.dead_letters_url(queue)) for queue in QUEUES},
            unread=[queue for queue in QUEUES if queue not in read],
            alarms=self._alarms(),
            sender=self._settings.report_sender,
            is_confirmed=sender is not None and sender["VerifiedForSendingStatus"],
            is_sandbox=not ses.get_account().get("ProductionAccessEnabled"),
        )

    def _count(self, url: str) -> int:
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._session.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def _read(self) -> set[str]:
        """The queues that feed the function that works them off."""
        pages = self._session.client("lambda").get_paginator("list_event_source_mappings").paginate()
        wired = {
            (mapping["EventSourceArn"].rpartition(":")[2], mapping["FunctionArn"].rpartition(":")[2])
            for mapping in pages.search("EventSourceMappings[]")
            if mapping["State"] not in _OFF
        }
        app, stage = self._names.app, self._names.stage
        return {
            queue for queue in QUEUES if (self._settings.queue(queue), lambda_name(app, stage, worker(queue))) in wired
        }

    def _alarms(self) -> list[str]:
        pages = self._session.client("cloudwatch").get_paginator("describe_alarms")
        ours = {"AlarmNamePrefix": f"{self._names.app}-{self._names.stage}-", "StateValue": "ALARM"}
        return sorted(pages.paginate(**ours).search("MetricAlarms[].AlarmName"))

    def asset(self, ref: AssetRef) -> Asset | None:
        """All that is stored of an asset, with what its owner does not see: the report."""
        return self._store.get(ref)

    def left_of(self, ref: AssetRef) -> list[str]:
        """The objects that are still there of an asset."""
        s3 = self._session.client("s3")
        outputs = files.prefixes(ref, every(self._settings.extensions))
        places = [(self._settings.output_bucket, prefix) for prefix in outputs]
        places.append((self._settings.uploads_bucket, keys.uploads_of(ref)))
        return [
            f"s3://{bucket}/{found['Key']}"
            for bucket, prefix in places
            for found in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        ]

    def invite(self, email: str, password: str) -> None:
        """Make an account, as an operator invites one."""
        invite(self._session.client("cognito-idp"), self._pool, email, password)

    def token_of(self, email: str, invited_with: str, password: str) -> str:
        """The id token of somebody who was invited, who sets a `password` of their own as they sign in.

        People do that on Cognito's pages, which take no programs in; this goes by the operator's own leave. Raises
        DeploymentError with what Cognito says.
        """
        cognito = self._session.client("cognito-idp")
        client: Any = {"UserPoolId": self._pool, "ClientId": self._settings.user_pool_client}
        names = {"USERNAME": email, "PASSWORD": invited_with}
        try:
            found: Any = cognito.admin_initiate_auth(
                **client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=names
            )
            if found.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
                user = found["ChallengeParameters"].get("USER_ID_FOR_SRP", email)
                found = cognito.admin_respond_to_auth_challenge(
                    **client,
                    ChallengeName="NEW_PASSWORD_REQUIRED",
                    Session=found["Session"],
                    ChallengeResponses={"USERNAME": user, "NEW_PASSWORD": password},
                )
        except ClientError as exc:
            raise _nobody(str(exc)) from exc
        if "AuthenticationResult" not in found:
            raise _nobody(f"it asks for {found.get('ChallengeName')}, which a new account should not need")
        return str(found["AuthenticationResult"]["IdToken"])

    def has_account(self, email: str) -> bool:
        """Whether there is such an account."""
        cognito = self._session.client("cognito-idp")
        try:
            cognito.admin_get_user(UserPoolId=self._pool, Username=email)
        except cognito.exceptions.UserNotFoundException:
            return False
        return True

    def owner_of(self, email: str) -> str:
        """What the owner is called in the tables whose account has this address."""
        found = self._session.client("cognito-idp").admin_get_user(UserPoolId=self._pool, Username=email)
        return next(one["Value"] for one in found["UserAttributes"] if one["Name"] == "sub")

    def erase(self, owner: str) -> None:
        """Have an account erased with all that is its owner's: what the API does when the owner asks for it."""
        services = Services(self._settings, _AwsOf(self._session))
        send(owner, AccountTask.ERASE, services)
        services.users.mark_gone(owner)

    def remove_account(self, email: str) -> None:
        """Delete an account, if it is there."""
        cognito = self._session.client("cognito-idp")
        try:
            cognito.admin_delete_user(UserPoolId=self._pool, Username=email)
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "UserNotFoundException":
                raise

    @property
    def _pool(self) -> str:
        assert self._settings.user_pool is not None, "looked at before anything is made"
        return self._settings.user_pool


def _nobody(reason: str) -> DeploymentError:
    return DeploymentError(
        f"Nobody can sign in, says Cognito: {reason}. The stage's settings must name its pool and client "
        "(RAPPORTEUR_USER_POOL, RAPPORTEUR_USER_POOL_CLIENT), and the client must allow ADMIN_USER_PASSWORD_AUTH: "
        "deploy again."
    )


class _AwsOf(Aws):
    """The clients that an erasure is asked for with: those of a session, whose region may be named for this command."""

    def __init__(self, session: boto3.Session) -> None:
        vars(self).update({name: session.client(name) for name in ("sqs", "dynamodb")})  # as `cached_property` does
