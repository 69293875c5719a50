"""Starts `python -m local …` from a process that has loaded it already, in a second instead of three.

The demo is started as a user starts it (tests/local/test_cli.py).
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from tests.harness.places import ROOT


class Program:
    """A process, with what of `subprocess.Popen` the tests need: what it prints, how it ends, and signals to it."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        reading, writing = os.pipe()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_warm())
        asked = json.dumps({"command": command, "environment": dict(environment), "folder": str(ROOT)}).encode()
        with Path(os.devnull).open("rb") as nothing:
            socket.send_fds(self._connection, [b"\0"], [nothing.fileno(), writing, writing])
        self._connection.sendall(asked + b"\n")
        os.close(writing)
        self.stdout: IO[str] = os.fdopen(reading)
        self._told = self._connection.makefile("rb")
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def communicate(self, timeout: float) -> tuple[str, None]:
        """All that it prints until it ends; it is killed if that takes more than so many seconds."""
        killing = threading.Timer(timeout, self.kill)
        killing.start()
        try:
            said = self.stdout.read()
            self.wait()
        finally:
            killing.cancel()
        self.stdout.close()
        return said, None

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        if self.returncode is None:
            self.returncode = int(self._told.readline())
            self._told.close()
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has ended already
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def _warm() -> str:
    """The socket of a process that becomes what it is asked for; it ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="warm-")
    path = f"{folder.name}/door"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RAPPORTEUR_"))}
    warm = subprocess.Popen(
        [sys.executable, "-m", "tests.harness.warm", path],
        cwd=ROOT,
        env=plain,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert warm.stdout is not None
    assert warm.stdout.readline() == b"ready\n"

    def end() -> None:
        warm.communicate()
        folder.cleanup()

    atexit.register(end)
    return path
