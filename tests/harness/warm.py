"""A process that has loaded what `python -m local` needs, and becomes one whenever it is asked to.

    python -m tests.harness.warm SOCKET

It listens at the Unix socket; each connection is a program (`tests/harness/started.py`). It ends with whoever started
it.
"""

import gc
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from moto.moto_api._internal import mock_random

from local.aws.quicker import leave_out_checks

leave_out_checks()

from tests.harness.service import running_service  # noqa: E402 - which loads what has them


def load() -> None:
    """What takes most of a start: the libraries, and what is worked out at the first of all calls."""
    for name in ("cli", "runtime", "serve", "http.server", "engines.ffmpeg", "engines.pyav"):
        import_module(f"local.{name}")
    with unheard(), running_service() as service:
        service.upload()
        service.settle()
    assert threading.active_count() == 1, "a copy of this process would lack the others"
    gc.freeze()  # or each program would look through all that, and so copy it, when it ends


@contextmanager
def unheard() -> Iterator[None]:
    """What is printed goes nowhere."""
    kept = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def main(path: str) -> None:
    load()
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as selector:
        door.bind(path)
        door.listen()
        selector.register(door, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)  # which ends when whoever started this does
        print("ready", flush=True)
        asked = _until_asked(selector, door)
    if asked:
        _become(*asked)


def _until_asked(selector: selectors.BaseSelector, door: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Returns, in each process that is to be a program, what to become; in this one None, at the end."""
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return None
            if key.fileobj is not door:
                _ended(selector, key)
            elif (asked := _started(selector, door)) is not None:
                return asked


def _started(selector: selectors.BaseSelector, door: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Start the program that somebody asks for. Returns None; in the process that is to be it, what to become."""
    connection, _ = door.accept()
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as asked:
        wanted = json.loads(asked.readline())
    program = os.fork()
    if not program:
        connection.close()
        return wanted, files
    for file in files:
        os.close(file)
    connection.sendall(b"%d\n" % program)
    selector.register(os.pidfd_open(program), selectors.EVENT_READ, (program, connection))
    return None


def _ended(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    program, connection = key.data
    selector.unregister(key.fd)
    os.close(key.fd)
    status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    with connection:
        try:
            connection.sendall(b"%d\n" % status)
        except OSError:  # nobody waits for it any more
            return


def _become(asked: dict[str, Any], files: list[int]) -> None:
    """Go on as `python -m local` would that was started anew."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    time.tzset()
    tempfile.tempdir = None
    random.seed()
    mock_random.seed()  # moto has numbers of its own, from which it makes ids
    signal.signal(signal.SIGINT, signal.default_int_handler)
    module, *sys.argv[1:] = asked["command"]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
