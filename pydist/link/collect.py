"""All parts merged into one virtual tree, and the modules that Python would find in it.

Invariant: a module is listed exactly when an import from the same files in folders would find it, under the file
that import would take: built into the interpreter before standard library before packages, package before module,
module before namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.dist import Distribution
from pydist.link.image import FileRow, ModuleFlag, ModuleRow, NeedRow
from pydist.link.native import NativeFile, bind
from pydist.link.part import Part, PartFile
from pydist.link.pth import NOTHING, Start, effects_of

__all__ = ["Collected", "collect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The merged tree. `notes` are things a user may want to know, `owner` maps a path to its part's name, `unpacked`
    are the files that have to be on a disk to be used."""

    files: tuple[FileRow, ...]
    modules: tuple[ModuleRow, ...]
    owner: dict[str, str]
    notes: tuple[str, ...]
    start: Start = NOTHING
    needs: tuple[NeedRow, ...] = ()
    native: tuple[NativeFile, ...] = ()
    unpacked: tuple[str, ...] = ()

    def brings(self, library: str) -> bool:
        """Whether a shared object of this SONAME or file name is in the tree."""
        return any(library in (file.soname, file.path.rpartition("/")[2]) for file in self.native)

    def module(self, name: str) -> ModuleRow | None:
        return next((row for row in self.modules if row.name == name), None)


def collect(distribution: Distribution, parts: Sequence[Part]) -> Collected:
    """Merge `parts`. Raises `InputError` that names every module two parts want to bring."""
    files, owner, notes = _merged(parts)
    modules: dict[str, ModuleRow] = {}
    # The importer of the image stands before that of built-in modules, which it must not hide.
    builtin = omissions.load().kept(distribution.extensions)
    site = f"{distribution.site_packages}/"
    stdlib, dynload = f"{distribution.virtual_stdlib}/", f"{distribution.virtual_stdlib}/lib-dynload/"
    for root, others, flag in (
        (stdlib, (site, dynload), ModuleFlag.STDLIB), (dynload, (), ModuleFlag.STDLIB), (site, (), ModuleFlag.NONE)
    ):  # fmt: skip
        below = {
            path[len(root) :]: file
            for path, file in files.items()
            if path.startswith(root) and not path.startswith(others)
        }
        _Entry(root, flag, distribution.suffixes, below).add_to(modules, builtin)
    for path, file in files.items():
        if file.fault:
            notes.append(f"{path} of {owner[path]} does not compile ({file.fault}); importing it will say so")
    native = {path: file.native for path, file in files.items() if file.native}
    bound = bind(native, {path: files[path].data for path in native})
    rows = tuple(
        FileRow(
            path=path, data=b"" if file.linked else bound.changed.get(path, file.data), executable=file.executable,
            in_place=path in native and native[path].in_place and not bound.is_named(path),
        )
        for path, file in sorted(files.items())
    )  # fmt: skip
    listed = tuple(modules[name] for name in sorted(modules))
    start, undone = _start(files, owner, site)
    return Collected(
        files=rows, modules=listed, owner=owner, notes=(*notes, *undone), start=start, needs=bound.needs,
        native=tuple(native.values()),
    )  # fmt: skip


def _start(files: Mapping[str, PartFile], owner: Mapping[str, str], site: str) -> tuple[Start, tuple[str, ...]]:
    """What the `.pth` files among the packages do, with notes."""
    names = [path[len(site) :] for path in files if path.endswith(".pth") and path.startswith(site)]
    found = {name: bytes(files[site + name].data) for name in names if "/" not in name}
    folders = frozenset(_folders(files)) if found else frozenset()
    return effects_of(found, {name: owner[site + name] for name in found}, folders, site)


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


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of sys.path: the files `below` the folder `root`. `suffixes` are those of extension modules."""

    root: str
    flag: ModuleFlag
    suffixes: tuple[str, ...]
    below: dict[str, PartFile]

    def add_to(self, modules: dict[str, ModuleRow], builtin: frozenset[str]) -> None:
        """Add its modules; those of earlier entries are in `modules` already."""
        taken = {name for name, row in modules.items() if "." not in name and not row.flags & ModuleFlag.NAMESPACE}
        taken |= builtin
        places = sorted(place for path in self.below if (place := self._place(path)) is not None)
        packages = {name for name, plain, *_ in places if not plain}
        plain = {name for name, *_ in places} - packages
        for name, alone, _, path in places:
            if name.partition(".")[0] in taken or _below_plain(name, plain):
                continue
            if name in modules and not modules[name].flags & ModuleFlag.NAMESPACE:
                continue
            modules[name] = self._row(name, path, package=not alone)
        for folder in _folders(self.below):
            name = folder.replace("/", ".")
            usable = all(part.isidentifier() for part in folder.split("/"))
            if usable and name not in modules and name.partition(".")[0] not in taken and not _below_plain(name, plain):
                namespace = ModuleFlag.PACKAGE | ModuleFlag.NAMESPACE
                modules[name] = ModuleRow(name=name, path=self.root + folder, flags=self.flag | namespace)

    def _row(self, name: str, path: str, *, package: bool) -> ModuleRow:
        flags = self.flag | (ModuleFlag.PACKAGE if package else ModuleFlag.NONE)
        if not path.endswith(".py"):
            flags |= ModuleFlag.EXTENSION | (ModuleFlag.BUILTIN if self.below[path].linked else ModuleFlag.NONE)
        return ModuleRow(name=name, path=self.root + path, code=self.below[path].code, flags=flags)

    def _place(self, path: str) -> tuple[str, bool, int, str] | None:
        """What the file at `path` is to an import: the module's dotted name, whether it is a module alone and no
        package, how late it is looked for among files of that name, and the path; None when it is no module."""
        for order, suffix in enumerate((*self.suffixes, ".py")):
            stem = path.removesuffix(suffix)
            if stem == path or (suffix != ".py" and self.below[path].native is None):
                continue
            folder, _, last = stem.rpartition("/")
            package = bool(folder) and last == "__init__"
            name = folder if package else stem
            return None if "." in name or not name else (name.replace("/", "."), not package, order, path)
        return None


def _below_plain(name: str, plain: Set[str]) -> bool:
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
