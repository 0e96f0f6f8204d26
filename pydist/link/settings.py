"""Settings of an application: the `[tool.pydist]` table of `pyproject.toml` or of a script's PEP 723 block.

Invariant: a `Settings` holds only known keys with values of the right type; every fault of a table is reported.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydist.errors import FaultCollector, InputError

__all__ = ["Settings", "parse_toml", "script_block"]

_TEXTS = ("python", "target", "script", "module", "distribution", "index")
_LISTS = ("with", "include", "allow-missing")
_FLAGS = ("locked", "strict-memory")
_SETTINGS = {
    **dict.fromkeys(_TEXTS, "a string"), **dict.fromkeys(_LISTS, "a list of strings"),
    **dict.fromkeys(_FLAGS, "true or false"),
}  # fmt: skip
"""What each setting is, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the application says about its linking; None and empty mean that it does not say.

    `with_` are further requirements, `include` are glob patterns of files that travel with a script, `index` is where
    `pydist fetch` looks, `allow_missing` are modules whose import may fail at start. With `locked`,
    sys.executable is no Python for child processes; with `strict_memory`, nothing may be unpacked to a disk.
    """

    python: str | None = None
    target: str | None = None
    script: str | None = None
    module: str | None = None
    distribution: str | None = None
    index: str | None = None
    with_: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()
    locked: bool = False
    strict_memory: bool = False

    @classmethod
    def parse(cls, table: Mapping[str, Any], where: str) -> Settings:
        """Read the `tool.pydist` table of the TOML document `table`. Raises `InputError` with all faults."""
        faults = FaultCollector(where)
        tool = table.get("tool", {})
        own = tool.get("pydist", {}) if isinstance(tool, dict) else {}
        if not isinstance(own, dict):
            raise InputError(f"{where}: tool.pydist: expected a table, found {type(own).__name__}")
        texts: dict[str, str] = {}
        lists: dict[str, tuple[str, ...]] = {}
        flags: dict[str, bool] = {}
        with faults.at("tool.pydist"):
            for key, value in own.items():
                if key in _TEXTS and isinstance(value, str):
                    texts[key] = value
                elif key in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
                    lists[key] = tuple(value)
                elif key in _FLAGS and isinstance(value, bool):
                    flags[key] = value
                elif key in _SETTINGS:
                    expected = _SETTINGS[key]
                    faults.add(key, f"expected {expected}, found {value!r}")
                else:
                    faults.add(key, f"not a setting; the settings are {', '.join(sorted(_SETTINGS))}")
            if "script" in texts and "module" in texts:
                faults.add("module", "the application starts at a script or at a module: give one of the two")
        faults.raise_if_any("the settings of the application cannot be used")
        return cls(
            **texts, with_=lists.get("with", ()), include=lists.get("include", ()),
            allow_missing=lists.get("allow-missing", ()), locked=flags.get("locked", False),
            strict_memory=flags.get("strict-memory", False),
        )  # fmt: skip


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
