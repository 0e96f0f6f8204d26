"""Paths inside the application's file, as importlib.resources and importlib.metadata hand them out.

Invariant: an `ImagePath` is absolute and lies below `_pydist_image.root`; it is read-only.
"""

import io
import os
from importlib.resources.abc import Traversable

import _pydist_image

__all__ = ["ImagePath"]


class ImagePath(Traversable, os.PathLike):
    """A file or folder of the virtual tree. `os.fspath` gives the name that `__file__` attributes have."""

    __slots__ = ("_path",)

    def __init__(self, path):
        self._path = os.path.normpath(os.fspath(path))

    def __fspath__(self):
        return self._path

    def __str__(self):
        return self._path

    def __repr__(self):
        return f"ImagePath({self._path!r})"

    def __eq__(self, other):
        return self._path == other._path if isinstance(other, ImagePath) else NotImplemented

    def __hash__(self):
        return hash(self._path)

    def __lt__(self, other):
        return self._path < other._path if isinstance(other, ImagePath) else NotImplemented

    def __truediv__(self, child):
        return self.joinpath(child)

    @property
    def name(self):
        return os.path.basename(self._path)

    @property
    def stem(self):
        return os.path.splitext(self.name)[0]

    @property
    def suffix(self):
        return os.path.splitext(self.name)[1]

    @property
    def parts(self):
        return tuple(part or "/" for part in self._path.split("/"))

    @property
    def parent(self):
        return ImagePath(os.path.dirname(self._path))

    def joinpath(self, *descendants):
        """A path below this one; an absolute or `..` part leads elsewhere, as with pathlib."""
        return ImagePath(os.path.join(self._path, *descendants))

    def exists(self):
        return _pydist_image.stat(self._path) is not None

    def is_dir(self):
        found = _pydist_image.stat(self._path)
        return found is not None and found[0]

    def is_file(self):
        found = _pydist_image.stat(self._path)
        return found is not None and not found[0]

    def iterdir(self):
        """The files and folders in this folder, sorted by name."""
        return iter([ImagePath(f"{self._path}/{name}") for name in _pydist_image.listdir(self._path)])

    def read_bytes(self):
        return _pydist_image.read(self._path)

    def read_text(self, encoding=None, errors=None):
        with self.open("r", encoding=encoding, errors=errors) as file:
            return file.read()

    def open(self, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
        """The file, opened for reading; all other modes raise OSError, as on a read-only file system."""
        if mode.strip("bt") != "r":
            import errno

            raise OSError(errno.EROFS, os.strerror(errno.EROFS), self._path)
        raw = io.BytesIO(self.read_bytes())
        raw.name = self._path
        if "b" in mode:
            return raw
        return io.TextIOWrapper(raw, encoding=io.text_encoding(encoding), errors=errors, newline=newline)
