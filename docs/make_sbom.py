"""Writes the bill of materials: `python -m docs.make_sbom FILE`. It tells what a stage runs, in CycloneDX's JSON.

- What the Lambda package carries, of which some is only a part of the library (`deployment/vendoring.py`).
- What the pages carry, by web/vendor/LICENSES.txt.
- What `make demo`, `make serve` and `make deploy` need besides: "excluded", as CycloneDX calls what is not deployed.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from deployment.target import ROOT
from deployment.vendoring import VENDORED, carried_libraries, installed, requirements

_PART = Property(name="rapporteur:part", value="only what the functions use of it: see deployment/vendoring.py")
_HEADING = re.compile(r"^={80}\n(?P<name>\S+) (?P<version>\S+) \((?P<license>.+)\)\n={80}$", re.M)
_UNTOLD = re.compile(r"UNKNOWN|DUAL|.*\n", re.S)
"""What some packages say where their licence's name should be: nothing, or its whole text."""


def main(path: Path) -> None:
    """Write the bill to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(bill() + "\n")
    print(f"written to {path}")


def bill() -> str:
    """The bill, as JSON."""
    bom = Bom(components=[*_deployed(), *_of_pages(), *_of_one_machine()])
    bom.metadata.component = root = Component(
        name="rapporteur", type=ComponentType.APPLICATION, licenses=[LicenseFactory().make_from_string("Apache-2.0")]
    )
    bom.register_dependency(root, bom.components)
    return str(JsonV1Dot6(bom).output_as_string(indent=2))


def _deployed() -> Iterator[Component]:
    carried = {**carried_libraries(), **_runtime()}
    for name, library in sorted(carried.items()):
        part = name in {*VENDORED, "chalice"}
        yield _of_pypi(name, library, ComponentScope.REQUIRED, [_PART] if part else [])


def _of_one_machine() -> Iterator[Component]:
    deployed = {*carried_libraries(), *_runtime()}
    for name, library in sorted(installed(requirements("requirements-local.txt")).items()):
        if name not in deployed:
            yield _of_pypi(name, library, ComponentScope.EXCLUDED)


def _runtime() -> dict[str, Distribution]:
    """Chalice, of which the packager adds two files; what the whole requires is not deployed."""
    return {"chalice": installed(["chalice"])["chalice"]}


def _of_pypi(name: str, library: Distribution, scope: ComponentScope, properties: Iterable[Property] = ()) -> Component:
    return Component(
        name=name,
        version=library.version,
        type=ComponentType.LIBRARY,
        scope=scope,
        purl=PackageURL("pypi", None, name, library.version),
        bom_ref=f"pypi/{name}",
        licenses=[LicenseFactory().make_from_string(_licence(library))],
        properties=properties,
    )


def _licence(library: Distribution) -> str:
    """As the library tells it: by SPDX (PEP 639), else by what came before, one of several classifiers."""
    told = library.metadata
    classifiers = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if line.startswith("License")]
    for name in (*told.get_all("License-Expression", []), *told.get_all("License", []), *classifiers):
        if name and not _UNTOLD.match(name):
            return str(name)
    raise LookupError(f"{library.name} does not tell its licence")


def _of_pages() -> Iterator[Component]:
    for package in _HEADING.finditer((ROOT / "web" / "vendor" / "LICENSES.txt").read_text()):
        scope, _, name = package["name"].rpartition("/")
        yield Component(
            name=name,
            group=scope or None,
            version=package["version"],
            type=ComponentType.LIBRARY,
            scope=ComponentScope.REQUIRED,
            purl=PackageURL("npm", scope or None, name, package["version"]),
            bom_ref=f"npm/{package['name']}@{package['version']}",
            licenses=[LicenseFactory().make_from_string(package["license"])],
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
