from tests.fakes import FakeDiarizer


def create(context: object) -> FakeDiarizer:
    return FakeDiarizer()
