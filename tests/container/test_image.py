"""The image: what goes into it, who it runs as, and what the job imports. There is no Docker here to build it."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from container import fetch_weights, files, models, settings
from container.contract import ModelsMissing
from container.failures import STATUS, Failed
from container.request import Request
from container.weights import MANIFEST, USUAL, Weights, hash_of
from tests.harness.places import ROOT

FOLDER = ROOT / "container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
LINES = re.sub(r"\\\n", " ", DOCKERFILE).splitlines()
STEPS = [line.split(" ", 1) for line in LINES if line and not line.startswith("#")]
README = (FOLDER / "README.md").read_text()


def steps(kind: str) -> list[str]:
    return [rest.strip() for step, rest in STEPS if step == kind]


def test_the_base_is_pinned_by_its_digest_and_has_cuda_12() -> None:
    outside = [base for base in steps("FROM") if base.split()[0] != "base"]
    assert len(outside) == 1
    assert re.fullmatch(r"nvidia/cuda:12\.[\d.]+-[\w-]*ubuntu24\.04@sha256:[0-9a-f]{64} AS base", outside[0])


def test_no_secret_can_stay_in_a_layer() -> None:
    assert steps("ARG") == []
    assert not re.search(r"token|secret|password", DOCKERFILE.replace("requirements", ""), re.IGNORECASE)


def test_it_runs_as_nobody_special_and_writes_only_to_tmp() -> None:
    assert steps("USER") == ["10001:10001"]
    assert STEPS.index(["USER", "10001:10001"]) < next(at for at, one in enumerate(STEPS) if one[0] == "ENTRYPOINT")
    assert json.loads(steps("ENTRYPOINT")[0]) == ["python", "-m", "container.job"]
    assert steps("HEALTHCHECK") == ["NONE"]
    (told,) = steps("ENV")
    for setting in ("PYTHONDONTWRITEBYTECODE=1", "HOME=/tmp", "TMPDIR=/tmp", "PYANNOTE_METRICS_ENABLED=0"):
        assert setting in told.split()


def test_every_package_is_pinned_with_its_hashes() -> None:
    lock = (FOLDER / "requirements.lock").read_text()
    (install,) = [step for step in steps("RUN") if "requirements.lock" in step]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    names = re.findall(r"^([\w.-]+)==[^ ]+ \\$", lock, re.MULTILINE)
    packages = re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(names) == len(packages) > 100
    assert all("--hash=sha256:" in package for package in packages)
    wanted = re.findall(r"^([\w.-]+)", (FOLDER / "requirements.in").read_text(), re.MULTILINE)
    assert {name.replace(".", "-").lower() for name in wanted} <= set(names)


def test_what_is_copied_is_there_and_is_let_into_the_build() -> None:
    let_in = re.findall(r"^!(\S+)$", (FOLDER / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    for copied in steps("COPY"):
        sources = [word for word in copied.split()[:-1] if not word.startswith("--")]
        if "--from=" not in copied:
            for one in sources:
                assert (ROOT / one).exists(), one
                assert one.split("/")[0] in let_in


def test_with_what_is_copied_the_job_can_be_imported(tmp_path: Path) -> None:
    """And without boto3, pydantic or a model: they are imported when they are needed."""
    for copied in steps("COPY"):
        *sources, target = copied.split()
        for one in sources:
            if not one.startswith("--") and "--from" not in copied and "requirements" not in one:
                place = tmp_path / target if target.endswith("/") else (tmp_path / target).parent
                place.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "-r", str(ROOT / one), str(place)], check=True)
    script = (
        "import sys, container.job, container.models; heavy = {'boto3', 'botocore', 'pydantic', 'torch', 'whisperx',"
        "'transformers', 'pyannote', 'numpy', 'huggingface_hub', 'PIL'} & set(sys.modules); assert not heavy, heavy"
    )
    plain = {"PATH": "", "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=tmp_path, env=plain, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_room_knows_only_the_pure_rooms_and_models_only_in_their_places(path: Path) -> None:
    found = imports(path)
    ours = {name for name in found if name.split(".")[0] in {"chalicelib", "local", "deployment", "app"}}
    assert {".".join(name.split(".")[:2]) for name in ours} <= {
        "chalicelib.domain",
        "chalicelib.message",
        "chalicelib.speech",
        "chalicelib.vision",
    }
    heavy = {name.split(".")[0] for name in found} & {"torch", "whisperx", "transformers", "pyannote", "omegaconf"}
    assert not heavy or path.stem in {"models", "tuning"}


def test_remote_code_is_never_run_and_pickles_never_read() -> None:
    text = (FOLDER / "models.py").read_text()
    loads = re.findall(r"Auto\w+\.from_pretrained\((.*?)\)", text, re.DOTALL)
    assert len(loads) == 6
    assert all("local_files_only=True" in one for one in loads)
    assert "trust_remote_code=True" not in text
    assert text.count("trust_remote_code=False") == 5
    assert models._QUIET["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] == "1"


# ---- weights


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder as `fetch_weights` leaves it."""
    folder = tmp_path / "weights"
    (folder / "summary" / ".cache").mkdir(parents=True)
    (folder / "summary" / ".cache" / "notes").write_text("the hub's client's")
    (folder / "summary" / "model.safetensors").write_bytes(b"weights")
    (folder / "summary" / "config.json").write_text("{}")
    manifest: dict[str, dict[str, object]] = {"models": {}, "files": {}}
    fetch_weights.note("summary", folder, manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def bring(place: object, role: str = "summary", **more: str) -> Path:
    return Weights({"RAPPORTEUR_JOB_WEIGHTS": str(place), **more}).bring(role)


def test_weights_are_used_where_they_lie(weights: Path) -> None:
    assert bring(weights) == weights / "summary"
    assert bring(weights, RAPPORTEUR_JOB_MANIFEST_SHA256=hash_of(weights / MANIFEST)) == weights / "summary"


def test_weights_come_from_s3_and_are_checked(weights: Path, cloud: object, tmp_path: Path) -> None:
    place = f"s3://rapporteur-tests/{tmp_path.name}/weights/"
    for path in weights.rglob("*"):
        if path.is_file():
            files.write(place + path.relative_to(weights).as_posix(), path.read_bytes())
    brought = bring(place)
    assert sorted(path.name for path in brought.iterdir()) == ["config.json", "model.safetensors"]
    files.write(f"{place}summary/config.json", b"[]")
    with pytest.raises(ModelsMissing, match=r"config\.json is not what"):
        bring(place)


def test_weights_that_are_not_what_they_should_be_are_refused(weights: Path) -> None:
    (weights / "summary" / "model.safetensors").write_bytes(b"weightz")
    with pytest.raises(ModelsMissing, match="is not what"):
        bring(weights)


def test_what_the_manifest_does_not_name_is_not_loaded(weights: Path) -> None:
    (weights / "summary" / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ModelsMissing, match=r"pytorch_model\.bin is not in"):
        bring(weights)


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", '{"files": {"../x": {"sha256": "", "size": 1}}}', '{"files": {"/etc/x": {"sha256": "", "size": 1}}}'],
)
def test_a_manifest_that_is_none_is_refused(manifest: str, weights: Path) -> None:
    (weights / MANIFEST).write_text(manifest)
    with pytest.raises(ModelsMissing, match="is none that"):
        bring(weights)


