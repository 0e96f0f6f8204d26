"""All parts merged into one virtual tree, and the modules that Python would find in it.

Invariant: a module is listed exactly when an import from the same files in folders would find it, under the file
that import would take: built into the interpreter before standard library before packages, package before module,
module before namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.dist import Distribution
from pydist.link.image import FileRow, ModuleFlag, ModuleRow
from pydist.link.part import Part, PartFile

__all__ = ["Collected", "collect"]

_INIT = "__init__.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The merged tree. `notes` are things a user may want to know, `owner` maps a path to its part's name."""

    files: tuple[FileRow, ...]
    modules: tuple[ModuleRow, ...]
    owner: dict[str, str]
    notes: tuple[str, ...]

    def module(self, name: str) -> ModuleRow | None:
        return next((row for row in self.modules if row.name == name), None)


def collect(distribution: Distribution, parts: Sequence[Part]) -> Collected:
    """Merge `parts`. Raises `InputError` that names every module two parts want to bring."""
    files, owner, notes = _merged(parts)
    modules: dict[str, ModuleRow] = {}
    # The importer of the image stands before that of built-in modules, which it must not hide.
    builtin = omissions.load().kept(distribution.extensions)
    site = f"{distribution.site_packages}/"
    stdlib = f"{distribution.virtual_stdlib}/"
    for root, flag in ((stdlib, ModuleFlag.STDLIB), (site, ModuleFlag.NONE)):
        below = {
            path[len(root) :]: file
            for path, file in files.items()
            if path.startswith(root) and (root == site or not path.startswith(site))
        }
        _add_modules(modules, below, root, flag, builtin)
    for path, file in files.items():
        if path.endswith(".pth") and path.startswith(site) and "/" not in path[len(site) :]:
            notes.append(f"{path[len(site) :]} of {owner[path]} is not executed: there is no site module at start")
        if file.fault:
            notes.append(f"{path} of {owner[path]} does not compile ({file.fault}); importing it will say so")
    rows = tuple(FileRow(path=path, data=file.data, executable=file.executable) for path, file in sorted(files.items()))
    listed = tuple(modules[name] for name in sorted(modules))
    return Collected(files=rows, modules=listed, owner=owner, notes=tuple(notes))


def _merged(parts: Sequence[Part]) -> tuple[dict[str, PartFile], dict[str, str], list[str]]:
    files: dict[str, PartFile] = {}
    owner: dict[str, str] = {}
    notes: list[str] = []
    clashes: list[Fault] = []
    for part in parts:
        for file in part.files:
            other = files.get(file.path)
            if other is None:
                files[file.path], owner[file.path] = file, part.name
            elif other.data != file.data and file.path.endswith(".py"):
                clashes.append(Fault(file.path, f"is in {owner[file.path]} and, with other content, in {part.name}"))
            elif other.data != file.data:
                notes.append(f"{file.path} is taken from {owner[file.path]}; {part.name} has another one")
    _check_folders(files, owner, clashes)
    if clashes:
        raise InputError(
            "two packages bring the same file: which one the application meant cannot be known; leave one out", clashes
        )
    return files, owner, notes


def _check_folders(files: dict[str, PartFile], owner: dict[str, str], clashes: list[Fault]) -> None:
    """A name cannot be a file of one part and a folder of another."""
    folders: dict[str, str] = {}
    for path in files:
        parent = path.rpartition("/")[0]
        while parent and parent not in folders:
            folders[parent] = path
            parent = parent.rpartition("/")[0]
    for path in sorted(files.keys() & folders.keys()):
        clashes.append(Fault(path, f"is a file in {owner[path]} and a folder in {owner[folders[path]]}"))


def _add_modules(
    modules: dict[str, ModuleRow], below: dict[str, PartFile], root: str, flag: ModuleFlag, builtin: frozenset[str]
) -> None:
    """Add the modules of one entry of sys.path, whose earlier entries are in `modules` already."""
    taken = {name for name, row in modules.items() if "." not in name and not row.flags & ModuleFlag.NAMESPACE}
    taken |= builtin
    plain = _plain_modules(below)
    for path in sorted(below, key=_packages_first):
        name = _module_name(path)
        if name is None or name.partition(".")[0] in taken or _below_plain(name, plain):
            continue
        package = path.endswith(f"/{_INIT}")
        if name in modules and not modules[name].flags & ModuleFlag.NAMESPACE:
            continue
        modules[name] = ModuleRow(
            name=name, path=root + path, code=below[path].code, flags=flag | (ModuleFlag.PACKAGE if package else 0)
        )
    for folder in _folders(below):
        name = folder.replace("/", ".")
        usable = all(part.isidentifier() for part in folder.split("/"))
        if usable and name not in modules and name.partition(".")[0] not in taken and not _below_plain(name, plain):
            namespace = ModuleFlag.PACKAGE | ModuleFlag.NAMESPACE
            modules[name] = ModuleRow(name=name, path=root + folder, flags=flag | namespace)


def _packages_first(path: str) -> tuple[bool, str]:
    return not path.endswith(f"/{_INIT}"), path


def _module_name(path: str) -> str | None:
    """The dotted name of the module at `path` below an entry of sys.path, or None for what is not a module.

    >>> _module_name("json/__init__.py"), _module_name("json/tool.py"), _module_name("a-1.dist-info/x.py")
    ('json', 'json.tool', None)
    """
    if not path.endswith(".py"):
        return None
    stem = path.removesuffix(".py")
    if path.endswith(f"/{_INIT}"):
        stem = path.removesuffix(f"/{_INIT}")
    return None if "." in stem or not stem else stem.replace("/", ".")


def _plain_modules(below: Iterable[str]) -> frozenset[str]:
    """Names that are a module and not a package: nothing can be imported from a folder of the same name."""
    packages = {path.removesuffix(f"/{_INIT}") for path in below if path.endswith(f"/{_INIT}")}
    stems = {path.removesuffix(".py") for path in below if path.endswith(".py")}
    return frozenset(stem.replace("/", ".") for stem in stems - packages)


def _below_plain(name: str, plain: frozenset[str]) -> bool:
    while "." in name:
        name = name.rpartition(".")[0]
        if name in plain:
            return True
    return False


def _folders(below: Iterable[str]) -> list[str]:
    folders: set[str] = set()
    for path in below:
        parent = path.rpartition("/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    return sorted(folders)
