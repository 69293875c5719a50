"""The container: what its files say, and that each of their steps can be done. There is no Docker here to build it."""

import re
import shlex
import subprocess

import pytest
import yaml

from local.cli import _parser
from local.http.server import Server
from tests.harness.places import ROOT

LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()
STEPS = [line.split(" ", 1) for line in LINES if line and not line.startswith("#")]


def steps(kind: str) -> list[str]:
    return [rest for step, rest in STEPS if step == kind]


def test_what_is_copied_is_there_and_what_is_left_out_is_what_git_leaves_out() -> None:
    for copied in steps("COPY"):
        for source in [word for word in copied.split() if not word.startswith("--")][:-1]:
            assert (ROOT / source).exists(), source
    ignored = {line.strip("/").removeprefix("**/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    left_out = {line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text().splitlines()} - {".git"}
    assert left_out <= ignored | {".venv*"}


@pytest.mark.parametrize(
    "target", [command.removeprefix("make ") for command in steps("RUN") if "make " in command[:5]]
)
def test_what_is_made_in_it_can_be_made(target: str) -> None:
    for packs in ("", "ko,ja"):
        command = ["make", "--dry-run", *shlex.split(target.replace("$PACKS", packs))]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_layers_of_libraries_and_weights_have_all_that_they_need() -> None:
    """A change of the service itself brings neither anew: so nothing else of the project may be needed for them."""
    before = " ".join(steps("COPY")[:-1])
    assert {"requirements.txt", "requirements-local.txt", "requirements-speech.txt", "constraints.txt"} <= set(
        before.split()
    )
    for used in re.findall(r'ROOT / "([\w.-]+)"', "".join(path.read_text() for path in (ROOT / "local").glob("*.py"))):
        if used.startswith("requirements"):
            assert used in before


def test_it_serves_as_nobody_special_and_keeps_its_data_in_the_volume() -> None:
    (command,) = steps("CMD")
    words = yaml.safe_load(command)
    assert words[:3] == [".venv/bin/python", "-m", "local"]
    options = _parser().parse_args(words[3:])
    assert (options.command, options.host, str(options.data)) == ("serve", "0.0.0.0", "/data")
    assert steps("USER") == ["rapporteur"]
    assert steps("VOLUME") == ["/data"]
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["rapporteur"]
    assert composed["ports"] == [f"127.0.0.1:{options.port}:{options.port}"], "never open to the whole network"
    assert composed["volumes"] == ["data:/data"]
    assert composed["cap_drop"] == ["ALL"]
    assert {f"ARG {name}=" for name in composed["build"]["args"]} <= {" ".join(step) for step in STEPS}
    assert all(shlex.split(line) for line in steps("RUN"))


def test_one_that_listens_everywhere_is_told_by_the_name_that_a_browser_knows() -> None:
    server = Server("0.0.0.0", 0, 1000)
    server._server.close()
    assert server.address.startswith("http://localhost:")
