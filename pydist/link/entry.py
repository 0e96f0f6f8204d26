"""Where the application starts: a script, a module, or console scripts of packages.

Invariant: an `Entry` names code that is in the tree; an ambiguous or missing one is an error that lists the choices.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.paths import name_fault
from pydist.errors import InputError
from pydist.link.app import AppKind, AppSpec, normalise
from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.entry_function import check_function
from pydist.link.image import ModuleFlag
from pydist.link.part import Part, TreeFile

__all__ = ["SCRIPT_MARK", "Entry", "check_entry", "choose_entries", "expected_name", "launchers", "script_name"]

SCRIPT_MARK = b"#!python\n"
"""First line of a script that an installer points to its Python ("Binary distribution format")."""

_REFERENCE = re.compile(r"([A-Za-z_][\w.]*)(?::\s*([A-Za-z_][\w.]*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`kind` is script or module, `name` what the program is called, `shown` what a user knows the entry by.

    A script's code is that of the file `path`; `launcher` is that file when it is made here, and `module` what it
    calls into, where `function` is the first name. A module is `module`.
    """

    kind: str
    name: str
    shown: str
    path: str = ""
    module: str = ""
    function: str = ""
    launcher: TreeFile | None = None


def choose_entries(app: AppSpec, distribution: Distribution, packages: Sequence[Part]) -> tuple[Entry, ...]:
    """The entries that the settings name, or the only one there is. Raises `InputError` that lists the others."""
    if app.settings.scripts:
        own = _scripts_of(app, packages)
        return tuple(_named(name, own, packages) for name in dict.fromkeys(app.settings.scripts))
    return (_only_entry(app, distribution, packages),)


def expected_name(app: AppSpec) -> str:
    """What the program will be called, as far as is known before anything is resolved and built, or "".

    Raises `InputError` as `choose_entries` does, when the project lists scripts and none of them is chosen.
    """
    if app.settings.scripts or app.settings.module or app.kind is AppKind.SCRIPT:
        return app.settings.scripts[0] if len(app.settings.scripts) == 1 else app.name
    return _one_of(app, app.scripts) if app.scripts else ""


def launchers(entries: Sequence[Entry], packages: Sequence[Part]) -> tuple[TreeFile, ...]:
    """Files in the folder `bin` that start what `entries` and all console scripts of the packages name, as an installer
    would make them. Of two scripts of one name that of the entries goes in, then that of the first package."""
    made = {entry.path: entry.launcher for entry in entries if entry.launcher}
    taken = {file.path for part in packages for file in part.files if file.path.startswith("bin/")}
    for part in packages:
        for name, reference in part.facts["scripts"].items():
            path = f"bin/{name}"
            if path not in taken and path not in made and _launches(name, reference):
                made[path] = _launcher(name, reference)
    return tuple(made.values())


def _launches(name: str, reference: str) -> bool:
    """Whether a script can be made: others can be asked for, and that is an error."""
    match = _REFERENCE.fullmatch(reference)
    return bool(match and match[2] and "/" not in name and not name_fault(f"bin/{name}"))


def _scripts_of(app: AppSpec, packages: Sequence[Part]) -> dict[str, str]:
    """The scripts of the application's own package."""
    own = next((part for part in packages if normalise(str(part.facts["name"])) == app.package), None)
    return dict(own.facts["scripts"]) if own else {}


def _only_entry(app: AppSpec, distribution: Distribution, packages: Sequence[Part]) -> Entry:
    if app.settings.module:
        module = app.settings.module
        return Entry(kind="module", name=app.name, shown=f"python -m {module}", module=module)
    if app.kind is AppKind.SCRIPT and app.path is not None:
        path = f"{distribution.site_packages}/{script_name(app.path)}"
        return Entry(kind="script", name=app.name, shown=app.path.name, path=path)
    scripts = _scripts_of(app, packages)
    if scripts:
        name = _one_of(app, scripts)
        return _launched(name, scripts[name])
    module = app.package.replace("-", "_")
    own = (part for part in packages if normalise(str(part.facts["name"])) == app.package)
    main = f"{distribution.site_packages}/{module}/__main__.py"
    if any(file.path == main for part in own for file in part.files):
        return Entry(kind="module", name=app.name, shown=f"python -m {module}", module=module)
    raise InputError(f"{app.name} has no script and no {module}.__main__: name a module to run with -m MODULE")


