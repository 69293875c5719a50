"""Brings the weights that are not there.

    python -m local.models [--required]

With `--required` it fails where that cannot be; without, it says so in one line for each, and the service does without.
"""

import sys

from chalicelib.errors import RapporteurError
from local.models import speakers, whisper


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    is_required = "--required" in arguments
    status = 0
    for model in (whisper, speakers):
        weights = model.WEIGHTS
        try:
            if not model.has_package():
                raise RapporteurError(f"{weights.title} needs what requirements-speech.txt lists, which is not here.")
            if not weights.faults(weights.place):
                continue
            print(f"{weights.title}: in {weights.bring()}")
        except RapporteurError as exc:
            status = int(is_required)
            print(exc.message if is_required else f"!!! {exc.message} {weights.instead}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
