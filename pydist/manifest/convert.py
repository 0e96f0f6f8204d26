"""JSON to dataclasses and back, driven by the annotations alone: one converter for every document pydist reads.

Invariant: `decode` returns an instance only of data that has exactly the annotated shape; whatever does not is a
fault with its place, all of them in one go. `encode(decode(x))` is `x` without the optional keys that are null.

Annotations understood: `str`, `int` (0 to 2**64 - 1), `float`, `bool`, `None` in a union, `Literal`, `StrEnum`,
`tuple[X, ...]`, tuples of fixed length, `Mapping[str, X]`, `Annotated[str, Pattern(…)]` and dataclasses of these.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydist.errors import FaultCollector, InputError

__all__ = [
    "INTEGER_MAX",
    "Digest",
    "Pattern",
    "decode",
    "doc",
    "dumps",
    "encode",
    "fields_of",
    "loads",
    "optional_of",
    "without_unknown",
]

INTEGER_MAX = 2**64 - 1
_LARGEST = 16 << 20  # bytes of JSON; the largest real manifest is 150 kB
_FAULTS_SHOWN = 200
_FAULTS_ENOUGH = 2000  # a hostile document could have millions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pattern:
    """The text of a field matches `regex` (anchored at both ends); `example` is shown in faults."""

    regex: str
    example: str


Digest = Annotated[str, Pattern("^[0-9a-f]{64}$", "64 hexadecimal digits of a SHA-256")]


def doc(text: str) -> dict[str, str]:
    """Metadata of a field: its description in the JSON Schema."""
    return {"doc": text}


def loads(data: bytes, where: str) -> object:
    """Parse JSON that may be hostile. Raises `InputError` for everything that is not plain UTF-8 JSON.

    Repeated keys, NaN, and numbers or nesting beyond reason are refused too: other readers disagree about them.
    """
    try:
        if len(data) > _LARGEST:
            raise ValueError(f"{len(data):,} bytes, expected at most {_LARGEST:,}")
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_constant)
    except RecursionError:
        raise InputError(f"{where} is not usable JSON: nested too deeply") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not usable JSON: {error}") from error


def dumps(value: object) -> bytes:
    """Canonical JSON: sorted keys, four spaces, ASCII, one newline at the end."""
    return (json.dumps(encode(value), sort_keys=True, indent=4) + "\n").encode()


def decode(kind: type[T], value: object, source: str, failure: type[InputError] = InputError) -> T:
    """Make a `kind` of parsed JSON. Raises `failure` that lists all faults; `source` names the document in them."""
    faults = FaultCollector(source)
    result = _decode(kind, value, faults)
    if faults.faults:
        shown = faults.faults[:_FAULTS_SHOWN]
        more = len(faults.faults) - len(shown)
        count = f"{len(faults.faults)} faults" + (f", the first {_FAULTS_SHOWN}" if more else "")
        raise failure(f"{source} does not have the expected form ({count}):", shown)
    return typing.cast("T", result)


def without_unknown(kind: Any, value: Any) -> tuple[Any, tuple[str, ...]]:
    """A copy of parsed JSON without the keys that `kind` does not have, at any depth, and the places of those (some).

    For documents of newer versions; whether the rest has the form of `kind` is left to `decode`.
    """
    unknown: list[str] = []
    return _known_part(kind, value, "", unknown), tuple(unknown)


def _known_part(kind: Any, value: Any, place: str, unknown: list[str]) -> Any:
    kind = optional_of(kind) or kind
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        known = fields_of(typing.cast("type", kind))
        more = [f"{place}{_place(name)}" for name in sorted(value.keys() - known.keys())[:_FAULTS_SHOWN]]
        unknown.extend(more[: _FAULTS_SHOWN - len(unknown)])
        return {
            name: _known_part(known[name][0], item, f"{place}{name}.", unknown)
            for name, item in value.items()
            if name in known
        }
    if origin is tuple and isinstance(value, list):
        return [
            _known_part(arguments[0], item, f"{place.removesuffix('.')}[{index}].", unknown)
            for index, item in enumerate(value)
        ]
    if origin is Mapping and isinstance(value, dict):
        return {
            name: _known_part(arguments[1], item, f"{place}{_place(name)}.", unknown) for name, item in value.items()
        }
    return value


def encode(value: object) -> Any:
    """The JSON form: dataclasses become objects without their fields that are None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: encode(item) for name, item in pairs if item is not None}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


