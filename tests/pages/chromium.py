"""The browser that the pages are tested in: found, or installed where this machine may.

    python -m tests.pages.chromium

`make test` runs this first. Where it cannot help, it says what to do, and the tests of the pages are skipped; with
RAPPORTEUR_NO_SKIPS set, as in CI, they fail instead.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.local.serving import Serving

OK = 200
_SHELL = "chromium-headless-shell"
"""The same engine without the windows around it, which nobody sees in a test: it takes half as much of a processor."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find(*, with_devices: bool = False) -> str | None:
    """Where a Chromium is, one that has cameras and microphones if asked for; None if there is none."""
    for name in _NAMES if with_devices else (_SHELL, *_NAMES):
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser for whoever is no test. Ends the program with a sentence where there is none."""
    if (found := find()) is None:
        raise SystemExit("There is no Chromium: run python -m tests.pages.chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def signed_in(server: Serving, email: str, password: str) -> StorageState:
    """What a browser keeps for somebody who has signed in at this service."""
    person = Serving(server.process, server.base)
    if person.sign_in(email, password).status_code != OK:
        raise RuntimeError(f"{email} cannot sign in")
    told = person.tokens
    kept = {
        "id": told["id_token"],
        "access": told["access_token"],
        "refresh": told["refresh_token"],
        "ends": time.time() + int(told["expires_in"]),
        "email": email,
    }
    values = [{"name": "rapporteur.session", "value": json.dumps(kept)}]
    return {"cookies": [], "origins": [{"origin": server.base, "localStorage": values}]}  # type: ignore[typeddict-item]


def install() -> str | None:
    """Install it, from the system's packages or from Playwright's own. Returns where it is, None if that fails."""
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    tries: list[list[str]] = []
    if shutil.which("apt-get") and (not root or shutil.which("sudo")):
        package = [*root, "apt-get", "install", "-q", "-y"]
        tries = [[*root, "apt-get", "update", "-q"], [*package, _SHELL], [*package, "chromium"]]
    tries.append([sys.executable, "-m", "playwright", "install", "chromium"])
    for command in tries:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=600)
        if found := find(with_devices=True):
            return found
    return None


def main() -> int:
    """Say where Chromium is, or what to do about it."""
    if find(with_devices=True) or install():
        return 0
    print(
        "\n!!! There is no Chromium here and none could be installed, so THE TESTS OF THE PAGES ARE SKIPPED.\n"
        "!!! Install it (on Debian: sudo apt-get install chromium) and run make test again.\n",
        file=sys.stderr,
    )
    return 1 if os.environ.get("RAPPORTEUR_NO_SKIPS") else 0


if __name__ == "__main__":
    sys.exit(main())
