"""What we depend on: where it is installed from, what is known of its weaknesses, and the bill that tells of it."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deployment.target import ROOT
from deployment.vendoring import carried_libraries, installed, requirements
from docs.make_sbom import bill
from tests.tools import lint_dependencies


def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / ".ci" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_uv_installs_from_where_pip_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment holds over a file, as it does for pip."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://mirror.example/simple\nfind-links = /elsewhere\ncert = /ca.crt\n"
        "[install]\nextra-index-url =\n  https://one.example/simple\n  https://two.example/simple\n"
    )
    found = install().uv_settings(install().pip_configuration())
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["UV_FIND_LINKS"] == "/wheels"
    assert found["SSL_CERT_FILE"] == "/ca.crt"
    assert found["UV_INDEX"].split() == ["https://one.example/simple", "https://two.example/simple"]


@pytest.mark.parametrize(("is_there", "tried"), [(False, ["pip", "pip"]), (True, ["uv", "pip"])])
def test_pip_installs_where_uv_cannot(is_there: bool, tried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    module = install()
    assert not module.is_there("uv==0.0.1")
    monkeypatch.setattr(module, "is_there", lambda pinned: is_there)

    def run(command: list[str], environment: Mapping[str, str] | None = None) -> int:
        ran.append(list(command))
        return 0 if "uv" not in command and "-r" in command else 1

    monkeypatch.setattr(module, "_run", run)
    assert module.main(["requirements.txt"]) == 0
    assert [command[2] for command in ran] == tried
    assert ran[-1][-2:] == ["-r", "requirements.txt"]


REPORT: dict[str, Any] = {
    "dependencies": [
        {
            "name": "jinja2",
            "version": "3.1.0",
            "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.4"], "aliases": ["C-1"]}],
        },
        {"name": "ecdsa", "version": "0.19.2", "vulns": [{"id": "GHSA-2", "fix_versions": [], "aliases": ["C-2"]}]},
        {"name": "srt", "version": "3.5.3", "vulns": []},
        {"name": "idna", "skip_reason": "not found"},
    ]
}


def test_a_weakness_fails_unless_it_is_listed_for_that_library() -> None:
    both = ["jinja2 3.1.0: PYSEC-1, C-1; mended in 3.1.4", "ecdsa 0.19.2: GHSA-2, C-2; mended in no release"]
    assert lint_dependencies.judged(REPORT, {}) == (both, ["not found"])
    assert lint_dependencies.judged(REPORT, {"C-2": "ecdsa"}) == (both[:1], ["not found"])
    assert lint_dependencies.judged(REPORT, {"C-2": "jinja2"}) == (both, ["not found"])


def test_a_library_that_is_pinned_twice_is_asked_about_in_two_lists() -> None:
    assert lint_dependencies.lists_of({"a==1", "b==2", "a==3"}) == [["a==1", "b==2"], ["a==3"]]


def test_each_listed_weakness_is_of_a_library_that_we_pin_and_has_a_reason() -> None:
    listed = lint_dependencies.known(lint_dependencies.KNOWN.read_text())
    pins = lint_dependencies.pins_of((ROOT / "constraints.txt").read_text())
    assert set(listed.values()) <= {pin.partition("==")[0] for pin in pins}
    with pytest.raises(ValueError, match="a reason"):
        lint_dependencies.known("C-2 ecdsa\n")


def test_all_that_is_installed_is_pinned_and_so_checked() -> None:
    files = [*lint_dependencies.PINNED, ROOT / "constraints.txt"]
    pins = {pin.partition("==")[0] for file in files for pin in lint_dependencies.pins_of(file.read_text())}
    needed = installed(requirements("requirements.txt") + requirements("requirements-local.txt"))
    assert set(needed) - pins <= {"pip", "setuptools", "wheel"}  # these Chalice asks for, as any environment has them


def test_a_service_that_cannot_be_asked_is_said_loudly() -> None:
    """In an environment that has no pip-audit at all, say; it is the same as one whose network is down."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "tools" / "lint_dependencies.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "NOT CHECKED for known weaknesses" in done.stderr


@pytest.fixture(scope="module")
def components() -> dict[str, Any]:
    told = bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(told) is None
    return {component["purl"]: component for component in json.loads(told)["components"]}


def test_the_bill_has_all_that_the_package_carries(components: dict[str, Any]) -> None:
    deployed = {
        component["name"]: component["version"]
        for purl, component in components.items()
        if purl.startswith("pkg:pypi/") and component["scope"] == "required"
    }
    carried = {name: library.version for name, library in carried_libraries().items()}
    assert deployed == carried | {"chalice": installed(["chalice"])["chalice"].version}


def test_the_bill_has_all_that_the_pages_carry(components: dict[str, Any]) -> None:
    asked = json.loads((ROOT / "package.json").read_text())["dependencies"].items()
    assert {f"pkg:npm/{name.replace('@', '%40')}@{version}" for name, version in asked} <= set(components)


def test_each_part_of_the_bill_has_a_licence(components: dict[str, Any]) -> None:
    assert all(component.get("licenses") for component in components.values())
