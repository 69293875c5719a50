"""What comes from outside, checked at the edge: a model of it, or a sentence that says what is wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.domain import folding, names
from chalicelib.errors import InvalidRequest

ONE_LINE = BeforeValidator(lambda value: names.one_line(value) if isinstance(value, str) else value)
"""Of a name: as `names.one_line` makes it, so that it is equal to what looks the same. (It and the others here stand
behind the limits of a field: pydantic goes from the last to the first, so what is left is measured, as a text.)"""

VISIBLE = BeforeValidator(lambda value: names.visible(value) if isinstance(value, str) else value)
"""Of a file's name: as `names.visible` makes it; its spaces stay."""


def number_in(text: str, most_digits: int) -> int | None:
    """The whole number in a path; None if there is none, or one of more digits: of thousands Python makes none."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= most_digits
    return int(text) if is_one else None


def _as_whole(number: object) -> object:
    return int(number) if isinstance(number, float) and number.is_integer() else number


WHOLE = BeforeValidator(_as_whole)
"""Of a strict number: to JSON 2.0 is as whole as 2, and some programs write it so."""


def _findable(text: str) -> str:
    if not folding.fold(text):
        raise ValueError("There is nothing in it that can be looked for.")
    return text


FINDABLE = AfterValidator(_findable)
"""Of a text to look for: there is more in it than what does not count."""

_FIRST_DAY = date(2000, 1, 1)


def check_agreed_on(day: date, field: str) -> None:
    """Raises InvalidRequest if nobody can have agreed to anything on that `day`, which stands in `field`."""
    # Somewhere it is tomorrow already.
    if not _FIRST_DAY <= day <= (datetime.now(UTC) + timedelta(days=1)).date():
        raise InvalidRequest("Nobody can have agreed on that day.", "agreed-on", field=field)


_Model = TypeVar("_Model", bound=BaseModel)
_Path = Sequence[str | int]
"""Where in a body something stands: ("lines", 0, "text")."""

_MOST_TOLD = 3
"""Sentences in one refusal; nobody reads one for each of ten thousand lines."""

_LONGEST_FIELD = 60

_REFUSALS: Mapping[str, str] = {
    "missing": "{What} is missing.",
    "extra_forbidden": "There is no field of this name: {name}",
    "string_type": "{What} must be a text.",
    "string_too_short": "{What} must have at least {min_length} characters that can be seen.",
    "string_too_long": "{What} may have at most {max_length} characters.",
    "string_pattern_mismatch": "{What} must be {shape}.",
    "too_short": "{What} must be a list of at least {min_length}.",
    "too_long": "{What} must be a list of at most {max_length}.",
    "list_type": "{What} must be a list.",
    "tuple_type": "{What} must be a list.",
    "int_type": "{What} must be a whole number.",
    "int_parsing": "{What} must be a whole number.",
    "int_parsing_size": "{What} is a number of too many digits.",
    "int_from_float": "{What} must be a whole number.",
    "float_type": "{What} must be a number.",
    "float_parsing": "{What} must be a number.",
    "finite_number": "{What} must be a number.",
    "greater_than": "{What} must be more than {gt}.",
    "greater_than_equal": "{What} must be at least {ge}.",
    "less_than_equal": "{What} must be at most {le}.",
    "bool_type": "{What} must be true or false.",
    "bool_parsing": "{What} must be true or false.",
    "enum": "{What} must be one of these: {expected}.",
    "literal_error": "{What} must be one of these: {expected}.",
    "date_from_datetime_parsing": "{What} is no day of the calendar.",
    "date_from_datetime_inexact": "{What} is no day of the calendar.",
    "date_type": "{What} is no day of the calendar.",
    "model_type": "{What} must be a JSON object.",
    "model_attributes_type": "{What} must be a JSON object.",
    "value_error": "{What}: {error}",
    "option": "{What} must be {expected}.",
    "no_option": "There is no field of this name: {name} (there is {expected}).",
}
"""What is wrong, by the type of pydantic's error (https://docs.pydantic.dev/latest/errors/validation_errors/)."""

_SHAPES: Mapping[str, str] = {
    "after": "what the page before named as `next`",
    "asset": "the id of an asset",
    "mark": "the id of a mark on it",
    "aws_name": "a name or an ARN, as AWS has it, without spaces",
    "content_type": "a media type, such as audio/mpeg",
    "folder": "the id of a folder, as `GET /library` tells them",
    "parent": "the id of a folder, as `GET /library` tells them",
    "language": "the code of a language in two or three small letters, such as en",
    "token": "the one out of the link in the mail",
    "name": "1 to 200 letters without accents, digits, dots, dashes and low lines, and begin with a letter or a digit",
    "url": "an address that begins with https:// and has no spaces",
}
"""What a field has to look like, in words instead of its pattern."""

