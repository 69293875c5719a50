"""What a seam is: its name, and all that settings, policies, costs and documentation have to know of it."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

_Engine = TypeVar("_Engine")


@dataclass(frozen=True)
class Seam(Generic[_Engine]):
    """A place for an engine: for whatever keeps to the protocol `_Engine`.

    `name` is the folder of the engines in `chalicelib/engines/`, `setting` the setting that chooses one of them. `does`
    says what an engine does: "turns speech into words". `on_aws` and `on_one_machine` are the engines that are used
    there if no other is chosen. `is_paid_by_words`: what an engine charges grows with what was said, not with the time.
    `has_jobs`: its engines start jobs, whose ends come back as events.
    """

    name: str
    setting: str
    does: str
    on_aws: str | None = None
    on_one_machine: str | None = None
    is_paid_by_words: bool = False
    has_jobs: bool = False
    is_optional: ClassVar[bool] = False

    @property
    def description(self) -> str:
        """What the setting is."""
        return f"engine that {self.does}{'; none when unset' if self.is_optional else ''}"


@dataclass(frozen=True)
class OptionalSeam(Seam[_Engine | None], Generic[_Engine]):
    """A place that a deployment may leave empty: its engine is None then."""

    is_optional = True
