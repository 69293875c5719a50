"""The program that starts another within limits: `python -I -S _limits.py BYTES PROGRAM ARGUMENT…`.

It takes its own memory away and becomes the other. So no code runs between a fork and an exec in a process with
threads, which `preexec_fn` would do, and every program is limited in the same way, whoever wrote it.
"""

import os
import sys
from contextlib import suppress


def main() -> None:
    """Become the program."""
    with suppress(ImportError, ValueError, OSError):  # a system without such limits goes without
        import resource

        wanted = int(sys.argv[1])
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY or most > wanted:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - a list of arguments, and no shell


if __name__ == "__main__":
    main()
