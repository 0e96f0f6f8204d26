"""`importlib.resources` for packages inside the application's file, whose folders any path leads into."""

from __future__ import annotations

from importlib.readers import FileReader
from pathlib import Path

__all__ = ["Reader"]


class Reader(FileReader):
    """Reads the files of one package, given the virtual path of its folder."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder)
