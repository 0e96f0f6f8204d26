"""`share/PYTHON.json`: what an installed tree without objects says of itself.

Archives of installed trees lose the ecosystem's manifest, which describes how to link anew. What remains true without
objects stays here, beside the licence texts in `share/licenses/`. Paths are relative to the folder that has `bin/`.

Invariant: nothing is said here that the full archive's manifest and record did not say, but what was left out since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.errors import Fault, InputError
from pydist.manifest.convert import Digest, decode, doc, dumps, loads
from pydist.manifest.load import Loaded, ManifestInvalid
from pydist.manifest.record import BuildRecord

__all__ = ["COMPACT", "Compact", "CompactExtension", "compact", "dump_compact", "load_compact"]

COMPACT = "share/PYTHON.json"
"""Where it stands below the folder that has `bin/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactExtension:
    """An extension module of the standard library."""

    shared_lib: str | None = field(default=None, metadata=doc("Its file; absent: it is in the interpreter."))
    licenses: tuple[str, ...] | None = field(default=None, metadata=doc("SPDX identifiers; absent: not known."))
    license_paths: tuple[str, ...] = field(default=(), metadata=doc("Paths of the licence texts that are there."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compact:
    """What an installed tree is, and what it is a part of. What older manifests do not say is absent or empty."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    manifest_sha256: Digest = field(metadata=doc("Digest of the PYTHON.json of the full archive."))
    target_triple: str = field(metadata=doc("Platform it runs on."))
    build_options: str = field(metadata=doc("Options it was built with, joined by +."))
    python_version: str = field(metadata=doc("Full version."))
    python_tag: str = field(metadata=doc("PEP 425 interpreter tag."))
    python_abi_tag: str | None = field(default=None, metadata=doc("ABI flags."))
    python_platform_tag: str = field(metadata=doc("Platform as sysconfig.get_platform() says it."))
    python_implementation_name: str = field(metadata=doc("sys.implementation.name."))
    python_implementation_cache_tag: str = field(metadata=doc("sys.implementation.cache_tag."))
    python_bytecode_magic_number: str = field(metadata=doc("importlib.util.MAGIC_NUMBER in hexadecimal."))
    python_exe: str = field(metadata=doc("Path of the interpreter."))
    python_extension_module_loading: tuple[str, ...] = field(metadata=doc("builtin, shared-library."))
    libpython_link_mode: str = field(metadata=doc("static or shared."))
    crt_features: tuple[str, ...] = field(metadata=doc("What is required of the C run time."))
    apple_sdk_deployment_target: str | None = field(default=None, metadata=doc("Oldest macOS it runs on."))
    licenses: tuple[str, ...] | None = field(default=None, metadata=doc("SPDX identifiers of CPython's licences."))
    license_path: str | None = field(default=None, metadata=doc("Path of CPython's licence text."))
    extensions: Mapping[str, CompactExtension] = field(metadata=doc("Extension modules that are there."))
    components: Mapping[str, str] = field(
        default_factory=dict,
        metadata=doc("Versions of what was built in; empty: the full archive has no record of it."),
    )
    all_licenses: tuple[str, ...] = field(
        default=(),
        metadata=doc("SPDX expressions of all that was built in; empty: the full archive has no record of it."),
    )
    left_out: tuple[str, ...] = field(default=(), metadata=doc("Categories of files that were left out."))
    stripped: bool = field(default=False, metadata=doc("Whether symbols and debugging information were taken out."))


def compact(loaded: Loaded, data: bytes, record: BuildRecord | None, place: Callable[[str], str | None]) -> Compact:
    """The compact form of a manifest that was read from `data`; `place` says where a file of the full archive is in the
    installed tree, or None when it is not there."""
    made = loaded.manifest
    extensions = {}
    for name, variants in sorted(made.build_info.extensions.items()):
        item = variants[0] if variants else None
        if item is None or (item.shared_lib is not None and place(item.shared_lib) is None):
            continue
        texts = (place(path) for path in item.license_paths or ())
        extensions[name] = CompactExtension(
            shared_lib=None if item.shared_lib is None else place(item.shared_lib),
            licenses=item.licenses,
            license_paths=tuple(path for path in texts if path is not None),
        )
    return Compact(
        manifest_sha256=hashlib.sha256(data).hexdigest(),
        target_triple=made.target_triple,
        build_options=made.build_options,
        python_version=made.python_version,
        python_tag=made.python_tag,
        python_abi_tag=made.python_abi_tag,
        python_platform_tag=made.python_platform_tag,
        python_implementation_name=made.python_implementation_name,
        python_implementation_cache_tag=made.python_implementation_cache_tag,
        python_bytecode_magic_number=made.python_bytecode_magic_number,
        python_exe=place(made.python_exe) or made.python_exe,
        python_extension_module_loading=made.python_extension_module_loading,
        libpython_link_mode=made.libpython_link_mode,
        crt_features=made.crt_features,
        apple_sdk_deployment_target=made.apple_sdk_deployment_target,
        licenses=made.licenses,
        license_path=None if made.license_path is None else place(made.license_path),
        extensions=extensions,
        components={} if record is None else {source.name: source.version for source in record.sources},
        all_licenses=() if record is None else _licenses(record),
    )


def _licenses(record: BuildRecord) -> tuple[str, ...]:
    parts = {name for source in record.sources for name in source.licenses}
    return tuple(sorted(parts | {part.license for part in record.runtime}))


def load_compact(data: bytes, where: str) -> Compact:
    """Read a compact manifest. Raises `ManifestInvalid` with every fault."""
    try:
        value = loads(data, where)
    except InputError as error:
        raise ManifestInvalid(f"{where} cannot be read", [Fault(where, error.message)]) from error
    return decode(Compact, value, where, ManifestInvalid)


def dump_compact(made: Compact) -> bytes:
    """Canonical JSON, as `pydist.manifest.dump.dump` writes it."""
    return dumps(made)
