"""`PYTHON.json`, format version 8, as frozen dataclasses whose field names are the JSON keys.

All paths are relative to the `python/` folder of the archive. An optional field that is None is not in the document.
Format: python-build-standalone, docs/distributions.rst, and its reader, which refuses unknown keys at every level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import doc

__all__ = ["BuildInfo", "CoreInfo", "ExtensionInfo", "LinkInfo", "Manifest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkInfo:
    """A library that objects need at link time; at least one of the optional keys says where it comes from."""

    name: str = field(metadata=doc("Name as given to the linker after -l."))
    path_static: str | None = field(default=None, metadata=doc("Path of the static library."))
    path_dynamic: str | None = field(default=None, metadata=doc("Path of the shared library."))
    framework: bool | None = field(default=None, metadata=doc("Whether it is an Apple framework."))
    system: bool | None = field(default=None, metadata=doc("Whether the system of the target provides it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreInfo:
    """What the interpreter itself is linked from."""

    objs: tuple[str, ...] = field(metadata=doc("Paths of the object files."))
    links: tuple[LinkInfo, ...] = field(metadata=doc("Libraries the core needs."))
    shared_lib: str | None = field(default=None, metadata=doc("Path of the shared libpython."))
    static_lib: str | None = field(default=None, metadata=doc("Path of the static libpython."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionInfo:
    """One variant of an extension module."""

    in_core: bool = field(metadata=doc("Whether the core always contains it; then `objs` is empty."))
    init_fn: str = field(metadata=doc("Name of its initialisation function; NULL when it has none."))
    links: tuple[LinkInfo, ...] = field(metadata=doc("Libraries it needs."))
    objs: tuple[str, ...] = field(metadata=doc("Paths of its object files."))
    required: bool = field(metadata=doc("Whether the interpreter cannot start without it."))
    variant: str = field(metadata=doc("Name of the variant, usually `default`."))
    shared_lib: str | None = field(default=None, metadata=doc("Path of the module as a shared library."))
    static_lib: str | None = field(default=None, metadata=doc("Path of the module as a static library."))
    licenses: tuple[str, ...] | None = field(
        default=None, metadata=doc("SPDX identifiers of the libraries it uses; absent: not known.")
    )
    license_paths: tuple[str, ...] | None = field(default=None, metadata=doc("Paths of the licence texts."))
    license_public_domain: bool | None = field(default=None, metadata=doc("Whether it is in the public domain."))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInfo:
    """What is needed to link the interpreter again."""

    core: CoreInfo = field(metadata=doc("The interpreter itself."))
    extensions: Mapping[str, tuple[ExtensionInfo, ...]] = field(metadata=doc("Variants of each extension module."))
    inittab_object: str = field(metadata=doc("Path of the object that holds the table of built-in modules."))
    inittab_source: str = field(metadata=doc("Path of its source."))
    inittab_cflags: tuple[str, ...] = field(metadata=doc("Compiler flags for it, without include folders."))
    object_file_format: str = field(metadata=doc("elf, mach-o, coff or llvm-bitcode:VERSION."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A distribution's description of itself."""

    version: Literal["8"] = field(metadata=doc("Format version."))
    target_triple: str = field(metadata=doc("Platform the distribution runs on."))
    build_options: str = field(
        metadata=doc("Joined by +: freethreaded, debug or noopt or pgo or lto or pgo+lto, static.")
    )
    optimizations: str = field(metadata=doc("Deprecated form of build_options."))
    python_tag: str = field(metadata=doc("PEP 425 interpreter tag, cp314."))
    python_abi_tag: str | None = field(default=None, metadata=doc("ABI flags: empty, t, d or td; null on Windows."))
    python_platform_tag: str = field(metadata=doc("Platform as sysconfig.get_platform() says it."))
    python_implementation_cache_tag: str = field(metadata=doc("sys.implementation.cache_tag."))
    python_implementation_hex_version: int = field(metadata=doc("sys.implementation.hexversion, as a number."))
    python_implementation_name: str = field(metadata=doc("sys.implementation.name."))
    python_implementation_version: tuple[str, str, str, str, str] = field(
        metadata=doc("sys.implementation.version, each part as text.")
    )
    python_version: str = field(metadata=doc("Full version, 3.14.7 or 3.15.0rc1."))
    python_major_minor_version: str = field(metadata=doc("3.14."))
    python_paths: Mapping[str, str] = field(metadata=doc("sysconfig's paths."))
    python_paths_abstract: Mapping[str, str] = field(metadata=doc("sysconfig's paths before expansion."))
    python_config_vars: Mapping[str, str] = field(metadata=doc("sysconfig's variables, each value as text."))
    python_exe: str = field(metadata=doc("Path of the interpreter."))
    python_stdlib_platform_config: str | None = field(
        default=None, metadata=doc("Path of the folder with the build configuration (LIBPL).")
    )
    python_stdlib_test_packages: tuple[str, ...] = field(metadata=doc("Packages that hold only tests."))
    python_suffixes: Mapping[str, tuple[str, ...]] = field(
        metadata=doc("File name endings: bytecode, debug_bytecode, extension, optimized_bytecode, source.")
    )
    python_bytecode_magic_number: str = field(metadata=doc("importlib.util.MAGIC_NUMBER in hexadecimal."))
    python_symbol_visibility: str = field(metadata=doc("global-default or dllexport."))
    python_extension_module_loading: tuple[str, ...] = field(metadata=doc("builtin, shared-library."))
    libpython_link_mode: str = field(metadata=doc("static or shared."))
    crt_features: tuple[str, ...] = field(metadata=doc("What is required of the C run time."))
    run_tests: str = field(metadata=doc("Path of the script that runs the tests."))
    build_info: BuildInfo = field(metadata=doc("What is needed to link the interpreter again."))
    licenses: tuple[str, ...] | None = field(default=None, metadata=doc("SPDX identifiers of CPython's licences."))
    license_path: str | None = field(default=None, metadata=doc("Path of CPython's licence text."))
    tcl_library_path: str | None = field(default=None, metadata=doc("Folder with the Tcl libraries."))
    tcl_library_paths: tuple[str, ...] | None = field(default=None, metadata=doc("Folders below tcl_library_path."))
    apple_sdk_platform: str | None = field(default=None, metadata=doc("Platform of the Apple SDK."))
    apple_sdk_version: str | None = field(default=None, metadata=doc("Version of the Apple SDK."))
    apple_sdk_canonical_name: str | None = field(default=None, metadata=doc("Name of the Apple SDK."))
    apple_sdk_deployment_target: str | None = field(default=None, metadata=doc("Oldest system it runs on."))
