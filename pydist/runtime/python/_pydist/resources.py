"""`importlib.resources` for packages inside the application's file."""

from __future__ import annotations

from importlib.resources.abc import TraversableResources

from _pydist.paths import ImagePath

__all__ = ["Reader"]


class Reader(TraversableResources):
    """Reads the files of one package, given the virtual path of its folder."""

    def __init__(self, folder: str) -> None:
        self._folder = ImagePath(folder)

    def files(self) -> ImagePath:
        return self._folder