def test_what_is_missing_is_named(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match="RAPPORTEUR_JOB_WEIGHTS to a folder"):
        bring("")
    with pytest.raises(ModelsMissing, match=f"There is no {MANIFEST}"):
        bring(tmp_path)
    with pytest.raises(ModelsMissing, match="There are no weights for whisper"):
        bring(weights, "whisper")
    with pytest.raises(ModelsMissing, match="MANIFEST_SHA256"):
        bring(weights, RAPPORTEUR_JOB_MANIFEST_SHA256="0" * 64)


@pytest.mark.parametrize("told", ["whisper=owner/name@main", "whisper=owner/name", "whisper=../x@" + "a" * 40])
def test_the_hub_is_asked_for_a_commit_only(told: str) -> None:
    with pytest.raises(ModelsMissing, match="commit of 40 digits"):
        Weights({"RAPPORTEUR_JOB_HUB": told})


def test_every_pin_is_a_commit_and_every_licence_is_stated() -> None:
    for role, known in USUAL.items():
        assert known.revision is None or re.fullmatch("[0-9a-f]{40}", known.revision)
        assert known.repository in README, role
        assert known.licence.split(",")[0] in README


# ---- what is said of it


def test_the_readme_has_every_exit_status_and_every_setting() -> None:
    for code, status in STATUS.items():
        assert re.search(rf"\| {status} \| `{code}` \|", README), code
    used = {
        f"RAPPORTEUR_JOB_{name}"
        for name in re.findall(r'(?:told|number)\("([A-Z_]+)"', (FOLDER / "settings.py").read_text())
    }
    for path in FOLDER.glob("*.py"):
        used |= set(re.findall(r'"(RAPPORTEUR_JOB_[A-Z0-9_]+)"', path.read_text()))
    assert len(used) > 10
    for setting in used:
        assert f"`{setting}`" in README, setting
    for name in Request.__dataclass_fields__:
        assert name in README, name


@pytest.mark.parametrize(
    ("name", "value"), [("FRAMES", "0"), ("SECONDS", "-1"), ("TOXIC_FROM", "2"), ("FRAMES", "many")]
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(Failed, match=f"RAPPORTEUR_JOB_{name}"):
        settings.read({f"RAPPORTEUR_JOB_{name}": value})


@pytest.mark.parametrize(
    "told",
    [
        {"RAPPORTEUR_JOB_DEVICE": "tpu"},
        {"RAPPORTEUR_JOB_TOXIC_LABELS": "bad=very-bad"},
        {"RAPPORTEUR_JOB_MODERATION_LABELS": "bad"},
    ],
)
def test_a_setting_of_models_that_cannot_be_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(ModelsMissing, match=next(iter(told))):
        models._options(told)


def test_labels_of_ones_own_are_known() -> None:
    told = models._options({"RAPPORTEUR_JOB_MODERATION_LABELS": "Weapons=Weapons<Violence, drugs=Drugs & Tobacco"})
    assert told.moderation_labels["weapons"] == ("Weapons", "Violence")
    assert told.moderation_labels["drugs"] == ("Drugs & Tobacco", "")
