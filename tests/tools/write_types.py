"""Writes the API as the checks of the pages know it: `python -m tests.tools.write_types FILE`.

It is TypeScript, made from the API's own description: a route or a field that is renamed there is found in `web/`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from chalicelib.api.operations import description

Schema = dict[str, Any]
_PLAIN = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
_HEAD = """\
export type Options = { open?: boolean; signal?: AbortSignal; keepalive?: boolean; proof?: string }
export type Query = '' | `?${string}`
"""


def main(path: Path) -> None:
    """Write the types to `path`."""
    described = description()
    models = (_model(name, schema) for name, schema in sorted(described["components"]["schemas"].items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([_HEAD, _api(described["paths"]), *models]))


def _api(paths: dict[str, Schema]) -> str:
    """What `api.js` does, by route. The longest come first: `/assets/${string}` takes all that begins like that."""
    calls = [
        _call(method, path, operation)
        for path, operations in sorted(paths.items(), key=lambda item: (-item[0].count("/"), item[0].count("{")))
        for method, operation in operations.items()
        if method != "head"  # which the pages never ask
    ]
    return "export interface Api {\n" + "".join(calls) + "}\n"


def _call(method: str, path: str, operation: Schema) -> str:
    address = re.sub(r"{\w+}", "${string}", path)
    body = operation.get("requestBody")
    asked = ", body?: " + (_typed(_content(body)) if body else "{}") if method in {"post", "put", "patch"} else ""
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    answer = next((_typed(_content(answer)) for answer in answers if "content" in answer), "null")
    return f"  {method}(path: `{address}${{Query}}`{asked}, options?: Options): Promise<{answer}>\n"


def _content(described: Schema) -> Schema:
    schema: Schema = described["content"].get("application/json", {}).get("schema", {})
    return schema


def _model(name: str, schema: Schema) -> str:
    told = "".join(f" * {line}".rstrip() + "\n" for line in schema.get("description", "").splitlines())
    return f"/**\n{told} */\nexport type {name} = {_typed(schema)}\n"


def _typed(schema: Schema) -> str:
    match schema:
        case {"$ref": reference}:
            return str(reference).rpartition("/")[2]
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(map(json.dumps, values))
        case {"anyOf": kinds} | {"oneOf": kinds}:
            return " | ".join(map(_typed, kinds))
        case {"type": "array", "prefixItems": kinds}:
            return f"[{', '.join(map(_typed, kinds))}]"
        case {"type": "array", "items": items}:
            return f"Array<{_typed(items)}>"
        case {"type": "object", "properties": fields}:
            return "{\n" + "".join(_field(name, field, schema) for name, field in fields.items()) + "}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"{{ [name: string]: {_typed(values)} }}"
    return _PLAIN.get(schema.get("type", ""), "unknown")


def _field(name: str, field: Schema, model: Schema) -> str:
    """What is asked (it takes no other fields) may lack what has a default; an answer lacks what is null."""
    is_asked = model.get("additionalProperties") is False
    has_default = name not in model.get("required", ())
    kinds = _typed(field)
    if is_asked:
        return f"  {name}{'?' if has_default else ''}: {kinds}\n"
    return f"  {name}{'?' if ' | null' in kinds else ''}: {kinds.replace(' | null', '')}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
