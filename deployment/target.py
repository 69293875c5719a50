"""What is deployed, and where: what the command line asks for, and names that follow from it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from chalicelib.settings import Settings, variables
from deployment.errors import DeploymentError

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / ".chalice" / "config.json"
TEMPLATES = ROOT / "cloudformation"
STAGE_PATTERN = "[a-z][a-z0-9]{0,15}"
"""No dashes: everything of a stage is then found by its prefix, and nothing of another."""

ENGINES = {
    "PROBER": "mediaconvert",
    "TRANSCODER": "mediaconvert",
    "TRANSCRIBER": "amazon_transcribe",
    "LANGUAGE_ANALYZER": "comprehend",
}
"""The engines of a deployment, unless it sets others."""

SETTINGS = frozenset(one.name.upper() for one in fields(Settings))
"""The names of all settings, without their prefix."""

_MAIL = r"[^@\s]+@[^@\s]+"
_NOBODY = "nobody@rapporteur.example"


@dataclass(frozen=True)
class Target:
    """One stage in one account and region. `overrides` are settings by their name without the prefix."""

    stage: str
    admin_email: str
    report_sender: str
    overrides: Mapping[str, str] = field(default_factory=dict)
    sign_up: str = "invitation"
    pages: bool = True

    @staticmethod
    def of(
        stage: str,
        admin_email: str,
        report_sender: str | None,
        overrides: Mapping[str, str],
        sign_up: str = "invitation",
        pages: bool = True,
    ) -> "Target":
        """Raises DeploymentError that names what cannot be used."""
        _check_stage(stage)
        for what, address in (("ADMIN_EMAIL", admin_email), ("REPORT_SENDER", report_sender or admin_email)):
            if not is_address(address):
                raise DeploymentError(f"{what} is {address!r}, which is no mail address.")
        return Target(stage, admin_email, report_sender or admin_email, overrides, sign_up, pages)

    @staticmethod
    def by_name(stage: str) -> "Target":
        """A stage of which only the name matters: one that stands. Raises DeploymentError if that is none."""
        _check_stage(stage)
        return Target(stage, _NOBODY, _NOBODY)

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

    def variables(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """The settings of every function, by the name of their environment variable."""
        chosen = {**ENGINES, "REPORT_SENDER": self.report_sender, **self.overrides}
        settings = {name: value for name, value in chosen.items() if name in SETTINGS}
        return {"POWERTOOLS_SERVICE_NAME": self.stack_name, **variables(outputs, settings)}


def parameter(setting: str) -> str:
    """The parameter of a template that is called like a setting: RetentionDays for RETENTION_DAYS."""
    return "".join(part.capitalize() for part in setting.split("_"))


def is_address(text: str) -> bool:
    """Whether `text` looks like a mail address."""
    return re.fullmatch(_MAIL, text) is not None


def _check_stage(stage: str) -> None:
    if not re.fullmatch(STAGE_PATTERN, stage):
        raise DeploymentError(
            f"The stage {stage!r} cannot be used: a stage is a letter and then at most 15 letters or digits, all "
            "small, such as dev."
        )
