from tests.fakes import FakeTranscriber


def create(context: object) -> FakeTranscriber:
    return FakeTranscriber()
