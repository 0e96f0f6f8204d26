"""An installed Python as `pydist adopt` finds it, of a tree of a few bytes, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydist.adopt.ask import Answer
from pydist.adopt.find import Installed
from pydist.target import Target
from tests.support import trees

TRIPLE = "x86_64-unknown-linux-gnu"


def facts(prefix: Path, /, **changes: Any) -> dict[str, Any]:
    """What an interpreter in `prefix` says, as JSON values."""
    lib, include = f"{prefix}/lib/python3.14", f"{prefix}/include/python3.14"
    return {
        "abi_flags": "",
        "builtin": ["_io", "builtins", "sys", "zlib"],
        "cache_tag": "cpython-314",
        "config_vars": {"ABIFLAGS": "", "LIBS": "-lz -lm", "SYSLIBS": "-lm", "LIBPL": f"{lib}/config-3.14"},
        "exec_prefix": str(prefix),
        "hexversion": 0x030E07F0,
        "implementation": "cpython",
        "magic": "2b0e0d0a",
        "paths": {"stdlib": lib, "platstdlib": lib, "include": include, "scripts": f"{prefix}/bin",
                  "purelib": f"{lib}/site-packages"},
        "paths_abstract": {"stdlib": "{installed_base}/lib/python3.14"},
        "platform": "linux-x86_64",
        "prefix": str(prefix),
        "suffixes": {"extension": [".cpython-314-x86_64-linux-gnu.so", ".so"], "source": [".py"]},
        "version": "3.14.7",
        "version_info": ["3", "14", "7", "final", "0"],
    } | changes  # fmt: skip


def answer(prefix: Path, /, **changes: Any) -> Answer:
    """The same as a value."""
    values = facts(prefix, **changes)
    return Answer(**values | {
        "builtin": tuple(values["builtin"]), "version_info": tuple(values["version_info"]),
        "suffixes": {name: tuple(items) for name, items in values["suffixes"].items()},
    })  # fmt: skip


def installed(prefix: Path, tree: trees.Tree, **changes: Any) -> Installed:
    """`tree`, written to `prefix`, with its interpreter and a system that has no library."""
    trees.write(prefix, tree)
    given: dict[str, Any] = {
        "prefix": prefix, "program": prefix / "bin/python3.14", "target": Target.parse(TRIPLE), "static": False,
        "starter": (), "system": prefix.parent / "system", "packed": False, "answer": answer(prefix),
    }  # fmt: skip
    return Installed(**given | changes)
