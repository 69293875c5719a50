from tests.harness.fakes import FakeProber


def create(context: object) -> FakeProber:
    return FakeProber()
