"""A small Python that really runs: this machine's interpreter and library, laid out like an install_only archive."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

NAME = f"python3.{sys.version_info[1]}"
LIBRARY = f"python/lib/{NAME}"
_WITHOUT = ("__pycache__", "config-3*", "idlelib", "lib2to3", "*-packages", "test", "tests", "turtledemo")


def make(folder: Path) -> Path:
    """`folder` with the tree `python` in it."""
    interpreter = Path(sys.executable).resolve()
    library = Path(json.__file__).resolve().parents[1]
    root = folder / "python"
    ignore = shutil.ignore_patterns(*_WITHOUT)
    shutil.copytree(library, root / "lib" / NAME, ignore=ignore, ignore_dangling_symlinks=True)
    (root / "bin").mkdir()
    shutil.copy(interpreter, root / "bin" / NAME)
    (root / "bin" / "python3").symlink_to(NAME)
    for path in Path(sys.base_prefix, "lib").glob("libpython3*.so*"):
        if not path.is_symlink():
            shutil.copy(path, root / "lib" / path.name)
    return folder


def copy(tree: Path, folder: Path) -> Path:
    """`tree` again, of the same files: `write` replaces one."""
    shutil.copytree(tree, folder, symlinks=True, copy_function=os.link, dirs_exist_ok=True)
    return folder


def write(tree: Path, name: str, text: str) -> None:
    """Give the file `name` of a copy another text."""
    path = tree / name
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
