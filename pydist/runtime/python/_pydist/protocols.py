"""What the importer is to those who ask with `isinstance`.

Invariant: nothing here imports `importlib.abc`: that is what imports this.
"""

from __future__ import annotations

import _pydist_image

__all__ = ["install"]


def install() -> None:
    """Name the abstract class whose methods the importer has; called when `importlib.abc` is imported."""
    from importlib import abc

    abc.MetaPathFinder.register(_pydist_image.Importer)