_IN_WORDS: Mapping[str, str] = {
    "after": "cursor (after)",
    "aws_name": "name on AWS (aws_name)",
    "ai_options": "ai_options",
    "agreed": "agreement (agreed)",
    "agreed_how": "way in which they agreed",
    "agreed_on": "day on which they agreed",
    "before": "end of the time (before)",
    "given_on": "day on which they agreed (given_on)",
    "cost_limit_usd": "limit of costs in US dollars",
    "accept_cost": "field accept_cost",
    "everybody": "field everybody",
    "heard_as": "misheard forms",
    "in_flight": "number of files being worked on (in_flight)",
    "may_be_urgent": "field may_be_urgent",
    "no_name": "field no_name",
    "no_training": "field no_training",
    "q": "text to look for (q)",
    "shows": "list of what the link shows (shows)",
    "since": "beginning of the time (since)",
    "tells_title": "field tells_title",
    "urgent": "field urgent",
    "url": "address (url)",
}
"""What a field is called where its name says too little."""

_ONE_OF: Mapping[str, str] = {"entries": "entry", "list of what the link shows (shows)": "part"}
"""What one of several is called where more goes than an "s"."""


def parsed(data: str | bytes) -> object:
    """The JSON in `data` (RFC 8259). Raises InvalidRequest: `not-json` for what is none, or is nested too deeply;
    `not-text` for a text that no UTF-8 can hold, and that would break whatever it is written to later.
    """
    try:
        # Not as bytes, of which `json` would take halves of surrogate pairs.
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        values: object = json.loads(text)
        halved = next(_halved(values), None) if "\\u" in text else None  # only so can halves be written
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest("The body is no JSON.", "not-json") from exc
    if halved is not None:
        raise InvalidRequest(
            f"{_called(halved)} has half of a surrogate pair (\\ud800 to \\udfff), which is no character.",
            "not-text",
            _field(halved),
        )
    return values


def _halved(value: object, path: _Path = ()) -> Iterator[_Path]:
    """Where texts stand that no UTF-8 can hold; of a field whose name is one, what it stands in."""
    if isinstance(value, str):
        if not _is_text(value):
            yield path
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _halved(inner, (*path, name)) if _is_text(name) else (path,)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _halved(inner, (*path, index))


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def checked(kind: type[_Model], values: object) -> _Model:
    """`values` as a model. Raises InvalidRequest with a sentence for each field at fault, which names the first."""
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        faults = _apart(exc.errors(include_url=False))
        sentences = dict.fromkeys(_refusal(fault) for fault in faults[:_MOST_TOLD])
        raise InvalidRequest(" ".join(sentences), field=_field(_place(faults[0]))) from exc


def _apart(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """`faults` without the lists that are too short only since pydantic counts no entry that is at fault itself."""

    def is_told_inside(path: _Path) -> bool:
        return any(len(fault["loc"]) > len(path) and fault["loc"][: len(path)] == path for fault in faults)

    return [fault for fault in faults if fault["type"] != "too_short" or not is_told_inside(fault["loc"])]


def _place(fault: ErrorDetails) -> _Path:
    """Where a fault is; of options, which are judged together, at the one that is at fault."""
    option = fault.get("ctx", {}).get("option")
    return (*fault["loc"], option) if option is not None else fault["loc"]


def _refusal(fault: ErrorDetails) -> str:
    path = _place(fault)
    about = {name: _written(value) for name, value in fault.get("ctx", {}).items()}
    sentence = _REFUSALS.get(fault["type"], "{What} is not what is expected here.")
    if about.get("min_length") == "1":
        sentence = "{What} must not be empty."
    last = str(path[-1]) if path else ""
    return sentence.format(What=_called(path), name=_named(last), shape=_SHAPES.get(last, "in another form"), **about)


def _written(value: object) -> str:
    return f"{value:,.15g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _field(path: _Path) -> str | None:
    return ".".join(map(str, path)) or None


def _called(path: _Path) -> str:
    """What stands at `path` in plain words, at the beginning of a sentence: "The text of line 1", counted from 1."""
    parts: list[str] = []
    for before, step in zip((None, *path), path, strict=False):
        if isinstance(step, str):
            parts.append(_IN_WORDS.get(step) or _named(step.replace("_", " ")))
        else:
            several = parts.pop() if isinstance(before, str) else "entry"
            parts.append(f"{_ONE_OF.get(several) or several.removesuffix('s')} {step + 1}")
    if not parts:
        return "The request"
    whole = " of ".join(reversed(parts))
    return f"{whole[0].upper()}{whole[1:]}" if isinstance(path[-1], int) else f"The {whole}"


def _named(field: str) -> str:
    """A name of a field that anybody may have made up."""
    return names.one_line(field)[:_LONGEST_FIELD] or "(nothing)"
