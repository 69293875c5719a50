from tests.harness.fakes import FakeTranscoder


def create(context: object) -> FakeTranscoder:
    return FakeTranscoder()
