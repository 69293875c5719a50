"""Models of which hearing ends otherwise: see `Patient`."""

from tests.harness.job_models import Patient


def create() -> Patient:
    """The models."""
    return Patient()
