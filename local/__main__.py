"""`python -m local`."""

import sys

from local.aws.quicker import leave_out_checks

leave_out_checks()

from local.cli import main  # noqa: E402 - which loads what has them

if __name__ == "__main__":
    sys.exit(main())
