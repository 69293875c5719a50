from tests.fakes import FakeAnalyzer


def create(context: object) -> FakeAnalyzer:
    return FakeAnalyzer()
