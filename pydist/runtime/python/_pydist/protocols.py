"""What the importer is to those who ask with `isinstance`.

Invariant: nothing here is imported before `importlib.abc` is.
"""

from __future__ import annotations

from importlib import abc

import _pydist_image

__all__ = ["install"]


def install() -> None:
    """Name the abstract classes whose methods the importer has; called when `importlib.abc` is imported."""
    for protocol in (abc.MetaPathFinder, abc.PathEntryFinder, abc.ExecutionLoader):
        protocol.register(_pydist_image.Importer)
