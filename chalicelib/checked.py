"""What comes from outside, checked at the edge: a model of it, or a sentence that says what is wrong."""

import json
import unicodedata
from typing import TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError

from chalicelib import names
from chalicelib.errors import InvalidRequest

COMPOSED = BeforeValidator(lambda value: unicodedata.normalize("NFC", value) if isinstance(value, str) else value)
"""Of a text: in Unicode's composed form, so that it equals the same text from a machine that takes letters apart."""

ONE_LINE = BeforeValidator(lambda value: names.one_line(value) if isinstance(value, str) else value)
"""Of a name: as `names.one_line` makes it, so that it is equal to what looks the same."""

_Model = TypeVar("_Model", bound=BaseModel)


def parsed(data: str | bytes) -> object:
    """The JSON in `data` (RFC 8259). Raises InvalidRequest: `not-json` for what is none, or is nested too deeply;
    `not-text` for a text that no UTF-8 can hold, and that would break whatever it is written to later.
    """
    try:
        # Not as bytes, of which `json` would take halves of surrogate pairs.
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        values: object = json.loads(text)
        if "\\u" in text:  # only so can halves be written
            json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise InvalidRequest(
            "A text in the body has half of a surrogate pair, which is no character.", "not-text"
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest("The body is no JSON.", "not-json") from exc
    return values


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
