"""What runs on this machine, as Linux tells it."""

from pathlib import Path


def commands(parent: int | None = None) -> list[str]:
    """The command line of every process, or of those that `parent` (a process id) has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            # The name in brackets may hold anything; what follows it is the state and the parent's id.
            started_by = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
        if parent in (None, started_by):
            found.append(command)
    return found
