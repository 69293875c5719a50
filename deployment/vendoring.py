"""What goes into the Lambda package beside the requirements that Chalice packs.

- Of Babel, whose wheel has a thousand locales and 10 MB: the code that we import, and the CLDR's data of the languages
  we write.
- Of Powertools, whose wheel carries Swagger's pages: logs, metrics and idempotency.
- Of boto3, botocore and s3transfer, which have 33 MB: the code, and AWS's models of the services that we use. Lambda
  has a boto3 of its own, but an older one than the tests run with, and botocore drops from an answer what its models do
  not know. What a layer holds is found before what the runtime has
  (https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath).
- Compiled code, of these and of the requirements: Lambda's file system is read-only, so that each new process would
  compile anew all that it imports, which takes twice as long as the import itself.

Chalice puts the contents of `vendor/` beside the requirements
(https://aws.github.io/chalice/topics/packaging.html#rd-party-packages).
"""

import ast
import gzip
import hashlib
import json
import pickle
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path, PurePath
from typing import Any

from babel import Locale
from botocore.session import get_session

from chalicelib.clients import aws
from chalicelib.letters.wording import LOCALES
from deployment.target import ROOT

AWS_LIBRARIES = ("boto3", "botocore", "s3transfer")
"""Those that are vendored for AWS; what they require in turn stands in requirements.txt."""

VENDORED = ("babel", "aws-lambda-powertools", *AWS_LIBRARIES)
"""The distributions of which a part is vendored."""

_UNUSED_OF_POWERTOOLS = (
    "event_handler",
    "utilities/auth_alpha",
    "utilities/batch",
    "utilities/circuit_breaker",
    "utilities/data_classes",
    "utilities/data_masking",
    "utilities/feature_flags",
    "utilities/kafka",
    "utilities/metadata",
    "utilities/parameters",
    "utilities/parser",
    "utilities/streaming",
    "utilities/validation",
)
"""What no module of ours imports, such as Swagger's pages, which are most of the wheel's bytes."""

_OF_BABEL = (
    "*.py",
    "global.dat",
    "localtime/*.py",
    "messages/__init__.py",
    "messages/catalog.py",
    "messages/mofile.py",
    "messages/plurals.py",
    "messages/pofile.py",
)
_UNSAID = frozenset(
    {
        *("currency_names", "currency_names_plural", "scripts", "unit_display_names", "variants"),
        *("compact_currency_formats", "compact_decimal_formats", "date_fields", "interval_formats", "meta_zones"),
    }
)
"""What letters never say, by Babel's names: currencies by their names, zones by theirs, and the like."""

OPERATIONS = {
    "sagemaker": frozenset({"CreateTrainingJob", "DescribeTrainingJob"}),
    "cognito-idp": frozenset({"ListUsers", "AdminDeleteUser"}),
    "sesv2": frozenset({"GetAccount", "SendEmail", "DeleteSuppressedDestination"}),
}
"""Of services of whose large models little is called, what that is: SageMaker's whole model is 0.2 MB."""

_NEVER_RUN = frozenset(
    map(Path, ("boto3/crt.py", "botocore/crt/auth.py", "s3transfer/crt.py", "s3transfer/processpool.py"))
)
"""What nobody imports where there is no awscrt, and of s3transfer what boto3 does not use: they go as source alone."""

_EVERY_MODULE = """
import importlib, pkgutil, sys
executed = set()
sys.addaudithook(lambda event, told: executed.add(getattr(told[0], "co_filename", "")) if event == "exec" else None)
for name in sys.argv[1:]:
    sys.modules[name] = None
import chalicelib
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(module.name)
print(*sorted(executed), sep="\\n")
"""
"""Imports all of ours where the named libraries are not, and prints each file that was executed on the way."""

_COMPILED = ROOT / "build" / "compiled"

_COMPILE = """
import ast, importlib.util, json, marshal, os, sys
documented = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
for source, place, name, is_ours in json.load(sys.stdin):
    with open(source, "rb") as file:
        written = file.read()
    tree = ast.parse(written, name)
    kept = () if not is_ours else documented if name.startswith("api/") else (ast.ClassDef,)
    for node in ast.walk(tree):
        if isinstance(node, documented) and not isinstance(node, kept) and ast.get_docstring(node, clean=False):
            node.body[0].value.value = ""
    code = marshal.dumps(compile(tree, name, "exec", dont_inherit=True))
    head = importlib.util.MAGIC_NUMBER + (3).to_bytes(4, "little") + importlib.util.source_hash(written)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(f"{place}.part", "wb") as file:
        file.write(head + code)
    os.replace(f"{place}.part", place)
"""
"""Compiles each source to its place. Python takes the result as long as the source it stands beside is the same to the
byte (https://peps.python.org/pep-0552/): times change on the way. What is told to readers of the code is left out,
which nobody reads on Lambda, but for what describes the API: our operations, and all classes of ours."""


