"""The templates as they are sent: lists written out, as JSON without comments and spaces.

CloudFormation takes 51,200 bytes and no more:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html

Three things stand in the files of `cloudformation/` that CloudFormation does not know; they are gone from what is sent:

- `ForEach: LIST` in a mapping: it stands once for each entry of that list of `lists.py`, with the entry's words in the
  places of `<word>`, in its key too. With `Item` beside it, what is repeated is the item. (CloudFormation's own
  `Fn::ForEach` makes no items of lists, and moto knows none of it.)
- `!Json` before a mapping: the text of it as JSON, for `!Sub`.
- `Metadata` of a resource: what our linters read.

    python -m deployment.template FOLDER

writes them into a folder for those linters, metadata and all.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from deployment.lists import Entry, lists
from deployment.target import TEMPLATES

STACKS = ("data", "messaging", "accounts", "engines", "gpu", "hearing", "pages", "clients", "operations")
"""In the order in which they are made: each may be told the outputs of those before it."""

UNLESS_ASKED = tuple(stack for stack in STACKS if stack not in {"gpu", "hearing"})
"""Those that every deployment has which says nothing else."""

LARGEST_BODY = 51_200
_PLAIN = {"Ref", "Condition"}
_WORD = re.compile(r"<([A-Za-z-]+)>")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads CloudFormation's short forms as its long ones; in C where there is libyaml: a tenth of the time."""


def _tagged(loader: Any, name: str, node: Any) -> dict[str, Any]:  # noqa: ANN401 - PyYAML's
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in _PLAIN else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _tagged)


@cache
def body(stack: str) -> str:
    """The template of one of the `STACKS`, as it is made of it."""
    document = written_out(stack)
    for resource in document["Resources"].values():
        resource.pop("Metadata", None)
    return json.dumps(document, separators=(",", ":"))


def parameters(stack: str) -> Mapping[str, Any]:
    """The parameters that a stack takes, as its template describes them."""
    described: Mapping[str, Any] = _repeated(_read(stack)["Parameters"])
    return described


def resources(*stacks: str) -> dict[str, Any]:
    """Every resource of these `stacks`, or of all, by its name in its template."""
    return {name: resource for stack in stacks or STACKS for name, resource in written_out(stack)["Resources"].items()}


def written_out(stack: str) -> dict[str, Any]:
    """A template in CloudFormation's own terms, with all that our linters read in it."""
    document: dict[str, Any] = _as_text(_repeated(_read(stack)))
    return document


@cache
def _read(stack: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load((TEMPLATES / f"{stack}.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader's
    return read


def _repeated(node: Any) -> Any:  # noqa: ANN401 - JSON
    """`node` with every `ForEach` in it written out."""
    match node:
        case dict():
            made = {name: value for key, item in node.items() for name, value in _each(key, item)}
            return {name: _repeated(value) for name, value in made.items()}
        case list():
            return [_repeated(value) for item in node for _, value in _each("", item)]
    return node


def _each(key: str, item: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """What stands under `key`: once for each entry of the list that it names, or just so."""
    if not isinstance(item, dict) or "ForEach" not in item:
        yield key, item
        return
    rest = {name: value for name, value in item.items() if name != "ForEach"}
    for entry in lists()[item["ForEach"]]:
        yield _filled(key, entry), _filled(rest.get("Item", rest), entry)


def _filled(node: Any, entry: Entry) -> Any:  # noqa: ANN401 - JSON
    """`node` with an entry's words in their places; a number where nothing else stands beside it."""
    match node:
        case dict():
            return {_filled(key, entry): _filled(value, entry) for key, value in node.items()}
        case list():
            return [_filled(value, entry) for value in node]
        case str():
            whole = _WORD.fullmatch(node)
            return entry[whole[1]] if whole else _WORD.sub(lambda word: str(entry[word[1]]), node)
    return node


def _as_text(node: Any) -> Any:  # noqa: ANN401 - JSON
    """`node` with every `!Json` in it made into the text that it stands for."""
    match node:
        case {"Fn::Json": body}:
            return {"Fn::Sub": json.dumps(body, separators=(",", ":"))}
        case dict():
            return {key: _as_text(value) for key, value in node.items()}
        case list():
            return [_as_text(value) for value in node]
    return node


def main(folder: Path) -> None:
    """Write all templates into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for stack in STACKS:
        (folder / f"{stack}.json").write_text(json.dumps(written_out(stack), indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
