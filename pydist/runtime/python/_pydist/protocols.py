"""What the importer is to those who ask with `isinstance`.

Invariant: nothing here imports `importlib.abc`: that is what imports this.
"""

from __future__ import annotations

import _pydist_image

__all__ = ["install"]


def install() -> None:
    """Name the abstract classes whose methods the importer has; called when `importlib.abc` is imported."""
    from importlib import abc

    for protocol in (abc.MetaPathFinder, abc.PathEntryFinder):
        protocol.register(_pydist_image.Importer)
