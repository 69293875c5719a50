"""The pure part of the asset page, by its own tests, in the node that Playwright brings along."""

import subprocess

from playwright._impl._driver import compute_driver_executable

from tests.harness.started import ROOT


def test_the_model_of_the_asset_page() -> None:
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "--test", *sorted(map(str, (ROOT / "tests" / "web").glob("*.test.mjs")))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout
