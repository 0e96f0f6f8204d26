"""Source lines for whoever asks `linecache` by file name alone, as `warnings` and `tracemalloc` do.

Invariant: only promises are stored (`linecache.lazycache`); a source is read when a line of it is shown.
"""

import linecache
import sys

__all__ = ["offer_all"]


def offer_all(importer_type):
    """Offer the sources of all modules imported so far; the importer offers those that follow."""
    for module in list(sys.modules.values()):
        namespace = getattr(module, "__dict__", {})
        if isinstance(namespace.get("__loader__"), importer_type) and namespace.get("__file__"):
            linecache.lazycache(namespace["__file__"], namespace)
