"""Settings of an application: the `[tool.pydist]` table of `pyproject.toml` or of a script's PEP 723 block.

Invariant: a `Settings` holds only known keys with values of the right type; every fault of a table is reported.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydist.errors import FaultCollector, InputError
from pydist.link.recipes import Recipe, parse_recipes

__all__ = ["Settings", "parse_toml", "script_block"]

_KINDS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "a string": ("python target script module distribution index", lambda value: isinstance(value, str)),
    "a list of strings": (
        "with include exclude scripts allow-missing bring",
        lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    ),
    "true or false": ("sources locked strict-memory rehearse fast-exit", lambda value: isinstance(value, bool)),
    "0, 1 or 2": ("optimize", lambda value: type(value) is int and value in (0, 1, 2)),
}
"""What is expected of a value, the keys that have such values, and whether a value is one."""

_KEYS = {key: (expected, fits) for expected, (keys, fits) in _KINDS.items() for key in keys.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the application says about its linking; None and empty mean that it does not say.

    `scripts` are the console scripts it may start as, `with_` further requirements, `include` and `exclude` glob
    patterns of files that go in or stay out, `sources` says whether sources go in, `optimize` is the level of
    `compile()`, `index` is where `pydist fetch` looks, `allow_missing` are modules whose import may fail at start. With
    `locked`, sys.executable is no Python for child processes; with `strict_memory`, nothing may be unpacked to a disk.
    `rehearse` says whether packages are imported when the application is linked (`pydist.link.rehearse`).
    With `fast_exit`, the process ends without taking Python apart (`pydist/runtime/fast_exit.c`).
    `recipes` are what packages in it need to be told, `bring` the libraries of this machine that come along.
    """

    python: str | None = None
    target: str | None = None
    scripts: tuple[str, ...] = ()
    module: str | None = None
    distribution: str | None = None
    index: str | None = None
    with_: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()
    locked: bool = False
    strict_memory: bool = False
    fast_exit: bool = False
    exclude: tuple[str, ...] = ()
    sources: bool | None = None
    optimize: int | None = None
    rehearse: bool | None = None
    recipes: tuple[Recipe, ...] = ()

    @property
    def switches(self) -> tuple[str, ...]:
        """The settings that the run time has to know, where they are on."""
        return tuple(name for name, on in (("locked", self.locked), ("fast-exit", self.fast_exit)) if on)

    @classmethod
    def parse(cls, table: Mapping[str, Any], where: str) -> Settings:
        """Read the `tool.pydist` table of the TOML document `table`. Raises `InputError` with all faults."""
        faults = FaultCollector(where)
        tool = table.get("tool", {})
        own = tool.get("pydist", {}) if isinstance(tool, dict) else {}
        if not isinstance(own, dict):
            raise InputError(f"{where}: tool.pydist: expected a table, found {type(own).__name__}")
        values: dict[str, Any] = {}
        with faults.at("tool.pydist"):
            for key, value in own.items():
                if key == "recipe":
                    with faults.at(key):
                        values["recipes"] = parse_recipes(value, faults)
                elif key not in _KEYS:
                    faults.add(key, f"not a setting; the settings are {', '.join(sorted({*_KEYS, 'recipe'}))}")
                elif not _KEYS[key][1](value):
                    faults.add(key, f"expected {_KEYS[key][0]}, found {value!r}")
                else:
                    values[key] = tuple(value) if isinstance(value, list) else value
            entries = [key for key in ("script", "scripts", "module") if key in values]
            if len(entries) > 1:
                faults.add(entries[-1], f"the application starts in one way: give one of {', '.join(entries)}")
        faults.raise_if_any("the settings of the application cannot be used")
        if "script" in values:
            values["scripts"] = (values.pop("script"),)
        if "with" in values:
            values["with_"] = values.pop("with")
        return cls(**{key.replace("-", "_"): value for key, value in values.items()})


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """TOML text as a dictionary. Raises `InputError` with the line at fault."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where} is not TOML: {error}") from None


def script_block(text: str, where: str) -> dict[str, Any]:
    """The `script` block of a Python file (PEP 723, inline script metadata), or an empty table.

    Raises `InputError` when there are two blocks, when a block has no end, and when it is not TOML.
    """
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.rstrip() == "# /// script"]
    if not starts:
        return {}
    if len(starts) > 1:
        places = ", ".join(str(number + 1) for number in starts)
        raise InputError(f"{where}: expected one `# /// script` block, found them at lines {places}")
    begin = starts[0] + 1
    end = begin
    while end < len(lines) and (lines[end] == "#" or lines[end].startswith("# ")):
        end += 1
    # The last `# ///` of the comment closes the block: the specification lets content contain one.
    closing = next((number for number in range(end - 1, begin - 1, -1) if lines[number].rstrip() == "# ///"), None)
    if closing is None:
        raise InputError(f"{where}:{begin}: the `# /// script` block has no closing `# ///` line")
    content = "\n".join(line[2:] for line in lines[begin:closing])
    return parse_toml(content, f"{where}: script block")
