"""What was measured of an adopted tree -> `PYTHON.json`, and what could not be.

Invariant: a value is what a file shows or the running interpreter says; what neither tells is left out, or empty where
the format demands the key, and stands in the list of what is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.adopt.ask import Answer, NotAdoptable
from pydist.adopt.inittab import Inittab
from pydist.adopt.libraries import names_of
from pydist.adopt.licences import Licences
from pydist.adopt.objects import Objects
from pydist.binary.elf import ElfFile, ElfInvalid, Type
from pydist.manifest.compact import Compact
from pydist.manifest.model import BuildInfo, CoreInfo, ExtensionInfo, LinkInfo, Manifest
from pydist.policy import extensions
from pydist.policy.testing import packages_of_tests
from pydist.target import Libc, Target
from pydist.validate.expected import c_library, dotted, glibc_version, is_libpython

__all__ = ["HEADERS", "Tree", "describe", "shows_api"]

HEADERS = ("include", "platinclude")
"""Of sysconfig's paths those that only a tree with headers has."""
_API = "Py_Initialize"
_VARIABLE = "/install"
"""What variables of sysconfig name instead of the prefix, as everywhere in the ecosystem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What was gathered in `root` (the folder `python/`). `prefix` is what the interpreter called `root/install`,
    `libraries` are those that came along, `run_tests` the script that runs CPython's tests."""

    root: Path
    prefix: str
    target: Target
    static: bool
    answer: Answer
    inittab: Inittab
    objects: Objects
    licences: Licences
    libraries: Mapping[str, Path]
    run_tests: str
    compact: Compact | None = None


def describe(tree: Tree) -> Manifest:
    """The manifest of `tree`. Raises `NotAdoptable` for a tree that lacks what no manifest can do without."""
    answer, series = tree.answer, tree.answer.series
    exe = f"install/bin/python{series}{answer.abi_flags}"
    if not (tree.root / exe).is_file():
        raise NotAdoptable(f"there is no {exe.removeprefix('install/')}; expected the interpreter to have that name")
    program = _parsed(tree.root / exe)
    config = _below(tree, answer.variable("LIBPL"))
    shared = _libpython(tree)
    options = _options(tree)
    paths = {key: _below(tree, path) or path for key, path in answer.paths.items()}
    paths = {
        key: path for key, path in paths.items() if key not in HEADERS or (tree.root / path / "Python.h").is_file()
    }
    return Manifest(
        version="8",
        target_triple=tree.target.triple,
        build_options=options,
        optimizations=options.removeprefix("freethreaded+"),
        python_tag=f"cp{series.replace('.', '')}",
        python_abi_tag=answer.abi_flags,
        python_platform_tag=answer.platform,
        python_implementation_cache_tag=answer.cache_tag,
        python_implementation_hex_version=answer.hexversion,
        python_implementation_name=answer.implementation,
        python_implementation_version=answer.version_info,
        python_version=answer.version.removesuffix("+"),
        python_major_minor_version=series,
        python_paths=paths,
        python_paths_abstract=answer.paths_abstract,
        python_config_vars={key: value.replace(tree.prefix, _VARIABLE) for key, value in answer.config_vars.items()},
        python_exe=exe,
        python_stdlib_platform_config=config if config and (tree.root / config).is_dir() else None,
        python_stdlib_test_packages=tuple(packages_of_tests(tree.root / paths["stdlib"])),
        python_suffixes=answer.suffixes,
        python_bytecode_magic_number=answer.magic,
        python_symbol_visibility="global-default",
        python_extension_module_loading=("builtin",) if tree.static else ("builtin", "shared-library"),
        libpython_link_mode="shared" if shared else "static",
        crt_features=tuple(_crt(tree, program)),
        run_tests=tree.run_tests,
        licenses=tree.licences.identifiers,
        license_path=tree.licences.python,
        build_info=BuildInfo(
            core=_core(tree, program, shared),
            extensions=dict(sorted({**_builtin(tree), **_modules(tree)}.items())),
            inittab_object=tree.objects.inittab,
            inittab_source=tree.inittab.source,
            inittab_cflags=(),
            object_file_format="elf",
        ),
    )


def shows_api(tree: Tree, manifest: Manifest) -> bool:
    """Whether a file shows that the C API is visible: otherwise python_symbol_visibility is a guess."""
    core = manifest.build_info.core
    for name in (manifest.python_exe, core.shared_lib, *core.objs):
        data = (tree.root / name).resolve().read_bytes() if name is not None else b""
        try:
            symbols = ElfFile.parse(data).symbols(data)
            if any(item.name == _API and item.defined and item.visibility == 0 for item in symbols):
                return True
        except ElfInvalid:
            continue
    return False


def _below(tree: Tree, path: str) -> str | None:
    """Where `path` of the interpreter is in the tree."""
    if path == tree.prefix or path.startswith(f"{tree.prefix}/"):
        return posixpath.normpath(f"install{path.removeprefix(tree.prefix)}")
    return None


def _options(tree: Tree) -> str:
    """`pgo` and `lto` as far as the arguments of configure say so; distributors often keep that to themselves."""
    if tree.compact is not None:
        return tree.compact.build_options
    arguments = tree.answer.variable("CONFIG_ARGS")
    words = [word for word, flag in (("pgo", "--enable-optimizations"), ("lto", "--with-lto"))
             if re.search(rf"'{flag}(?:=(?!no\b)[^']*)?'", arguments)]  # fmt: skip
    if "d" in tree.answer.abi_flags:
        words = ["debug"]
    words = [*(["freethreaded"] if "t" in tree.answer.abi_flags else []), *(words or ["noopt"])]
    return "+".join([*words, *(["static"] if tree.static else [])])


