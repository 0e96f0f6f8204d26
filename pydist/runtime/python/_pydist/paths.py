"""Paths inside the application's file, as importlib.resources and importlib.metadata hand them out.

Invariant: an `ImagePath` is absolute and lies below `_pydist_image.root`; it is read-only.
"""

from __future__ import annotations

import errno
import io
import os
from importlib.resources.abc import Traversable

import _pydist_image

__all__ = ["ImagePath"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any


class ImagePath(Traversable, os.PathLike):  # type: ignore[type-arg]
    """A file or folder of the virtual tree. `os.fspath` gives the name that `__file__` attributes have."""

    __slots__ = ("_path",)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.path.normpath(os.fspath(path))

    def __fspath__(self) -> str:
        return self._path

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"ImagePath({self._path!r})"

    def __eq__(self, other: object) -> bool:
        return self._path == other._path if isinstance(other, ImagePath) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._path)

    def __lt__(self, other: object) -> bool:
        return self._path < other._path if isinstance(other, ImagePath) else NotImplemented

    def __truediv__(self, child: str | os.PathLike[str]) -> ImagePath:
        return self.joinpath(child)

    @property
    def name(self) -> str:
        return os.path.basename(self._path)

    @property
    def stem(self) -> str:
        return os.path.splitext(self.name)[0]

    @property
    def suffix(self) -> str:
        return os.path.splitext(self.name)[1]

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part or "/" for part in self._path.split("/"))

    @property
    def parent(self) -> ImagePath:
        return ImagePath(os.path.dirname(self._path))

    def joinpath(self, *descendants: str | os.PathLike[str]) -> ImagePath:
        """A path below this one; an absolute or `..` part leads elsewhere, as with pathlib."""
        return ImagePath(os.path.join(self._path, *descendants))

    def exists(self) -> bool:
        return _pydist_image.stat(self._path) is not None

    def is_dir(self) -> bool:
        found = _pydist_image.stat(self._path)
        return found is not None and found[0]

    def is_file(self) -> bool:
        found = _pydist_image.stat(self._path)
        return found is not None and not found[0]

    def iterdir(self) -> Iterator[ImagePath]:
        """The files and folders in this folder, sorted by name."""
        return iter([ImagePath(f"{self._path}/{name}") for name in _pydist_image.listdir(self._path)])

    def read_bytes(self) -> bytes:
        return _pydist_image.read(self._path)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        with self.open(encoding=io.text_encoding(encoding), errors=errors) as file:
            return str(file.read())

    def open(
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """The file, opened for reading; all other modes raise OSError, as on a read-only file system."""
        if mode.strip("bt") != "r":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), self._path)
        raw = io.BytesIO(self.read_bytes())
        if "b" in mode:
            return raw
        return io.TextIOWrapper(raw, encoding=io.text_encoding(encoding), errors=errors, newline=newline)