@functools.cache
def fields_of(kind: type) -> dict[str, tuple[Any, bool, str]]:
    """Name -> (annotation, required, description) of a dataclass."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        field.name: (
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            field.metadata.get("doc", ""),
        )
        for field in dataclasses.fields(kind)
    }


def optional_of(kind: Any) -> Any | None:
    """X of `X | None`, else None."""
    if typing.get_origin(kind) not in (types.UnionType, typing.Union):
        return None
    (inner,) = (item for item in typing.get_args(kind) if item is not types.NoneType)
    return inner


def _decode(kind: Any, value: object, faults: FaultCollector) -> Any:
    if len(faults.faults) >= _FAULTS_ENOUGH:
        return None
    if (inner := optional_of(kind)) is not None:
        return None if value is None else _decode(inner, value, faults)
    if dataclasses.is_dataclass(kind):
        return _decode_object(typing.cast("type", kind), value, faults)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return _decode_array(arguments, value, faults)
    if origin is Mapping:
        return _decode_mapping(arguments[1], value, faults)
    return _decode_scalar(kind, value, faults)


def _decode_scalar(kind: Any, value: object, faults: FaultCollector) -> Any:
    allowed = tuple(map(str, kind)) if _is_enum(kind) else typing.get_args(kind)
    if _is_enum(kind) or typing.get_origin(kind) is Literal:
        good = any(value == item and type(value) is type(item) for item in allowed)
    elif typing.get_origin(kind) is Annotated:
        good = isinstance(value, str) and re.fullmatch(kind.__metadata__[0].regex, value) is not None
    elif kind is int:
        good = type(value) is int and 0 <= value <= INTEGER_MAX
    else:
        good = type(value) is kind or (kind is float and type(value) is int)
    if not good:
        faults.add("", f"expected {describe(kind)}, found {_shown(value)}")
        return None
    return kind(value) if _is_enum(kind) else value


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def _decode_object(kind: type, value: object, faults: FaultCollector) -> Any:
    known = fields_of(kind)
    if not isinstance(value, dict):
        faults.add("", f"expected an object, found {_shown(value)}")
        return None
    before = len(faults.faults)
    for name in sorted(value.keys() - known.keys())[:_FAULTS_SHOWN]:
        near = difflib.get_close_matches(name[:80], known, 1)
        faults.add(_place(name), "unknown key" + (f"; did you mean {near[0]!r}?" if near else ""))
    made = {}
    for name, (annotation, required, _) in known.items():
        if name in value:
            with faults.at(name):
                made[name] = _decode(annotation, value[name], faults)
        elif required:
            faults.add(name, f"missing; expected {describe(annotation)}")
    return None if len(faults.faults) > before else kind(**made)


def _decode_array(arguments: tuple[Any, ...], value: object, faults: FaultCollector) -> Any:
    if not isinstance(value, list):
        faults.add("", f"expected an array, found {_shown(value)}")
        return None
    if arguments[-1] is not Ellipsis and len(value) != len(arguments):
        faults.add("", f"expected an array of {len(arguments)} items, found {len(value)}")
        return None
    made = []
    for index, item in enumerate(value):
        with faults.at(f"[{index}]"):
            made.append(_decode(arguments[0], item, faults))
    return tuple(made)


def _decode_mapping(kind: Any, value: object, faults: FaultCollector) -> Any:
    if not isinstance(value, dict):
        faults.add("", f"expected an object, found {_shown(value)}")
        return None
    made = {}
    for name, item in value.items():
        with faults.at(_place(name)):
            made[name] = _decode(kind, item, faults)
    return types.MappingProxyType(made)


_NAMES = {str: "a string", int: "an integer from 0 to 2**64 - 1", float: "a number", bool: "true or false"}


def describe(kind: Any) -> str:
    """An annotation in words."""
    if (inner := optional_of(kind)) is not None:
        return f"{describe(inner)} or null"
    if typing.get_origin(kind) is Annotated:
        return str(kind.__metadata__[0].example)
    if _is_enum(kind) or typing.get_origin(kind) is Literal:
        return " or ".join(repr(str(item) if _is_enum(kind) else item) for item in typing.get_args(kind) or kind)
    return _NAMES.get(kind, "an array" if typing.get_origin(kind) is tuple else "an object")


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    text = json.dumps(value) if not isinstance(value, int) or abs(value) < 2**70 else "a huge number"
    return text if len(text) <= 80 else f"{text[:77]}…"


def _place(name: str) -> str:
    return name if re.fullmatch(r"[\w./+-]{1,120}", name, re.ASCII) else _shown(name)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {_shown(repeated)} stands twice in one object")
    return made


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