def fill(vendor: Path, services: Iterable[str] = ()) -> None:
    """Put our parts of the libraries that are installed here into `vendor`, in place of all that was there.

    AWS's models of `services` come along with those of the services that the app itself calls.
    """
    shutil.rmtree(vendor, ignore_errors=True)
    _copy_babel(vendor)
    _copy_powertools(vendor)
    _copy_aws_libraries(vendor, services_in_use().union(services))
    compile_all(vendor)
    _compile_requirements(vendor)


def services_in_use() -> frozenset[str]:
    """The services that the app has clients for, as boto3 names them. `chalicelib/clients/aws.py` makes them all."""
    tree = ast.parse(Path(aws.__file__).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_client"]
    return frozenset(ast.literal_eval(call.args[0]) for call in calls)


def carried_libraries() -> dict[str, Distribution]:
    """The distributions of which the Lambda package has all or a part, by name: what they require is among them."""
    return installed([*VENDORED, *requirements("requirements.txt")])


def requirements(file: str) -> list[str]:
    """What a requirements file of ours asks for by itself."""
    return [line for line in (ROOT / file).read_text().splitlines() if line and line[0] not in "#-"]


def installed(asked: Iterable[str]) -> dict[str, Distribution]:
    """The distributions that are asked for, and all that they require in turn, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(asked)
    while waiting:
        requirement = waiting.pop()
        name = canonical(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
        if name in found or "extra ==" in requirement:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # it is for another system or an older Python
            continue
        waiting += found[name].requires or []
    return found


def canonical(name: str) -> str:
    """A distribution's name, of all that mean the same (https://packaging.python.org/specifications/name-normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def compile_all(folder: Path, *, are_ours: bool = False) -> None:
    """Compile the Python files in `folder`, as Lambda will find them there."""
    names = (source.relative_to(folder) for source in sorted(folder.rglob("*.py")))
    _compile(((folder / name, folder / name, name) for name in names if name not in _NEVER_RUN), are_ours=are_ours)


def _copy_babel(vendor: Path) -> None:
    """Leave out what no module of ours imports, and all languages but ours."""
    whole = distribution("babel")
    root = Path(str(whole.locate_file("babel")))
    for source in (path for pattern in _OF_BABEL for path in root.glob(pattern)):
        _copy(source, vendor / "babel" / source.relative_to(root))
    for name in sorted(_locales()):
        place = PurePath("locale-data") / f"{name}.dat"
        _copy_locale(root / place, vendor / "babel" / place)
    licences = [file for file in whole.files or [] if file.name == "LICENSE"]
    _copy(Path(str(licences[0].locate())), vendor / "babel" / "LICENSE")


def _copy_powertools(vendor: Path) -> None:
    """Leave out the folders that no module of ours imports."""
    for file in distribution("aws-lambda-powertools").files or []:
        is_unused = any(file.is_relative_to(PurePath("aws_lambda_powertools", name)) for name in _UNUSED_OF_POWERTOOLS)
        if not is_unused and _is_needed(file, ()):
            _copy(Path(str(file.locate())), vendor / file)


def _copy_locale(source: Path, target: Path) -> None:
    """Leave out what the CLDR knows of a language and no letter says, which is half of it."""
    known = pickle.loads(source.read_bytes())  # noqa: S301 - Babel's own, as installed here
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(
        pickle.dumps({name: {} if name in _UNSAID else told for name, told in known.items()}, protocol=2)
    )


def _locales() -> set[str]:
    """The locales' names, with those that they take from."""
    names = {"root"}
    for name in LOCALES:
        parts = str(Locale.parse(name)).split("_")
        names |= {"_".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return names


def _copy_aws_libraries(vendor: Path, services: Iterable[str]) -> None:
    """Leave out the models of all but these services."""
    for name in AWS_LIBRARIES:
        for file in distribution(name).files or []:
            if _is_needed(file, services):
                source = Path(str(file.locate()))
                if file.parts[:2] == ("botocore", "data"):
                    _copy_model(source, vendor / file, services)
                else:
                    _copy(source, vendor / file)


def _copy_model(source: Path, target: Path, services: Iterable[str]) -> None:
    """Leave out what a model says to people, which is half of it, and of all endpoints those of other services:
    botocore reads the rest.

    Models lie there packed, or as they are.
    """
    is_packed = source.suffix == ".gz"
    if not source.name.removesuffix(".gz").endswith(".json"):
        _copy(source, target)
        return
    told = source.read_bytes()
    model = _silenced(json.loads(gzip.decompress(told) if is_packed else told))
    if source.name == "endpoints.json":
        prefixes = {endpoint_prefix(service) for service in services}
        for partition in model["partitions"]:
            partition["services"] = {name: told for name, told in partition["services"].items() if name in prefixes}
    called = OPERATIONS.get(source.parent.parent.name)
    if called is not None and source.name.startswith("service-2."):
        model = _cut(model, called)
    for part in ("pagination", "waiters"):
        if called is not None and part in model:
            model[part] = {name: told for name, told in model[part].items() if told.get("operation", name) in called}
    plain = json.dumps(model, ensure_ascii=False, separators=(",", ":")).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    # With no time in it, so that the same model is the same file.
    target.write_bytes(gzip.compress(plain, mtime=0) if is_packed else plain)


def endpoint_prefix(service: str) -> str:
    """What begins the names of a service's endpoints: not always what boto3 calls it."""
    metadata = get_session().get_service_model(service).metadata
    return str(metadata["endpointPrefix"])


def _cut(model: dict[str, Any], operations: frozenset[str]) -> dict[str, Any]:
    """`model` with these operations alone, and the shapes that they need."""
    kept = {name: told for name, told in model["operations"].items() if name in operations}
    shapes: dict[str, Any] = {}
    waiting: list[Any] = list(kept.values())
    while waiting:
        told = waiting.pop()
        if isinstance(told, dict):
            name = told.get("shape")
            if isinstance(name, str) and name in model["shapes"] and name not in shapes:
                shapes[name] = model["shapes"][name]
                waiting.append(shapes[name])
            waiting.extend(told.values())
        elif isinstance(told, list):
            waiting.extend(told)
    return {**model, "operations": kept, "shapes": shapes}


def _silenced(model: Any) -> Any:  # noqa: ANN401 - any JSON
    """`model` without its sentences: `documentation` is text where it is botocore's own, else a name of a service's."""
    if isinstance(model, list):
        return [_silenced(one) for one in model]
    if not isinstance(model, dict):
        return model
    return {
        name: "" if name == "documentation" and isinstance(value, str) else _silenced(value)
        for name, value in model.items()
    }


def _is_needed(file: PurePath, services: Iterable[str]) -> bool:
    """Whether the functions need `file` of what is vendored. Licences and versions come along."""
    match file.parts:
        case ("boto3", "data" | "examples", *_):
            return False  # these data are for boto3's resources, which we do not use
        case (_, "RECORD" | "WHEEL" | "INSTALLER" | "REQUESTED"):
            return False  # they tell of the whole, as it is installed here
        case ("botocore", "data", service, _, name):
            return service in services and not name.startswith("examples-")
        case _:
            return not {"..", "__pycache__"} & set(file.parts)


def _compile_requirements(vendor: Path) -> None:
    """Put the compiled code of the requirements where Python looks for it: beside the sources that Chalice packs.

    Only that of modules which some module of ours imports on Lambda: the libraries have many more.
    """
    carried = set(carried_libraries())
    tops = packages_distributions()
    kept = {top for top, names in tops.items() if carried & {canonical(name) for name in names}}
    missing = sorted(set(tops) - kept - {"chalice"})
    command = [sys.executable, "-c", _EVERY_MODULE, *missing]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    found = []
    for site in sorted({Path(sysconfig.get_path(which)) for which in ("purelib", "platlib")}):
        for source in map(Path, told.stdout.splitlines()):
            if source.suffix == ".py" and source.is_relative_to(site):
                name = source.relative_to(site)
                if name.parts[0].removesuffix(".py") in kept and not (vendor / name).exists():
                    found.append((source, vendor / name, name))
    _compile(found)


def _compile(wanted: Iterable[tuple[Path, Path, Path]], *, are_ours: bool = False) -> None:
    """Compile each source as what will stand at its place by its name there.

    Each only once, and kept. In a process that does nothing else: what comes out depends a little on what the process
    has loaded, and Chalice would pack and deploy the same code anew.
    """
    compiled = [(source, place, name, _COMPILED / _digest(source, name, are_ours)) for source, place, name in wanted]
    told = [(str(source), str(kept), str(name), are_ours) for source, _, name, kept in compiled if not kept.exists()]
    command = [sys.executable, "-I", "-c", _COMPILE]
    subprocess.run(command, input=json.dumps(told), text=True, check=True)  # noqa: S603 - our own
    for _, place, _, kept in compiled:
        _copy(kept, Path(cache_from_source(str(place))))


def _digest(source: Path, name: Path, are_ours: bool) -> str:
    """What the compiled code depends on, as the name of its file."""
    known = hashlib.sha256(MAGIC_NUMBER + f"{name}\0{are_ours}\0{_COMPILE}\0".encode())
    known.update(source.read_bytes())
    return f"{known.hexdigest()}.pyc"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
