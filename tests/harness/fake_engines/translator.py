from tests.harness.fakes import FakeTranslator


def create(context: object) -> FakeTranslator:
    return FakeTranslator()
