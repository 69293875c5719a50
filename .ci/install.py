"""Install requirements files into the virtual environment that runs this: `python .ci/install.py [--hashed] FILE…`.

With `--hashed` the files name all that is to be installed, each with its hashes: nothing comes that is not among them.

By uv, which takes a sixth of pip's time; from where pip is told to install (pip.conf, PIP_…), which uv does not read by
itself. Should uv fail, by pip. Needs nothing but what a new virtual environment holds.
"""

import ast
import os
import subprocess
import sys
from importlib import metadata

UV = "uv==0.13.9"
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "cert": "SSL_CERT_FILE",
}
"""What pip's configuration calls what uv takes from the environment."""


def main(files: list[str]) -> int:
    """Returns the exit status: pip's, should uv have failed."""
    is_hashed = files[0] == "--hashed"
    asked = [argument for file in files[is_hashed:] for argument in ("-r", file)]
    asked += ["--no-deps", "--require-hashes"] if is_hashed else []
    # What is compiled is compiled when it is first imported: most of what is installed never is.
    fast = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable, *asked]
    settings = {**os.environ, **uv_settings(pip_configuration()), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if is_hashed:  # all is pinned, and uv takes no constraint that is not
        settings.pop("UV_CONSTRAINT", None)
    has_uv = is_there(UV) or _run([*_PIP, "install", "--quiet", "--no-compile", UV]) == 0
    if has_uv and _run(fast, settings) == 0:
        return 0
    print("uv could not install this; pip tries now, which takes longer", file=sys.stderr)
    return _run([*_PIP, "install", "--quiet", "--no-compile", *asked])


def is_there(pinned: str) -> bool:
    """Whether this environment has a library in the version that is pinned."""
    name, _, version = pinned.partition("==")
    try:
        return metadata.version(name) == version
    except metadata.PackageNotFoundError:
        return False


def pip_configuration() -> dict[str, str]:
    """Pip's settings, by their long option's name, whether from a file or from the environment."""
    listed = subprocess.run([*_PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    lines = [line.partition("=") for line in listed.splitlines()]
    # Those for `install` hold over the global ones, and the environment's over both.
    order = {"global": 0, "install": 1, ":env:": 2}
    found = sorted((order.get(name.rpartition(".")[0], -1), name, value) for name, _, value in lines)
    return {name.rpartition(".")[2]: ast.literal_eval(value) for rank, name, value in found if rank >= 0}


def uv_settings(pip: dict[str, str]) -> dict[str, str]:
    """The environment in which uv installs from where pip would, among several places the newest as pip does."""
    return {variable: " ".join(pip[name].split()) for name, variable in _FOR_UV.items() if name in pip}


def _run(command: list[str] | tuple[str, ...], environment: dict[str, str] | None = None) -> int:
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
