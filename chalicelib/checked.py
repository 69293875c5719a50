"""What comes from outside, checked at the edge: a model of it, or a sentence that says what is wrong."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from chalicelib.errors import InvalidRequest

_Model = TypeVar("_Model", bound=BaseModel)


def checked(kind: type[_Model], values: object) -> _Model:
    """`values` as a model. Raises InvalidRequest with a sentence for each field at fault, which names the first."""
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        faults = [
            (".".join(map(str, error["loc"])), str(error["msg"]).removeprefix("Value error, "))
            for error in exc.errors()
        ]
        sentences = "; ".join(f"{name}: {message}" if name else message for name, message in faults)
        raise InvalidRequest(f"The request cannot be carried out: {sentences}", field=faults[0][0] or None) from exc
