"""The application's own files: a script with what travels with it, and launchers of the packages' scripts.

Invariant: they are compiled each time, because they are what changes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.app import AppKind, AppSpec
from pydist.link.choice import NativeNeeded
from pydist.link.dist import Distribution
from pydist.link.entry import script_name
from pydist.link.leftout import has_pattern
from pydist.link.part import Part, TreeFile, make_part
from pydist.link.part_source import mentioned
from pydist.link.wheel import is_native

__all__ = ["app_part", "included"]


def app_part(app: AppSpec, launchers: Sequence[TreeFile], distribution: Distribution) -> Part:
    """The launchers, and of a script its file and what that includes. Raises `InputError` when it does not compile."""
    files, main = list(launchers), ""
    if app.kind is AppKind.SCRIPT and app.path is not None:
        site = distribution.site_packages
        main = f"{site}/{script_name(app.path)}"
        files.append(TreeFile(path=main, data=app.path.read_bytes()))
        for path in included(app.path, app.settings.include):
            place = f"{site}/{path.relative_to(app.path.parent).as_posix()}"
            files.append(TreeFile(path=place, data=path.read_bytes(), executable=os.access(path, os.X_OK)))
        native = [Fault(app.path.name, file.path) for file in files if is_native(file.path)]
        if native and not distribution.dynamic:
            raise NativeNeeded(native)
    part = make_part(app.name, tuple(files), distribution.interpreter, optimize=app.settings.optimize or 0)
    fault = next((file.fault for file in part.files if file.path == main), "")
    if fault:
        raise InputError(f"{app.path} does not compile with Python {distribution.version}: {fault}")
    return replace(part, mentions=mentioned(files, omissions.load().words, distribution))


def included(script: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The files beside `script` that its settings name."""
    if not patterns:
        return []
    files = [path for path in sorted(script.parent.rglob("*")) if path.is_file() and path != script]
    names = {path: path.relative_to(script.parent).as_posix() for path in files}
    return [path for path, name in names.items() if "__pycache__" not in path.parts and has_pattern(name, patterns)]
