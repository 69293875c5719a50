"""Models of which hearing ends otherwise: see `Dying`."""

from tests.harness.job_models import Dying


def create() -> Dying:
    """The models."""
    return Dying()
