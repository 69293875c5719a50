from tests.harness.fakes import FakeFaceCollections


def create(context: object) -> FakeFaceCollections:
    return FakeFaceCollections()
