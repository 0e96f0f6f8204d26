"""A distribution that cannot run, for code that only asks where things are; and the file of a stub and its note."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydist.link.dist import Distribution
from pydist.manifest.load import load
from pydist.target import Target
from tests.support import tiny


def manifest(**changes: Any) -> dict[str, Any]:
    """The manifest of `tree`."""
    made = tiny.manifest()
    made["python_paths"]["include"] = "install/include/python3.14"
    return made | changes


def tree(folder: Path, **changes: Any) -> Path:
    """A folder with all that linking asks of a distribution's `python` folder."""
    root = folder / "python"
    facts = manifest(**changes)
    for path in ("install/lib/python3.14", "install/include/python3.14", "install/bin", "build"):
        (root / path).mkdir(parents=True, exist_ok=True)
    (root / "install/bin/python3.14").write_bytes(b"\x7fELF")
    (root / "install/include/python3.14/Python.h").write_bytes(b"")
    (root / "PYTHON.json").write_text(json.dumps(facts))
    return root


def distribution(root: Path = Path("/nowhere/python"), interpreter: Path = Path(sys.executable)) -> Distribution:
    """A distribution whose interpreter is the one that runs the tests."""
    facts = manifest(python_exe=str(interpreter))
    loaded = load(json.dumps(facts).encode(), "PYTHON.json")
    target = Target.parse(loaded.target_triple)
    return Distribution(root=root, origin="a test", digest="d" * 64, identity="e" * 64, manifest=loaded, target=target)


def stub(owner: bytes = b"pydist") -> bytes:
    """An ELF file of one segment and one note: enough to have an image appended."""
    note = struct.pack("<III", len(owner) + 1, 0, 1) + (owner + b"\0").ljust(-(-(len(owner) + 1) // 4) * 4, b"\0")
    size = 64 + 2 * 56 + len(note)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )  # fmt: skip
    load_row = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 4096)
    note_row = struct.pack("<IIQQQQQQ", 4, 4, 176, 0x4000B0, 0x4000B0, len(note), len(note), 4)
    return header + load_row + note_row + note


def rows(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """`files` with the folder of packages in front of each name."""
    return {f"lib/python3.14/site-packages/{path}": data for path, data in files.items()}
