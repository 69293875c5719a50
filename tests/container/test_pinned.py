"""What `container/models.py` calls, held against the source of the packages that the image pins.

They cannot stand beside ours (WhisperX wants an older hub client), and torch has gigabytes: so their wheels are
fetched before (`wheels.py`), and read, and nothing of them is run. Where they cannot be had the tests are skipped, and
the run says so at its end: that packages which we do not install cannot be reached is no fault of ours.
"""

import ast
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.container import wheels
from tests.container.wheels import LOCKED, PACKAGES
from tests.harness.places import ROOT

MODELS = ast.parse((ROOT / "container" / "models.py").read_text())


@cache
def source(package: str, file: str) -> ast.Module:
    fetched = wheels.find(package)
    if fetched is None:
        pytest.skip("THERE ARE NO WHEELS of what the image pins: run `python -m tests.container.wheels`")
    with zipfile.ZipFile(fetched) as packed:
        return ast.parse(packed.read(file))


@pytest.fixture
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine that has fetched nothing yet."""
    monkeypatch.setattr(wheels, "KEPT", tmp_path / "wheels")
    wheels.find.cache_clear()
    yield tmp_path / "wheels"
    wheels.find.cache_clear()


def test_a_wheel_that_is_not_what_was_locked_is_not_read(nothing_kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def deliver(package: str, folder: Path) -> None:
        tried.append(package)
        (folder / f"{package}-{LOCKED[package]}-py3-none-any.whl").write_bytes(b"another")

    monkeypatch.setattr(wheels, "_download", deliver)
    assert wheels.fetch("whisperx", pause=0) is None
    assert tried == ["whisperx"] * 3, "one failure is bad luck"
    assert all(wheels.hashes(package) for package in PACKAGES)


def test_what_cannot_be_fetched_is_said_loudly(
    nothing_kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wheels, "_download", lambda package, folder: None)
    monkeypatch.setattr(wheels, "_TRIES", 1)
    wheels.main()
    assert "ARE SKIPPED" in capsys.readouterr().err
    assert list(nothing_kept.iterdir()) == []


def function(tree: ast.Module, name: str) -> ast.FunctionDef:
    """A function, or `Class.method`."""
    body: list[ast.stmt] = tree.body
    *classes, last = name.split(".")
    for one in classes:
        body = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == one).body
    return next(node for node in body if isinstance(node, ast.FunctionDef) and node.name == last)


def called(name: str, *, within: str | None = None) -> Iterator[ast.Call]:
    """The calls in models.py that are written so: `whisperx.align`, `.transcribe`."""
    place: ast.AST = MODELS
    if within is not None:
        place = next(node for node in ast.walk(MODELS) if isinstance(node, ast.FunctionDef) and node.name == within)
    for node in ast.walk(place):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


CALLS = [
    ("whisperx.load_model", "_transcribed", "whisperx", "whisperx/asr.py", "load_model"),
    ("model.transcribe", "_transcribed", "whisperx", "whisperx/asr.py", "FasterWhisperPipeline.transcribe"),
    ("whisperx.load_align_model", "_aligned", "whisperx", "whisperx/alignment.py", "load_align_model"),
    ("whisperx.align", "_aligned", "whisperx", "whisperx/alignment.py", "align"),
    ("DiarizationPipeline", "_labelled", "whisperx", "whisperx/diarize.py", "DiarizationPipeline.__init__"),
    ("pipeline", "_labelled", "whisperx", "whisperx/diarize.py", "DiarizationPipeline.__call__"),
    ("assign_word_speakers", "_labelled", "whisperx", "whisperx/diarize.py", "assign_word_speakers"),
    (
        "tokenizer.apply_chat_template",
        "sum_up",
        "transformers",
        "transformers/tokenization_utils_base.py",
        "PreTrainedTokenizerBase.apply_chat_template",
    ),
]


@pytest.mark.parametrize(("written", "within", "package", "file", "name"), CALLS, ids=[call[0] for call in CALLS])
def test_what_is_called_takes_what_it_is_given(written: str, within: str, package: str, file: str, name: str) -> None:
    defined = function(source(package, file), name).args
    positional = [one.arg for one in (*defined.posonlyargs, *defined.args) if one.arg != "self"]
    keywords = {*positional, *(one.arg for one in defined.kwonlyargs)}
    needed = positional[: len(positional) - len(defined.defaults)]
    calls = list(called(written, within=within))
    assert calls
    for call in calls:
        assert len(call.args) <= len(positional)
        named = {one.arg for one in call.keywords if one.arg}
        assert named <= keywords
        assert set(needed) <= named | set(positional[: len(call.args)])


def test_whisperx_gives_what_is_read_of_it() -> None:
    transcribed = ast.unparse(function(source("whisperx", "whisperx/asr.py"), "FasterWhisperPipeline.transcribe"))
    assert "return {'segments': segments, 'language': language}" in transcribed
    for key in ("text", "start", "end", "avg_logprob"):
        assert f"'{key}':" in transcribed
    aligned = ast.unparse(function(source("whisperx", "whisperx/alignment.py"), "align"))
    assert "'segments': aligned_segments" in aligned
    for key in ("word", "start", "end", "score"):
        assert f"'{key}'" in aligned
    shown = {
        name.name
        for node in ast.walk(source("whisperx", "whisperx/__init__.py"))
        if isinstance(node, ast.FunctionDef)
        for name in [node]
    }
    assert {"load_model", "load_align_model", "align"} <= shown


def test_whisperx_tells_whisper_of_hotwords() -> None:
    assert "'hotwords': None" in ast.unparse(function(source("whisperx", "whisperx/asr.py"), "load_model"))
    told = ast.unparse(function(source("whisperx", "whisperx/asr.py"), "WhisperModel.generate_segment_batched"))
    assert "hotwords=options.hotwords" in told
    assert "self.options" in ast.unparse(
        function(source("whisperx", "whisperx/asr.py"), "FasterWhisperPipeline._forward")
    )


def test_what_is_put_in_the_place_of_nltk_is_what_is_asked() -> None:
    tree = source("whisperx", "whisperx/alignment.py")
    imported = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert "from nltk.data import load as nltk_load" in imported
    aligned = ast.unparse(function(tree, "align"))
    assert re.search(r"(\w+) = nltk_load\(.*\)", aligned)
    used = set(re.findall(r"sentence_splitter\.(\w+)", aligned))
    assert used == {"span_tokenize"}


def test_an_aligner_is_taken_from_its_folder_and_not_from_torchaudio() -> None:
    """torchaudio's own would be downloaded, and unpickled."""
    loading = ast.unparse(function(source("whisperx", "whisperx/alignment.py"), "load_align_model"))
    assert "if model_name in torchaudio.pipelines.__all__" in loading
    assert (
        "Wav2Vec2ForCTC.from_pretrained(model_name, cache_dir=model_dir, local_files_only=model_cache_only)" in loading
    )
    (call,) = called("whisperx.load_align_model")
    given = {one.arg: ast.unparse(one.value) for one in call.keywords}
    assert given["model_name"] == "str(folder)"
    assert given["model_cache_only"] == "True"


