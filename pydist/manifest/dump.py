"""A `Manifest` to the bytes of a `PYTHON.json`.

Invariant: equal manifests give equal bytes, and `load(dump(m)) == m`.
"""

from __future__ import annotations

from pydist.manifest.convert import dumps
from pydist.manifest.model import Manifest

__all__ = ["dump"]


def dump(manifest: Manifest) -> bytes:
    """Canonical JSON: sorted keys, four spaces, a final newline; optional keys that are None are left out."""
    return dumps(manifest)
