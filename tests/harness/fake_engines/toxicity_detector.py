from tests.harness.fakes import FakeDetector


def create(context: object) -> FakeDetector:
    return FakeDetector()