def _crt(tree: Tree, program: ElfFile) -> Iterator[str]:
    if tree.static:
        yield "static"
    elif tree.target.libc is Libc.MUSL:
        yield "musl-dynamic"
    else:
        yield "glibc-dynamic"
        files = (file for path in (tree.root / "install").rglob("*") if (file := _linked(path)) is not None)
        needed = (glibc_version(version) for file in files for need in file.version_needs for version in need.versions)
        newest = max(needed, default=())
        if newest:
            yield f"glibc-max-symbol-version:{dotted(newest)}"


def _libpython(tree: Tree) -> str | None:
    """The shared libpython: the file itself, not what links to it."""
    named = (tree.answer.variable("INSTSONAME"), tree.answer.variable("LDLIBRARY"))
    found = [path for path in sorted((tree.root / "install").glob("lib*/**/libpython3.*.so*"))
             if not path.is_symlink() and is_libpython(path.name)]  # fmt: skip
    found.sort(key=lambda path: path.name not in named)
    return found[0].relative_to(tree.root).as_posix() if found else None


def _core(tree: Tree, program: ElfFile, shared: str | None) -> CoreInfo:
    static = tree.answer.libraries("LIBS", "SYSLIBS", "MODLIBS") if tree.objects.core else ()
    links = {link.name: link for link in _links(tree, program.needed)}
    for name in static:
        path = f"build/lib/lib{name}.a"
        there = path if (tree.root / path).is_file() else None
        dynamic = links[name].path_dynamic if name in links else None
        system = None if there or dynamic else True
        links[name] = LinkInfo(name=name, path_static=there, path_dynamic=dynamic, system=system)
    claimed = {path for name, paths in tree.objects.modules.items() if _separate(tree, name) for path in paths}
    return CoreInfo(
        objs=tuple(path for path in tree.objects.core if path not in claimed),
        links=tuple(links.values()),
        shared_lib=shared,
        static_lib=tree.objects.library,
    )


def _separate(tree: Tree, name: str) -> bool:
    return name in tree.inittab.functions and name not in tree.inittab.core


def _builtin(tree: Tree) -> dict[str, tuple[ExtensionInfo, ...]]:
    rows = {row.name: row.required for row in extensions.load()}
    return {
        name: (
            ExtensionInfo(
                in_core=name in tree.inittab.core,
                init_fn=function,
                links=(),
                objs=tree.objects.modules.get(name, ()) if _separate(tree, name) else (),
                required=rows.get(name, False),
                variant="default",
                licenses=_identifiers(tree, name),
            ),
        )
        for name, function in tree.inittab.functions.items()
    }


def _modules(tree: Tree) -> dict[str, tuple[ExtensionInfo, ...]]:
    """The extension modules that are files."""
    suffixes = tree.answer.suffixes.get("extension", ())
    made: dict[str, tuple[ExtensionInfo, ...]] = {}
    for path in sorted((tree.root / "install").glob("lib*/python3*/lib-dynload/*.so")):
        suffix = next((item for item in suffixes if path.name.endswith(item)), None)
        file = _linked(path)
        if suffix is None or file is None:
            continue
        name = path.name.removesuffix(suffix)
        links = tuple(_links(tree, file.needed))
        texts = (tree.licences.libraries.get((link.path_dynamic or "").removeprefix("install/")) for link in links)
        made[name] = (
            ExtensionInfo(
                in_core=False,
                init_fn=f"PyInit_{name}",
                links=links,
                objs=(),
                required=False,
                variant="default",
                shared_lib=path.relative_to(tree.root).as_posix(),
                licenses=_identifiers(tree, name),
                license_paths=tuple(dict.fromkeys(text for text in texts if text)) or None,
            ),
        )
    return made


def _identifiers(tree: Tree, name: str) -> tuple[str, ...] | None:
    known = tree.compact.extensions.get(name) if tree.compact is not None else None
    return known.licenses if known is not None else None


def _links(tree: Tree, needed: Iterable[str]) -> Iterator[LinkInfo]:
    """The libraries `needed`, and what those of the tree need themselves."""
    row = c_library(tree.target.libc)
    loader = row.loader(tree.target).rpartition("/")[2] if row is not None else ""
    waiting, done = list(needed), {loader}
    while waiting:
        library = waiting.pop(0)
        name = names_of([library])[0]
        if library in done or is_libpython(library) or name == "c":
            continue
        done.add(library)
        path = f"install/lib/{library}"
        bundled = path.removeprefix("install/") in tree.libraries
        file = _linked(tree.root / path) if bundled else None
        waiting.extend(file.needed if file is not None else ())
        yield LinkInfo(name=name, path_dynamic=path if bundled else None, system=None if bundled else True)


def _parsed(path: Path) -> ElfFile:
    file = _linked(path.resolve())
    if file is None:
        raise NotAdoptable(f"{path.name} is no linked ELF file; expected the interpreter")
    return file


def _linked(path: Path) -> ElfFile | None:
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return None
    try:
        file = ElfFile.parse(path.read_bytes())
    except ElfInvalid:
        return None
    return file if file.type in (Type.EXEC, Type.DYN) else None
