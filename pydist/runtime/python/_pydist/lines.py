"""Source lines for whoever asks `linecache` by file name alone, as `warnings` and `tracemalloc` do.

Invariant: `linecache` answers for a file inside the application as it does for a real one.
"""

from __future__ import annotations

import linecache

import _pydist_image

__all__ = ["install"]

# Not `typing`: what every traceback imports should import little itself.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Sources:
    """A loader whose modules are named by their paths."""

    def get_source(self, path: str) -> str:
        from importlib.util import decode_source

        return decode_source(_pydist_image.read(path))


def install() -> None:
    """Give `linecache` a loader for the virtual files that it is asked for without one; called when it is imported."""
    update = linecache.updatecache
    sources = _Sources()

    def updatecache(filename: str, module_globals: dict[str, Any] | None = None) -> list[str]:
        if not module_globals and _pydist_image.stat(filename):
            module_globals = {"__name__": filename, "__loader__": sources}
        return update(filename, module_globals)

    linecache.updatecache = updatecache
