from tests.harness.fakes import FakeAnalyzer


def create(context: object) -> FakeAnalyzer:
    return FakeAnalyzer()