def _one_of(app: AppSpec, scripts: Collection[str]) -> str:
    """The only script, or that with the application's name."""
    if len(scripts) == 1:
        return next(iter(scripts))
    if app.name in scripts:
        return app.name
    raise InputError(
        f"{app.name} has {len(scripts)} scripts: choose with --script, once or several times: "
        f"{', '.join(sorted(scripts))}"
    )


def check_entry(entry: Entry, tree: Collected, distribution: Distribution) -> None:
    """Raise `InputError` unless the module that `entry` runs or calls into is in the tree, or when it has not what is
    called."""
    if entry.kind == "script":
        # `package.__init__` can be imported, too: it is the package's own file under another name.
        if entry.module and tree.module(entry.module.removesuffix(".__init__")) is None:
            raise InputError(f"the script {entry.name} refers to {entry.module}: the packages have no such module")
        if entry.path not in tree.owner:
            raise InputError(f"{entry.path}, where the application starts, is excluded")
        if entry.function:
            check_function(entry.name, entry.module, entry.function, tree)
        return
    row = tree.module(entry.module)
    if row is not None and row.flags & ModuleFlag.PACKAGE:
        row = tree.module(f"{entry.module}.__main__")
        if row is None:
            raise InputError(f"-m {entry.module}: the package has no __main__ module and cannot be run")
    if row is None:
        raise InputError(
            f"-m {entry.module}: no such module in the application or in the standard library of {distribution.version}"
        )


def script_name(path: Path) -> str:
    """The name of a script's file in the application; one without a suffix gets the one of sources."""
    return path.name if path.suffix == ".py" else f"{path.name}.py"


def _named(name: str, scripts: dict[str, str], packages: Sequence[Part]) -> Entry:
    """The script `name`, of the application's package first, then of any other."""
    if name in scripts:
        return _launched(name, scripts[name])
    for part in packages:
        if name in part.facts["scripts"]:
            return _launched(name, str(part.facts["scripts"][name]))
    for part in packages:
        # The older kind of script: a file of Python code, marked by its first line for the installer to change.
        for file in part.files:
            if file.path == f"bin/{name}" and file.code and bytes(file.data[:9]) == SCRIPT_MARK:
                return Entry(kind="script", name=name, shown=name, path=file.path)
    known = sorted({*scripts, *(name for part in packages for name in part.facts["scripts"])})
    raise InputError(f"--script {name}: no package has it; the scripts are: {', '.join(known) or 'none'}")


def _launched(name: str, reference: str) -> Entry:
    """An entry that calls `module:attribute`, as an installer's script would."""
    match = _REFERENCE.fullmatch(reference)
    if not match or not match[2]:
        raise InputError(f"the script {name} refers to {reference!r}; expected module:function")
    launcher = _launcher(name, reference)
    return Entry(
        kind="script", name=name, shown=f"{name} ({reference})", path=launcher.path, module=match[1],
        function=match[2].partition(".")[0], launcher=launcher,
    )  # fmt: skip


def _launcher(name: str, reference: str) -> TreeFile:
    module, _, attribute = (part.strip() for part in reference.partition(":"))
    first = attribute.partition(".")[0]
    # Guarded, because multiprocessing runs the main script once more in each of its children.
    source = f'import sys\n\nfrom {module} import {first}\n\nif __name__ == "__main__":\n    sys.exit({attribute}())\n'
    return TreeFile(path=f"bin/{name}", data=SCRIPT_MARK + source.encode(), executable=True, script=True)
