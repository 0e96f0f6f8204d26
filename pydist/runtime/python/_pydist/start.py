"""Runs in place of `encodings`, the first module that any interpreter imports, and installs the importer.

Invariant: when this has run, `encodings` is the real package, and it and all that follows came through the importer.
"""

import sys

import _pydist_image

_pydist_image.install()
del sys.modules["encodings"]
import encodings  # noqa: E402, F401 - importlib returns what sys.modules holds when this module ends
