"""What is deployed, and where: what the command line asks for, and names that follow from it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.engines.registry import Engine, module_of, names
from chalicelib.errors import SettingsError
from chalicelib.seams.seam import Seam
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import Settings, by_comma, declared, seams_of, variable, variables
from deployment.errors import DeploymentError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / ".chalice" / "config.json"
TEMPLATES = ROOT / "cloudformation"
STAGE_PATTERN = "[a-z][a-z0-9]{0,15}"
"""No dashes: everything of a stage is then found by its prefix, and nothing of another."""

_MAIL = r"[^@\s]+@[^@\s]+"
ON_A_GPU = "batch_gpu"
"""What engines are called that share one job on a GPU."""

ON_SAGEMAKER = "sagemaker"
"""What the transcriber is called that asks an endpoint of SageMaker."""

_CHOSEN_WITH_A_GPU = {
    "TRANSCRIBER": ON_A_GPU,
    "VISION_ANALYZER": ON_A_GPU,
    "TOXICITY_DETECTOR": ON_A_GPU,
    "SUMMARIZER": ON_A_GPU,
    "MODERATION_POLICY": "note",
}
"""What a stage with a GPU of its own is set to, unless its overrides say otherwise: all that one job does."""

_NOBODY = "nobody@rapporteur.example"


@dataclass(frozen=True)
class Target:
    """One stage in one account and region. `overrides` are settings by their name without the prefix.

    Raises DeploymentError that names what cannot be used.
    """

    stage: str
    admin_email: str
    sender: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    sign_up: str = "invitation"
    pages: bool = True
    gpu: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(STAGE_PATTERN, self.stage):
            raise DeploymentError(
                f"The stage {self.stage!r} cannot be used: a stage is a letter and then at most 15 letters or digits, "
                "all small, such as dev."
            )
        for what, address in (("ADMIN_EMAIL", self.admin_email), ("REPORT_SENDER", self.report_sender)):
            if not is_address(address):
                raise DeploymentError(f"{what} is {address!r}, which is no mail address.")

    @staticmethod
    def by_name(stage: str) -> "Target":
        """A stage of which only the name matters: one that stands."""
        return Target(stage, _NOBODY)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The settings that this deployment chooses, by their name without the prefix."""
        return {**(_CHOSEN_WITH_A_GPU if self.gpu else {}), **self.overrides}

    @property
    def hears_on_sagemaker(self) -> bool:
        """Whether the stage has an endpoint of its own that hears: where no other is named, and there is an image."""
        is_chosen = self.settings.get("TRANSCRIBER") == ON_SAGEMAKER
        return is_chosen and "SAGEMAKER_ENDPOINT" not in self.overrides and "SAGEMAKER_IMAGE" in self.overrides

    @property
    def report_sender(self) -> str:
        """Whom mails are from: the administrator, if nobody else is named."""
        return self.sender or self.admin_email

    @cached_property
    def app_name(self) -> str:
        """What Chalice calls the app; names of functions and resources begin with it."""
        return str(self._told_chalice["app_name"])

    @property
    def is_traced(self) -> bool:
        """Whether X-Ray traces requests."""
        return bool(self._told_chalice.get("xray"))

    @property
    def api_stage(self) -> str:
        """What API Gateway calls the stage of the REST API: the path of its address."""
        return str(self._told_chalice.get("api_gateway_stage", "api"))

    @cached_property
    def _told_chalice(self) -> Mapping[str, Any]:
        """Chalice's configuration: for this stage, or else for all."""
        config = json.loads(CONFIG.read_text())
        return {**config, **config["stages"].get(self.stage, {})}

    @property
    def prefix(self) -> str:
        """What the names of all that belongs to this stage begin with."""
        return f"{self.app_name}-{self.stage}-"

    @property
    def stack_name(self) -> str:
        """What the stage is called as a whole, and what the names of its CloudFormation stacks begin with."""
        return f"{self.app_name}-{self.stage}"

    @property
    def project(self) -> Path:
        """Where the copy that Chalice deploys is made."""
        return ROOT / "build" / self.stage

    def buckets(self, account: str) -> tuple[str, str]:
        """What the stage's buckets for recordings and results are called."""
        return f"{self.prefix}uploads-{account}", f"{self.prefix}output-{account}"

    def sign_in_domain(self, account: str) -> str:
        """What the address of the sign-in pages begins with."""
        return self.overrides.get("SIGN_IN_DOMAIN", f"{self.prefix}{account}")

    def parameters(self, sender_identity: str) -> dict[str, str]:
        """The stacks' parameters; all others keep their defaults. `sender_identity` is "create" or "existing".

        An override that is called like a parameter is that one too: RETENTION_DAYS is RetentionDays.
        """
        own = {
            "AdminEmail": self.admin_email,
            "ReportSender": self.report_sender,
            "SenderIdentity": sender_identity,
            "SignUp": self.sign_up,
        }
        return {**own, **{parameter(name): value for name, value in self.overrides.items()}, "Stage": self.stage}

    @cached_property
    def engines(self) -> dict[Seam[Any], str]:
        """The engine behind each seam: what is set, or else what the seam has on AWS; empty where there is none.

        Raises DeploymentError if there is no such extension.
        """
        try:
            seams = seams_of(by_comma(self.overrides.get("EXTENSIONS", "")))
        except SettingsError as exc:
            raise DeploymentError(exc.message) from exc
        return {seam: self.settings.get(seam.setting.upper(), seam.on_aws or "") for seam in seams}

    @property
    def services(self) -> set[str]:
        """What its engines call on AWS, as boto3 names it. Raises DeploymentError if there is no such engine."""
        return {service for seam, name in self._every_engine() if name for service in _engine(seam, name).SERVICES}

    def _every_engine(self) -> list[tuple[Seam[Any], str]]:
        """Its engines, and those that owners may have a recording heard again by."""
        offered = by_comma(self.settings.get("TRANSCRIBERS", ""))
        return [*self.engines.items(), *((TRANSCRIPTION, name) for name in offered)]

    @property
    def packages(self) -> set[str]:
        """The packages that its extensions and engines of its own are in."""
        modules = [
            *by_comma(self.overrides.get("EXTENSIONS", "")),
            *(name for _, name in self._every_engine() if "." in name),
        ]
        return {module.partition(".")[0] for module in modules} - {"chalicelib"}

    @cached_property
    def options(self) -> list["type[DataclassInstance]"]:
        """The options of its engines, and of those that the package has besides."""
        return [
            options
            for seam, chosen in self._every_engine()
            for name in {*names(seam), chosen} - {""}
            if (options := _engine(seam, name).Options)
        ]

    def knows(self, setting: str) -> bool:
        """Whether there is such a setting, by its name without the prefix."""
        kinds: list[type[DataclassInstance]] = [Settings, *self.options]
        of_seams = {variable(seam.setting) for seam in self.engines}
        return variable(setting) in of_seams.union(*map(declared, kinds))

    def variables(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """The settings of every function, by the name of their environment variable."""
        engines = {seam.setting.upper(): name for seam, name in self.engines.items() if name}
        settings = {name: value for name, value in self.settings.items() if self.knows(name)}
        chosen = {"REPORT_SENDER": self.report_sender, **engines, **settings}
        return {"POWERTOOLS_SERVICE_NAME": self.stack_name, **variables(outputs, chosen, self.options)}


def _engine(seam: Seam[Any], name: str) -> Engine[Any]:
    try:
        return module_of(seam, name)
    except SettingsError as exc:
        raise DeploymentError(exc.message) from exc


def parameter(setting: str) -> str:
    """The parameter of a template that is called like a setting: RetentionDays for RETENTION_DAYS."""
    return "".join(part.capitalize() for part in setting.split("_"))


def is_address(text: str) -> bool:
    """Whether `text` looks like a mail address."""
    return re.fullmatch(_MAIL, text) is not None
