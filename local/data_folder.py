"""The folder in which `python -m local serve` keeps everything, so that the next start finds it again.

journal.sqlite   what the embedded AWS holds: items, names of objects, messages, accounts (see journal.py)
objects/         the objects' bytes, a file each
mails/           what was mailed, an .eml each
outbox/          of these, what an SMTP server has yet to take (see outbox.py)
refused/         what it has refused for good; moved into the outbox, it is tried again at the next start
kept/            what engines keep beyond a job: collections of faces
scratch/         what is of no use after the end of the process
lock             held by the process that uses the folder
"""

import fcntl
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Self

from chalicelib.errors import RapporteurError

_LAYOUT = 1
_JOURNAL = "journal.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    source TEXT, key TEXT, item TEXT NOT NULL, PRIMARY KEY (source, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT, name TEXT, file TEXT NOT NULL, etag TEXT NOT NULL, metadata TEXT NOT NULL, modified TEXT NOT NULL,
    PRIMARY KEY (bucket, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, name TEXT NOT NULL, metadata TEXT NOT NULL, begun REAL NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT, number INTEGER, file TEXT NOT NULL, etag TEXT NOT NULL, PRIMARY KEY (upload, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    queue TEXT, id TEXT, message TEXT NOT NULL, PRIMARY KEY (queue, id)) WITHOUT ROWID;
"""


def is_data_folder(path: Path) -> bool:
    """Whether a service keeps its data in the folder at `path`."""
    return (path / _JOURNAL).exists()


class DataFolder:
    """The folder, for one process at a time."""

    def __init__(self, path: Path) -> None:
        """Open the folder at `path`, which is made if need be.

        Raises RapporteurError if another process uses it, or it is of another make.
        """
        self.path = path.resolve()
        self.objects = self.path / "objects"
        self.mails = self.path / "mails"
        self.outbox = self.path / "outbox"
        self.refused = self.path / "refused"
        self.kept = self.path / "kept"
        self.scratch = self.path / "scratch"
        try:
            # Recordings, transcripts and tokens are nobody else's business on this machine.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("a")
        except OSError as exc:
            raise RapporteurError(f"The folder {path} cannot be used: {exc.strerror}.") from exc
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            self._lock.close()
            raise RapporteurError(
                f"The folder {path} is used by another Rapporteur. Stop that one, or choose another with --data."
            ) from exc
        shutil.rmtree(self.scratch, ignore_errors=True)
        for folder in (self.objects, self.mails, self.outbox, self.refused, self.kept, self.scratch):
            folder.mkdir(exist_ok=True)
        # Any thread may write, though never two at a time: see turns.py.
        self.journal = sqlite3.connect(self.path / _JOURNAL, check_same_thread=False)
        self.journal.execute("PRAGMA journal_mode = WAL")
        self.journal.execute("PRAGMA synchronous = NORMAL")
        self.journal.executescript(_TABLES)
        if self.fact("layout", lambda: str(_LAYOUT)) != str(_LAYOUT):
            self.close()
            raise RapporteurError(f"The folder {path} was made by another version of Rapporteur. Choose another one.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self.journal.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self._lock.close()

    def fact(self, name: str, make: Callable[[], str]) -> str:
        """What was made once for this folder; made now if it never was."""
        found = self.journal.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        if found is not None:
            return str(found[0])
        value = make()
        self.note(name, value)
        return value

    def note(self, name: str, value: str) -> None:
        """Keep `value` under `name`."""
        with self.journal:
            self.journal.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def secret(self, name: str) -> str:
        """A secret of this folder's own, always the same."""
        return self.fact(name, lambda: secrets.token_urlsafe(32))
