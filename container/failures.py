"""What can go wrong in the job, by a code that others read, and the status that the program ends with."""

import errno
from collections.abc import Mapping

from container.contract import ModelsMissing

UNREADABLE = "unreadable"
SILENT = "silent"
REJECTED = "rejected"
DENIED = "denied"
DISK_FULL = "disk-full"
MEMORY = "memory"
MODELS_MISSING = "models-missing"
BAD_REQUEST = "bad-request"
TOO_LONG = "too-long"
BROKEN = "broken"
INTERRUPTED = "interrupted"

STATUS: Mapping[str, int] = {
    BROKEN: 1,
    UNREADABLE: 10,
    SILENT: 11,
    REJECTED: 12,
    DENIED: 13,
    DISK_FULL: 14,
    MEMORY: 15,
    MODELS_MISSING: 16,
    BAD_REQUEST: 17,
    TOO_LONG: 18,
    INTERRUPTED: 143,
}
"""The program's exit status, by code. 143 is what a shell says of whoever was ended by SIGTERM."""

HOPELESS = frozenset({DENIED, DISK_FULL})
"""After these no other part of the job can come out either."""


class Failed(Exception):
    """A step has failed, for the reason of this `code`. The message is for whoever runs the service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OUT_OF_MEMORY = ("out of memory", "alloc_failed", "failed to allocate", "can't allocate memory", "bad_alloc")
"""What CUDA, cuBLAS, CTranslate2 and torch say, each in a RuntimeError."""


def code_of(raised: BaseException) -> str:
    """The code for `raised`, or for what it was raised from."""
    seen: BaseException | None = raised
    for _ in range(_DEEPEST):
        if seen is None:
            break
        if code := _code(seen):
            return code
        seen = seen.__cause__ or seen.__context__
    return BROKEN


_DEEPEST = 10


def _code(raised: BaseException) -> str | None:
    if isinstance(raised, Failed):
        return raised.code
    if isinstance(raised, ModelsMissing):
        return MODELS_MISSING
    if isinstance(raised, OSError) and raised.errno in _FULL:
        return DISK_FULL
    if isinstance(raised, MemoryError) or (isinstance(raised, OSError) and raised.errno == errno.ENOMEM):
        return MEMORY
    # torch.OutOfMemoryError is a RuntimeError; torch itself is not imported here.
    if isinstance(raised, RuntimeError) and any(said in str(raised).lower() for said in _OUT_OF_MEMORY):
        return MEMORY
    return None
