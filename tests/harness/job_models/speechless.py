"""Models of which hearing ends otherwise: see `Speechless`."""

from tests.harness.job_models import Speechless


def create() -> Speechless:
    """The models."""
    return Speechless()
