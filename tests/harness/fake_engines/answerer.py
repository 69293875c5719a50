from tests.harness.fakes import FakeAnswerer


def create(context: object) -> FakeAnswerer:
    return FakeAnswerer()
