"""Steps that do not depend on each other."""

from collections.abc import Callable, Iterable


def one_after_the_other(steps: Iterable[Callable[[], object]]) -> None:
    """Do each of them: one that breaks down does not keep the others from being done. Raises what they raised."""
    errors = []
    for step in steps:
        try:
            step()
        except Exception as exc:  # noqa: BLE001 - raised below
            errors.append(exc)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("steps that broke down", errors)
