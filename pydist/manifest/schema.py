"""JSON Schemas made from dataclasses, by the same annotations that the reader follows.

Invariant: `decode(kind, x)` succeeds exactly when `schema_of(kind)` accepts x. (JSON Schema counts 1.0 as an
integer; the reader, like other readers of this format, does not.)
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydist.manifest.convert import INTEGER_MAX, Pattern, fields_of, optional_of

__all__ = ["schema_of", "write_schemas"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer", "minimum": 0, "maximum": INTEGER_MAX},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def schema_of(kind: type, name: str) -> dict[str, Any]:
    """The JSON Schema of documents of `kind`; `name` is its file name and identity."""
    definitions: dict[str, Any] = {}
    root = _object(kind, definitions)
    return {"$schema": _DIALECT, "$id": name, "title": kind.__name__, **root, "$defs": definitions}


def write_schemas(folder: Path, documents: Mapping[str, type]) -> None:
    """Write one `<name>` per document class into `folder`."""
    for name, kind in documents.items():
        text = json.dumps(schema_of(kind, name), indent=2, sort_keys=True) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    properties = {}
    for name, (annotation, _, description) in fields_of(kind).items():
        made = _schema(annotation, definitions)
        properties[name] = {**made, "description": description} if description else made
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": properties,
        "required": [name for name, (_, required, _) in fields_of(kind).items() if required],
        "additionalProperties": False,
    }


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if (inner := optional_of(kind)) is not None:
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if dataclasses.is_dataclass(kind):
        name = typing.cast("type", kind).__name__
        if name not in definitions:
            definitions[name] = {}  # taken, before its fields ask for it
            definitions[name] = _object(typing.cast("type", kind), definitions)
        return {"$ref": f"#/$defs/{name}"}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        length = {} if arguments[-1] is Ellipsis else {"minItems": len(arguments), "maxItems": len(arguments)}
        return {"type": "array", "items": _schema(arguments[0], definitions), **length}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    return _scalar(kind)


def _scalar(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [str(item) for item in kind]}
    if typing.get_origin(kind) is Literal:
        return {"enum": list(typing.get_args(kind))}
    if typing.get_origin(kind) is Annotated:
        pattern: Pattern = kind.__metadata__[0]
        return {"type": "string", "pattern": pattern.regex}
    return dict(_SCALARS[kind])
