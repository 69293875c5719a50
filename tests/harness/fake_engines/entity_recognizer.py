from tests.harness.fakes import FakeRecognizer


def create(context: object) -> FakeRecognizer:
    return FakeRecognizer()
