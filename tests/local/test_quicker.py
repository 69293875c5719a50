"""What the embedded AWS works out once is not kept where it changes."""

import moto.core.responses

from local.quicker import quicken


class Service:
    """A service of moto's, of which a part is missing."""

    def get(self) -> None: ...


def test_a_method_that_a_class_gets_later_is_found_and_a_lost_one_not() -> None:
    quicken()
    names = moto.core.responses.method_names_from_class
    assert names(Service) == ["get"]
    Service.put = lambda self: None  # type: ignore[attr-defined]
    assert names(Service) == ["get", "put"]
    del Service.put  # type: ignore[attr-defined]
    assert names(Service) == ["get"]
