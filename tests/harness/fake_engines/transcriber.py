from tests.harness.fakes import FakeTranscriber


def create(context: object) -> FakeTranscriber:
    return FakeTranscriber()
