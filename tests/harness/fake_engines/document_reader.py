from tests.harness.fakes import FakeReader


def create(context: object) -> FakeReader:
    return FakeReader()
