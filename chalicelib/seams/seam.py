"""What a seam is: its name, and all that settings, policies, costs and documentation have to know of it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Engine = TypeVar("Engine")
"""The protocol that a seam's engines keep to; with None beside it where a deployment may be without."""


@dataclass(frozen=True)
class Seam(Generic[Engine]):
    """A place for an engine.

    `name` is the folder of the engines in `chalicelib/engines/`, `setting` the setting that chooses one of them. `does`
    says what an engine does: "turns speech into words". `on_aws` and `on_one_machine` are the engines that are used
    there if no other is chosen. `is_paid_by_words`: what an engine charges grows with what was said, not with the time.
    """

    name: str
    setting: str
    does: str
    on_aws: str | None = None
    on_one_machine: str | None = None
    is_optional: bool = False
    is_paid_by_words: bool = False

    @property
    def description(self) -> str:
        """What the setting is."""
        return f"engine that {self.does}{'; none when unset' if self.is_optional else ''}"
