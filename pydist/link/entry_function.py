"""Whether the function that a console script calls is in its module.

Invariant: only what is certain is said: the name stands nowhere in the module's source, nothing there makes names while
it runs, and the module has no part of this name.
"""

from __future__ import annotations

import difflib
import re

from pydist.errors import InputError
from pydist.link.collect import Collected
from pydist.link.image import ModuleFlag

__all__ = ["check_function"]

_MAKES_NAMES = re.compile(
    rb"\b(?:__getattr__|__dict__|globals|locals|vars|setattr|exec|eval|modules)\b|\bimport\s*\(?\s*\*"
)
_NAME = re.compile(
    rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]+)?=[^=]", re.MULTILINE
)  # fmt: skip


def check_function(script: str, module: str, function: str, tree: Collected) -> None:
    """Raise `InputError` when `module`, which the script named `script` calls into, certainly has no `function`."""
    row = tree.module(module.removesuffix(".__init__"))
    file = next((file for file in tree.files if row is not None and file.path == row.path), None)
    if row is None or file is None or row.flags & ModuleFlag.EXTENSION or not row.path.endswith(".py"):
        return
    source = bytes(file.data)
    if not source or function.startswith("__") or tree.module(f"{module}.{function}") is not None:
        return
    if re.search(rb"\b%s\b" % re.escape(function).encode(), source) or _MAKES_NAMES.search(source):
        return
    names = {name.decode("utf-8", "replace") for pair in _NAME.findall(source) for name in pair if name}
    near = difflib.get_close_matches(function, sorted(names))
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise InputError(
        f"the script {script} calls {module}:{function}, and {row.path.rpartition('site-packages/')[2]} has no "
        f"{function}{hint}"
    )
