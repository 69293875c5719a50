from tests.harness.fakes import FakeSummarizer


def create(context: object) -> FakeSummarizer:
    return FakeSummarizer()
