"""Runs in place of `encodings`, the first module that any interpreter imports, and installs the importer.

Invariant: when this has run, `encodings` is the real package, and it and all that follows came through the importer.
"""

import builtins
import sys

import _pydist_image

_pydist_image.install()
del sys.modules["encodings"]

# importlib returns what sys.modules holds when this module ends: the real package.
import encodings  # noqa: E402, F401
from _sitebuiltins import Quitter, _Helper  # noqa: E402

# What scripts expect of `site`, which reads the disk and is not run.
builtins.exit = Quitter("exit", "Ctrl-D (i.e. EOF)")
builtins.quit = Quitter("quit", "Ctrl-D (i.e. EOF)")
builtins.help = _Helper()
