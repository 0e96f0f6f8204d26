"""A manifest that is a file of its own, without the distribution that it describes.

Invariant: content tells it, not the name: what begins as a JSON object does is taken for one.
"""

from __future__ import annotations

from pathlib import Path

from pydist.errors import InputError
from pydist.manifest.compact import COMPACT

__all__ = ["FULL", "read_alone"]

FULL = "PYTHON.json"
"""Where the manifest of a full distribution stands below `python/`."""

_LARGEST = 16 << 20  # bytes; the largest real one is 150 kB
_HEAD = 64


def read_alone(path: Path) -> tuple[str, bytes] | None:
    """The name that the manifest `path` has in a distribution, `FULL` or `COMPACT`, and its bytes; None for what is not
    a file with a JSON object in it.

    Raises `InputError` when it is none of the two, or too large for one.
    """
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if not head.lstrip().startswith(b"{"):
                return None
            data = head + file.read(_LARGEST)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > _LARGEST:
        raise InputError(f"{path} has more than {_LARGEST:,} bytes: more than a manifest may have")
    if b'"python_version"' not in data:
        raise InputError(f"{path} is JSON, but no {FULL}: python_version is not in it")
    return (COMPACT if b'"manifest_sha256"' in data else FULL), data
