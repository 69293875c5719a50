"""The copy of the project that Chalice deploys, with a stage's settings and policies. No tracked file is touched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deployment.errors import DeploymentError
from deployment.policies import Policy
from deployment.target import CONFIG, ROOT, Target
from deployment.vendoring import compile_all, fill

_COMPILED = shutil.ignore_patterns("__pycache__")


class Project:
    """The copy, in `build/{stage}/`."""

    def __init__(self, target: Target, region: str) -> None:
        self._target = target
        self._region = region
        self.folder = target.project

    @property
    def state(self) -> Path:
        """What Chalice remembers of the last deployment."""
        return self.folder / ".chalice" / "deployed" / f"{self._target.stage}.json"

    def make(self, variables: Mapping[str, str], policies: Mapping[str, Policy], reserve: bool) -> None:
        """Make the copy anew; what Chalice packed before stays, since it packs only what has changed."""
        make_package(self.folder, self._target.services, self._target.packages)
        self._configure(variables, policies, reserve)

    def make_to_delete(self, variables: Mapping[str, str]) -> None:
        """Make as much of the copy anew as `chalice delete` needs."""
        _copy_app(self.folder)
        self._configure(variables, {}, reserve=False)

    def _configure(self, variables: Mapping[str, str], policies: Mapping[str, Policy], reserve: bool) -> None:
        folder = self.folder / ".chalice"
        folder.mkdir(parents=True, exist_ok=True)
        config = config_for(json.loads(CONFIG.read_text()), self._target.stage, variables, list(policies), reserve)
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        for function, policy in policies.items():
            (folder / policy_file(self._target.stage, function)).write_text(json.dumps(policy, indent=2) + "\n")

    def chalice(self, command: str) -> None:
        """Run the real `chalice deploy` or `chalice delete` there. Raises DeploymentError if it fails."""
        arguments = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
        arguments += [command, "--stage", self._target.stage]
        # The dependencies' own dependencies are pinned as they are here, where they are tested.
        pinned = {"PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "AWS_DEFAULT_REGION": self._region}
        done = subprocess.run(arguments, cwd=self.folder, env=os.environ | pinned, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise DeploymentError(
                f"`chalice {command}` failed, for the reason above. Mend that and run the same command again: it goes "
                "on from where it stopped."
            )


def make_package(folder: Path, services: Iterable[str] = (), packages: Iterable[str] = ()) -> None:
    """Put all that Chalice packs into `folder`, in place of what was there of it.

    For engines of a deployment's own there are AWS's models of `services`, and those of `packages` that lie here; all
    others are its requirements.
    """
    _copy_app(folder)
    compile_all(folder / "chalicelib", are_ours=True)
    fill(folder / "vendor", services)
    for package in packages:
        if (ROOT / package).is_dir():
            shutil.copytree(ROOT / package, folder / "vendor" / package, ignore=_COMPILED)


def _copy_app(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("app.py", "requirements.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    shutil.rmtree(folder / "chalicelib", ignore_errors=True)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=_COMPILED)


def policy_file(stage: str, function: str) -> str:
    """The name of a function's policy file."""
    return f"policy-{stage}-{function}.json"


def config_for(
    base: Mapping[str, Any], stage: str, variables: Mapping[str, str], functions: list[str], reserve: bool
) -> dict[str, Any]:
    """Chalice's configuration of one stage: the tracked one, with this stage's settings and a policy a function.

    Without `reserve` no function has concurrency reserved: an account that has little cannot spare any.
    """
    own = dict(base.get("stages", {}).get(stage, {}))
    sizes = {**base.get("lambda_functions", {}), **own.get("lambda_functions", {})}
    own["lambda_functions"] = {
        function: {
            **{name: value for name, value in sizes.get(function, {}).items() if reserve or name != _RESERVED},
            "autogen_policy": False,
            "iam_policy_file": policy_file(stage, function),
        }
        for function in functions
    }
    own["environment_variables"] = {**own.get("environment_variables", {}), **variables}
    kept = {name: value for name, value in base.items() if name not in {"stages", "lambda_functions"}}
    return {**kept, "stages": {stage: own}}


_RESERVED = "reserved_concurrency"