def test_pyannote_can_be_told_to_tell_nobody() -> None:
    telling = ast.unparse(source("pyannote-audio", "pyannote/audio/telemetry/metrics.py"))
    assert "PYANNOTE_METRICS_ENABLED" in telling
    assert '"PYANNOTE_METRICS_ENABLED": "0"' in (ROOT / "container" / "models.py").read_text()


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("pyannote/audio/core/model.py", {"Introspection"}),
        ("pyannote/audio/core/task.py", {"Problem", "Resolution", "Specifications"}),
    ],
)
def test_what_pyannotes_files_may_hold_is_there(file: str, names: set[str]) -> None:
    tree = source("pyannote-audio", file)
    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    brought = {
        name.asname or name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names
    }
    assert names <= defined | brought


def test_what_is_imported_of_transformers_is_there() -> None:
    imported = {
        name.name
        for node in ast.walk(MODELS)
        if isinstance(node, ast.ImportFrom) and node.module == "transformers"
        for name in node.names
    }
    assert len(imported) == 5
    defined: set[str] = set()
    for file in ("modeling_auto.py", "tokenization_auto.py", "image_processing_auto.py"):
        body = source("transformers", f"transformers/models/auto/{file}").body
        defined |= {node.name for node in body if isinstance(node, ast.ClassDef)}
    assert imported <= defined


def test_weights_are_read_as_weights_only() -> None:
    loading = function(source("transformers", "transformers/modeling_utils.py"), "load_state_dict").args
    defaults = dict(zip([one.arg for one in loading.args][-len(loading.defaults) :], loading.defaults, strict=True))
    assert ast.unparse(defaults["weights_only"]) == "True"
    given = ast.unparse(
        function(source("transformers", "transformers/modeling_utils.py"), "PreTrainedModel.from_pretrained")
    )
    for keyword in {one.arg for call in called("AutoModelForCausalLM.from_pretrained") for one in call.keywords}:
        assert keyword is not None
        assert keyword in given
