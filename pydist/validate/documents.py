"""What files of an installed Python say of it: headers, build variables, build details, and the bytes of programs.

Invariant: pure functions of bytes that may be hostile. What cannot be read says nothing; nothing is ever imported or
run, and each answer is a value that was checked for its form.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["LARGEST", "SAYING", "Said", "assigned", "read_document", "settled", "versions_in"]

LARGEST = 1 << 20
"""Bytes of a document that is read; real ones have less than 100,000."""

SAYING = re.compile(
    r"patchlevel\.h|pyconfig(-\d+)?\.h|_sysconfigdata\w*(-[\w-]+)?\.py|build-details[\w.-]*\.json", re.ASCII
)
"""Names of the files that say something."""

_VERSION = re.compile(r"3\.\d{1,2}\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?\+?", re.ASCII)
_SERIES = re.compile(r"3\.\d{1,2}", re.ASCII)
# Its first bytes are what is looked for: seven times as fast as looking behind each place.
_IN_BYTES = re.compile(rb"\x00(3\.\d{1,2}\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?\+?)(?=\0)")
_PATCHLEVEL = re.compile(r'^#define[ \t]+PY_VERSION[ \t]+"([^"\n]{1,40})"', re.MULTILINE)
_SWITCH = re.compile(r"^(?:#define (Py_DEBUG|Py_GIL_DISABLED) 1|/\* #undef (Py_DEBUG|Py_GIL_DISABLED) \*/)\s*$",
                     re.MULTILINE)  # fmt: skip
_SOABI = re.compile(r"cpython-\d+[a-z]*-([a-z0-9_]{1,20})-(linux)-([a-z0-9]{1,20})", re.ASCII)
_ARCHES = {"i386": "i686", "arm": "armv7", "powerpc64le": "ppc64le", "powerpc64": "ppc64", "powerpc": "ppc"}
_LEVELS = {"final": "", "candidate": "rc", "alpha": "a", "beta": "b"}
_VARIABLES = "build_time_vars"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_TOKENS = 60_000  # words and signs of code that is parsed, each of which takes 2 kB then; real ones have up to 15,000
_NAMES = 64  # different versions in the bytes of one program


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one file says; None where it says nothing. `version` is `3.14.7`, or the series alone.

    `triple` is architecture, system and C library as a triple.
    """

    version: str | None = None
    triple: str | None = None
    freethreaded: bool | None = None
    debug: bool | None = None


def read_document(name: str, data: bytes) -> Said:
    """What the file `name` (the last part of its path) says."""
    if len(data) > LARGEST:
        return Said()
    text = data.decode("utf-8", "replace")
    if name == "patchlevel.h":
        return _patchlevel(text)
    if name.startswith("pyconfig"):
        return _pyconfig(text)
    if name.startswith("build-details"):
        return _build_details(text)
    return _variables(text)


def versions_in(data: bytes | memoryview) -> frozenset[str]:
    """Texts in a program that have the form of a version of Python 3. SQLite and others have the same form."""
    made: set[str] = set()
    for found in _IN_BYTES.finditer(data):
        made.add(found[1].decode())
        if len(made) == _NAMES:
            break
    return frozenset(made)


def _patchlevel(text: str) -> Said:
    found = _PATCHLEVEL.search(text)
    return Said(version=found[1] if found and _VERSION.fullmatch(found[1]) else None)


def _pyconfig(text: str) -> Said:
    said = {found[1] or found[2]: found[1] is not None for found in _SWITCH.finditer(text)}
    return Said(freethreaded=said.get("Py_GIL_DISABLED"), debug=said.get("Py_DEBUG"))


def _build_details(text: str) -> Said:
    """Source: PEP 739."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Said()
    match value:
        case {"implementation": {"version": {"major": 3, "minor": int(minor), "micro": int(micro),
                                             "releaselevel": str(level), "serial": int(serial)}}}:  # fmt: skip
            version = f"3.{minor}.{micro}{_LEVELS.get(level, '?')}" + (str(serial) if level != "final" else "")
        case _:
            version = ""
    checked = version if _VERSION.fullmatch(version) else None
    match value:
        case {"abi": {"flags": list(flags)}}:
            return Said(version=checked, freethreaded="t" in flags, debug="d" in flags)
    return Said(version=checked)


def _variables(text: str) -> Said:
    values = assigned(text)
    series, soabi = values.get("VERSION"), values.get("SOABI")
    found = _SOABI.match(soabi) if isinstance(soabi, str) else None
    return Said(
        version=series if isinstance(series, str) and _SERIES.fullmatch(series) else None,
        triple=f"{_ARCHES.get(found[1], found[1])}-unknown-linux-{found[3]}" if found else None,
        freethreaded=_flag(values, "Py_GIL_DISABLED"),
        debug=_flag(values, "Py_DEBUG"),
    )


def _flag(values: Mapping[str, Any], name: str) -> bool | None:
    value = values.get(name)
    return bool(value) if isinstance(value, int) else None


def assigned(text: str) -> dict[str, Any]:
    """The dictionary of `build_time_vars = {…}` in a `_sysconfigdata` module: keys and values that are plain texts and
    numbers."""
    return next((table for name, table in _tables(text) if name == _VARIABLES), {})


def settled(text: str) -> dict[str, Any]:
    """The same, with what the module puts in place of some: tables behind it, in whatever way it applies them."""
    made: dict[str, Any] = {}
    for name, table in _tables(text):
        if made or name == _VARIABLES:
            made |= table
    return made


def _tables(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The dictionaries that a module assigns, with the names that they get."""
    if next(islice(_TOKEN.finditer(text), _TOKENS, None), None) is not None:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about code that is not ours
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys, values=values)):
                yield (
                    name,
                    {
                        key.value: value.value
                        for key, value in zip(keys, values, strict=True)
                        if isinstance(key, ast.Constant)
                        and isinstance(key.value, str)
                        and isinstance(value, ast.Constant)
                    },
                )
