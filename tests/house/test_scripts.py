"""Scripts that no test runs, for they draw or measure for minutes: what they take of our own is there."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.harness.started import ROOT

OURS = ("benchmarks", "chalicelib", "deployment", "docs", "local", "mails", "samples", "tests")
SCRIPTS = [path for folder in ("benchmarks", "docs", "samples") for path in sorted((ROOT / folder).glob("*.py"))]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_a_script_imports_of_ours_is_there(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):  # also what is imported only when it is needed
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            module = import_module(node.module)
            for name in (alias.name for alias in node.names):
                assert hasattr(module, name) or find_spec(f"{node.module}.{name}"), f"{node.module} has no {name}"
