from tests.harness.fakes import FakeEmbedder


def create(context: object) -> FakeEmbedder:
    return FakeEmbedder()
