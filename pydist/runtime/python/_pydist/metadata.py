"""`importlib.metadata` for the packages inside the application's file."""

from __future__ import annotations

import os
import re
import sys
from importlib import metadata

import _pydist_image

from _pydist.paths import ImagePath

__all__ = ["ImageDistribution", "find_distributions"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class ImageDistribution(metadata.Distribution):
    """An installed package, given the virtual path of its .dist-info folder."""

    def __init__(self, folder: str) -> None:
        self._folder = ImagePath(folder)

    def read_text(self, filename: str) -> str | None:
        """The text of a metadata file, or None when there is none."""
        path = self._folder / filename
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def locate_file(self, path: str | os.PathLike[str]) -> ImagePath:
        """A file that RECORD names; readable like a pathlib path."""
        return self._folder.parent / path


def find_distributions(context: metadata.DistributionFinder.Context | None = None) -> Iterator[ImageDistribution]:
    """The distributions that `context` asks for: one by name or all, below the folders of its path."""
    name = getattr(context, "name", None)
    wanted = None if name is None else re.sub(r"[-_.]+", "-", name).lower()
    path = getattr(context, "path", sys.path)
    return iter([
        ImageDistribution(folder)
        for normalised, folder in _pydist_image.distributions()
        if (wanted is None or normalised == wanted) and os.path.dirname(folder) in path
    ])  # fmt: skip
