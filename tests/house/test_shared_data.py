"""What is not ours stays out of the project, and a test that needs it is never passed over in silence."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.harness.shared_data import ROOT, folder, shared

OURS = ("benchmarks", "docs", "mails", "samples", "tests", "web")


def digests(where: Path) -> dict[str, str]:
    files = (path for path in where.rglob("*") if path.is_file() and path.stat().st_size < 10_000_000)
    return {sha256(path.read_bytes()).hexdigest(): path.name for path in files if path.stat().st_size}


def test_nothing_in_the_project_is_a_copy_of_it() -> None:
    shared("README.md")
    found = folder()
    assert found
    theirs = digests(found)
    for name in OURS:
        assert theirs.keys() & digests(ROOT / name).keys() == set()


def test_where_it_is_not_at_hand_a_test_is_skipped_loudly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAPPORTEUR_TEST_DATA", str(tmp_path / "nowhere"))
    monkeypatch.delenv("RAPPORTEUR_NO_SKIPS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="THERE IS NO"):
        shared("speech/0870.wav")


def test_where_nothing_may_be_skipped_it_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAPPORTEUR_TEST_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("RAPPORTEUR_NO_SKIPS", "1")
    with pytest.raises(pytest.fail.Exception, match="RAPPORTEUR_TEST_DATA"):
        shared("speech/0870.wav")


def test_a_name_that_is_not_there_fails_in_any_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAPPORTEUR_TEST_DATA", str(tmp_path))
    with pytest.raises(AssertionError, match=r"has no speech/0870\.wav"):
        shared("speech/0870.wav")
