from tests.harness.fakes import FakeDiarizer


def create(context: object) -> FakeDiarizer:
    return FakeDiarizer()
