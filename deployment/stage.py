"""A stage that stands: its settings, as its functions have them."""

import boto3
from botocore.exceptions import ClientError

from chalicelib.errors import SettingsError
from chalicelib.settings import Settings
from deployment.errors import DeploymentError
from deployment.target import Target


def settings_of(target: Target, session: boto3.Session) -> Settings:
    """The settings that the function behind the REST API was deployed with.

    Raises DeploymentError if there is no such stage here.
    """
    try:
        # The API's function is called like the stage itself: see `deployment.policies.lambda_name`.
        found = session.client("lambda").get_function_configuration(FunctionName=f"{target.app_name}-{target.stage}")
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise DeploymentError(
            f"There is no stage {target.stage} in {session.region_name}. Deploy it first, or say REGION=…."
        ) from exc
    try:
        return Settings.from_environment(found["Environment"]["Variables"])
    except SettingsError as exc:
        raise DeploymentError(f"{exc.message} The stage is another version's: deploy it again.") from exc
