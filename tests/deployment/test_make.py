"""What is told to `make` in variables gets to the command as it is: no shell runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.__main__ import main
from deployment.target import ROOT

TOLD = """#!{python}
import json, pathlib, sys
pathlib.Path({log!r}).write_text(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def told(tmp_path: Path) -> "Told":
    return Told(tmp_path)


class Told:
    """Runs a target of the Makefile with a Python that only notes what it is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "told.json"
        (folder / "bin").mkdir()
        python = folder / "bin" / "python"
        python.write_text(TOLD.format(python=sys.executable, log=str(self._log)))
        python.chmod(0o755)
        for made in ("python", "local", "dev"):  # as if the environment had been made a long time from now
            (folder / made).touch()
            os.utime(folder / made, (4e9, 4e9))

    def make(self, target: str, **variables: str) -> list[str]:
        asked = [f"{name}={value}" for name, value in {"VENV": str(self._folder), **variables}.items()]
        done = subprocess.run(
            ["make", target, *asked], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        arguments: list[str] = json.loads(self._log.read_text())
        return arguments


@pytest.mark.parametrize("hostile", ["`touch {}`", '";touch {};"', "$$(touch {})", "a b", "-x", "'"])
@pytest.mark.parametrize("variable", ["SET", "STAGE", "REGION", "ADMIN_EMAIL", "REPORT_SENDER", "GPU"])
def test_nothing_that_a_variable_says_is_run(told: Told, tmp_path: Path, variable: str, hostile: str) -> None:
    trace = tmp_path / "trace"
    value = hostile.format(trace)
    arguments = told.make("deploy", **{"ADMIN_EMAIL": "a@b.example", variable: value})
    assert not trace.exists()
    assert any(argument.endswith(f"={value.replace('$$', '$')}") for argument in arguments)


def test_a_value_with_blanks_is_quoted_in_set(capsys: pytest.CaptureFixture[str]) -> None:
    deploy = ["deploy", "--stage", "dev", "--admin-email", "a@b.example", "--region", "us-east-1"]
    assert main([*deploy, "--settings", "SUMMARIZER=bedrock NONSENSE"]) == 1
    assert "'NONSENSE' is no setting" in capsys.readouterr().err
    assert main([*deploy, "--settings", "'A=My Company' B"]) == 1
    assert "'B' is no setting" in capsys.readouterr().err
    assert main([*deploy, "--settings", "A='"]) == 1
    assert "SET cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["costs"], ["smoke"], ["admin", "--email", "a@b.example"]])
def test_a_region_that_is_none_is_told_in_a_sentence(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--stage", "dev", "--region", 'eu west"1']) == 1
    assert "one looks like eu-west-1" in capsys.readouterr().err
