"""The wheels of packages that only the image has, to be read: fetched before the tests, checked, and kept in `build/`.

    python -m tests.container.wheels

They come from where all else is installed from, with the hashes that the image's lock file has. `make test` fetches
them once; where they cannot be had, what reads them is skipped, and the run says so.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.harness.places import ROOT

PACKAGES = ("whisperx", "pyannote-audio", "transformers")
KEPT = ROOT / "build" / "pinned-wheels"
_LOCK = (ROOT / "container" / "requirements.lock").read_text()
LOCKED = dict(re.findall(r"^([\w.-]+)==([\w.]+)", _LOCK, re.MULTILINE))

_TRIES, _PAUSE = 3, 5.0  # seconds
_PATIENCE = 300  # seconds for a try


def hashes(package: str) -> set[str]:
    """The SHA-256 that its files may have."""
    _, _, rest = _LOCK.partition(f"\n{package}=={LOCKED[package]} \\\n")
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})", re.split(r"^\S", rest, maxsplit=1, flags=re.MULTILINE)[0]))


@cache
def find(package: str) -> Path | None:
    """The wheel, if it is there and is the one that is locked."""
    for path in KEPT.glob(f"{package.replace('-', '_')}-{LOCKED[package]}-*.whl"):
        if hashlib.sha256(path.read_bytes()).hexdigest() in hashes(package):
            return path
    return None


def fetch(package: str, pause: float = _PAUSE) -> Path | None:
    """The wheel, fetched if it is not there; None where it cannot be had."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for again in range(_TRIES):
        if found := find(package):
            return found
        find.cache_clear()
        if again:
            time.sleep(pause)
        # Put in its place as a whole: others may fetch it too.
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            _download(package, Path(folder))
            for path in Path(folder).glob("*.whl"):
                path.replace(KEPT / path.name)
    return find(package)


def _download(package: str, folder: Path) -> None:
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    asked += ["--only-binary", ":all:", "--python-version", "3.12", f"{package}=={LOCKED[package]}"]
    try:
        subprocess.run(asked, timeout=_PATIENCE, check=False, capture_output=True)
    except subprocess.TimeoutExpired:
        return


def main() -> None:
    """Fetch all that are missing. Says loudly what cannot be had."""
    missing = [package for package in PACKAGES if fetch(package) is None]
    if not missing:
        return
    print(
        f"\n!!! {', '.join(missing)} cannot be fetched from where packages come from, so THE TESTS OF HOW THE GPU JOB\n"
        "!!! CALLS THEM ARE SKIPPED. Run make test again where they can be.\n",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
