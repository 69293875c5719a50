"""All stacks of a stage, in their order: each is told the outputs of those before it by parameters of the same name."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from deployment import template
from deployment.errors import DeploymentError
from deployment.stack import Stack
from deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class Stacks:
    """The stacks of one stage; `say` hears what is done. Whatever was cut off goes on from where it stopped."""

    def __init__(self, client: "CloudFormationClient", target: Target, say: Callable[[str], None]) -> None:
        self._client = client
        self._target = target
        self._say = say

    def __getitem__(self, name: str) -> Stack:
        """One of `template.STACKS`, whether it stands or not."""
        return Stack(self._client, f"{self._target.prefix}{name}", self._say)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of all stacks that stand."""
        return {key: value for name in template.STACKS for key, value in self[name].outputs.items()}

    def deploy(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Make all stacks that the stage is to have, or bring them up to date. Returns their outputs.

        A stack takes of `chosen` what it has parameters for. Raises DeploymentError that names stack and resource.
        """
        outputs: dict[str, str] = {}
        for name in self._wanted():
            known = {**outputs, **chosen}
            told = {parameter: known[parameter] for parameter in template.parameters(name) if parameter in known}
            try:
                outputs |= self[name].deploy(template.body(name), told)
            except DeploymentError as exc:
                raise DeploymentError(f"{exc}{_advice(str(exc))}") from exc
            self._say(f"the stack {self[name].name} stands")
        return outputs

    def delete(self) -> None:
        """Delete them all, the last first. What the templates say to retain stays."""
        for name in reversed(template.STACKS):
            self[name].delete()

    def _wanted(self) -> Iterator[str]:
        target = self._target
        asked = {"pages": target.pages, "gpu": target.gpu, "hearing": target.hears_on_sagemaker}
        return (name for name in template.STACKS if asked.get(name, True))


def _advice(reasons: str) -> str:
    """What can be done about failures that are known not to be ours."""
    # "Your account must be verified before you can add new CloudFront resources", says CloudFront to some new accounts.
    if "must be verified" in reasons and "CloudFront" in reasons:
        return (
            "\nAsk AWS Support to verify the account, which takes a day or more. Until then deploy without the pages: "
            "run the same command with PAGES=off."
        )
    # "Domain already associated with another user pool.", says Cognito.
    if "AWS::Cognito::UserPoolDomain" in reasons and "already" in reasons:
        return (
            "\nThe address of the sign-in pages is somebody else's in this region. Choose another: run the same "
            'command with SET="SIGN_IN_DOMAIN=…", a name that nobody else is likely to have.'
        )
    return ""
