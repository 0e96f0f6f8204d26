"""Facts of a finished build -> `PYTHON.json`.

Invariant: every path written here exists in the tree that is described; a manifest is never ahead of its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydist.binary.elf import ElfFile
from pydist.binary.kind import Kind, kind_of
from pydist.build.evidence import license_paths
from pydist.build.measure import BITCODE, BuiltExtension, Facts
from pydist.build.request import BuildRequest
from pydist.errors import InputError
from pydist.manifest.model import BuildInfo, CoreInfo, ExtensionInfo, LinkInfo, Manifest
from pydist.policy.extensions import ExtensionRow
from pydist.policy.recipes import Recipe
from pydist.policy.testing import packages_of_tests
from pydist.target import Libc

__all__ = ["describe"]

# Tcl's modules, the script library of a version of Tcl, that of Tk.
_SCRIPTS = re.compile(r"tcl\d+|t(?:cl|k)\d+\.\d+")


def describe(tree: Path, request: BuildRequest, facts: Facts, table: Mapping[str, ExtensionRow],
             recipes: Iterable[Recipe]) -> Manifest:  # fmt: skip
    """The manifest of the distribution in `tree` (the folder that holds `install/`, `build/` and `licenses/`)."""
    probe, series, options = facts.probe, request.series, str(request.options)
    library = {name: recipe for recipe in recipes for name in recipe.libraries}
    exe = f"install/bin/{request.python}"
    stdlib = f"install/{request.library}"
    config = _one(tree, f"{stdlib}/config-*")
    shared = sorted((tree / "install/lib").glob("libpython3.*.so.1.0"))
    scripts = sorted(path.name for path in (tree / "install/lib").iterdir() if _SCRIPTS.fullmatch(path.name))
    return Manifest(
        version="8",
        target_triple=request.target.target.triple,
        build_options=options,
        optimizations=options.removeprefix("freethreaded+"),
        python_tag=f"cp{series.replace('.', '')}",
        python_abi_tag=probe["abi_flags"],
        python_platform_tag=probe["platform"],
        python_implementation_cache_tag=probe["cache_tag"],
        python_implementation_hex_version=probe["hexversion"],
        python_implementation_name=probe["implementation"],
        python_implementation_version=tuple(probe["version_info"]),
        python_version=probe["version"],
        python_major_minor_version=series,
        python_paths=probe["paths"],
        python_paths_abstract=probe["paths_abstract"],
        python_config_vars=probe["config_vars"],
        python_exe=exe,
        python_stdlib_platform_config=config,
        python_stdlib_test_packages=tuple(packages_of_tests(tree / stdlib)),
        python_suffixes={name: tuple(values) for name, values in probe["suffixes"].items()},
        python_bytecode_magic_number=probe["magic"],
        python_symbol_visibility=_visibility([tree / "build" / path for path in facts.core_objs]),
        # A static executable loads nothing, whatever suffixes it knows.
        python_extension_module_loading=("builtin",) if request.options.static else ("builtin", "shared-library"),
        libpython_link_mode="shared" if shared else "static",
        crt_features=crt_features(tree, request),
        tcl_library_path="install/lib" if scripts else None,
        tcl_library_paths=tuple(scripts) or None,
        run_tests="build/run_tests.py",
        licenses=library_licenses(recipes, "cpython"),
        license_path="licenses/LICENSE.cpython.txt",
        build_info=BuildInfo(
            core=CoreInfo(
                objs=tuple(f"build/{path}" for path in facts.core_objs),
                links=tuple(_link(name, tree) for name in facts.core_libraries),
                static_lib=f"{config}/libpython{series}{request.options.abi_flags}.a",
                shared_lib=shared[0].relative_to(tree).as_posix() if shared else None,
            ),
            extensions={
                extension.name: (_extension(extension, table[extension.name], library, tree),)
                for extension in facts.extensions
            },
            inittab_object="build/Modules/config.o",
            inittab_source="build/Modules/config.c",
            inittab_cflags=facts.inittab_cflags,
            object_file_format=_object_format(tree / "build"),
        ),
    )


def library_licenses(recipes: Iterable[Recipe], name: str) -> tuple[str, ...]:
    """The SPDX identifiers of one component."""
    return next(recipe.licenses for recipe in recipes if recipe.name == name)


def _extension(built: BuiltExtension, row: ExtensionRow, library: Mapping[str, Recipe], tree: Path) -> ExtensionInfo:
    libraries = _with_what_they_need(built.libraries, library)
    used = list({recipe.name: recipe for name in libraries if (recipe := library.get(name))}.values())
    return ExtensionInfo(
        in_core=built.in_core,
        init_fn=built.init_fn,
        links=tuple(_link(name, tree) for name in libraries),
        objs=tuple(f"build/{path}" for path in built.objs),
        required=row.required,
        variant="default",
        shared_lib=built.shared_lib,
        licenses=tuple(dict.fromkeys(name for recipe in used for name in recipe.licenses)) if used else None,
        license_paths=tuple(path for recipe in used for path in license_paths(recipe.name, tree)) if used else None,
        license_public_domain=True if any(recipe.public_domain for recipe in used) else None,
    )


def _link(name: str, tree: Path) -> LinkInfo:
    path = f"build/lib/lib{name}.a"
    return LinkInfo(name=name, path_static=path) if (tree / path).is_file() else LinkInfo(name=name, system=True)


def _with_what_they_need(names: Iterable[str], library: Mapping[str, Recipe]) -> tuple[str, ...]:
    """The libraries of a module, each followed by those that it has to be linked with."""
    ordered: dict[str, None] = {}
    for name in names:
        recipe = library.get(name)
        ordered |= dict.fromkeys((name, *(_with_what_they_need(recipe.links, library) if recipe else ())))
    return tuple(ordered)


def crt_features(tree: Path, request: BuildRequest) -> tuple[str, ...]:
    """What the binaries of the tree need of the C run time, in the ecosystem's words.

    Raises `InputError` when they are not linked as the request says, need a newer glibc than the target's floor, or say
    nothing of what they need.
    """
    binaries = {
        path: ElfFile.parse(path.read_bytes()) for path in sorted((tree / "install").rglob("*")) if _is_elf(path)
    }
    if not binaries:
        raise InputError(f"{tree / 'install'}: no ELF file in it; expected an interpreter at least")
    static = all(elf.is_static for elf in binaries.values())
    if static != request.options.static:
        raise InputError(f"{tree}: expected {'static' if request.options.static else 'dynamic'} executables only")
    if static:
        return ("static",)
    if request.target.target.libc is Libc.MUSL:
        return ("musl-dynamic",)
    needed = {
        (tuple(int(part) for part in version.removeprefix("GLIBC_").split(".")), path)
        for path, elf in binaries.items()
        for need in elf.version_needs
        for version in need.versions
        if version.startswith("GLIBC_") and version[6:7].isdigit()
    }
    if not needed:
        raise InputError(
            f"{tree / 'install'}: none of the {len(binaries)} ELF files asks for a version of glibc (GLIBC_2.17 and "
            "the like); expected programs that are linked with glibc: look at the link line in facts/trace"
        )
    newest, path = max(needed)
    if newest > tuple(int(part) for part in request.target.floor.split(".")):
        raise InputError(f"{path}: needs glibc {'.'.join(map(str, newest))}; the floor is {request.target.floor}")
    return ("glibc-dynamic", f"glibc-max-symbol-version:{'.'.join(map(str, newest))}")


def _is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file() or path.suffix in (".py", ".h", ".a"):
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _visibility(objects: Iterable[Path]) -> str:
    """Whether a program may see the C API of what was built: taken from the object that defines Py_Initialize."""
    for path in objects:
        data = path.read_bytes()
        for symbol in ElfFile.parse(data).symbols(data):
            if symbol.name == "Py_Initialize" and symbol.defined:
                if symbol.visibility == 0:
                    return "global-default"
                raise InputError(f"{path}: Py_Initialize has visibility {symbol.visibility}; expected 0, default")
    raise InputError("no object of the core defines Py_Initialize")


def _object_format(build: Path) -> str:
    kinds = set()
    for path in build.rglob("*.o"):
        if (build / BITCODE) in path.parents:
            continue
        with path.open("rb") as file:
            kinds.add(kind_of(file.read(64)))
    if kinds != {Kind.ELF}:
        raise InputError(f"{build}: expected ELF objects only, found {sorted(kinds)}")
    return "elf"


def _one(tree: Path, pattern: str) -> str:
    found = list(tree.glob(pattern))
    if len(found) != 1:
        raise InputError(f"{tree}: expected exactly one {pattern}, found {len(found)}")
    return found[0].relative_to(tree).as_posix()
