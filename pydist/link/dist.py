"""The distribution that an application is linked with: found in the store, or given as an archive or a folder.

Invariant: a `Distribution` has a manifest of the format we read, its folder has what linking needs, and `digest`
changes with its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.extract import extract
from pydist.archive.paths import name_fault, shown
from pydist.errors import EnvironmentLacking, FaultCollector, InputError
from pydist.link.tags import WheelTags
from pydist.manifest.load import load
from pydist.manifest.model import ExtensionInfo, Manifest
from pydist.policy import recipes
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_file, digest_tree
from pydist.target import Libc, Target

__all__ = ["Distribution", "choose_distribution"]

_REFS = "distribution"
# Best first: what was optimised more starts and runs faster.
_PREFERENCE = ("pgo+lto", "pgo", "lto", "noopt", "debug")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One distribution unpacked. `root` is its `python` folder, `origin` what it is of, for people; `digest`
    identifies its files in keys, `identity` its manifest and build record wherever it came from."""

    root: Path
    origin: str
    digest: str
    identity: str
    manifest: Manifest
    target: Target

    @property
    def version(self) -> str:
        return self.manifest.python_version

    @property
    def series(self) -> str:
        return self.manifest.python_major_minor_version

    @property
    def interpreter(self) -> Path:
        return self.root / self.manifest.python_exe

    @property
    def stdlib(self) -> Path:
        return self.root / self.manifest.python_paths["stdlib"]

    @property
    def include(self) -> Path:
        return self.root / self.manifest.python_paths["include"]

    @property
    def floor(self) -> str:
        """The oldest glibc that its files run on, or "" for another C library."""
        named = (feature.partition(":") for feature in self.manifest.crt_features)
        return next((version for name, _, version in named if name == "glibc-max-symbol-version"), "")

    @property
    def dynamic(self) -> bool:
        """Whether applications load shared objects: those for glibc do."""
        return self.target.libc is Libc.GNU

    @property
    def wheel_tags(self) -> WheelTags:
        """The wheels that fit."""
        threaded = "t" if "freethreaded" in self.manifest.build_options.split("+") else ""
        abi = f"cp{self.series.replace('.', '')}{threaded}"
        return WheelTags(series=self.series, target=self.target, abi=abi, native=self.dynamic)

    @property
    def extensions(self) -> dict[str, ExtensionInfo]:
        """The extension modules that are built in: what the core always has, and those of which there are objects,
        unless they are loaded. A manifest that was measured of an installed tree names others, too."""
        chosen = {
            name: next((variant for variant in variants if variant.variant == "default"), variants[0])
            for name, variants in self.manifest.build_info.extensions.items()
            if variants
        }
        return {
            name: variant
            for name, variant in chosen.items()
            if variant.in_core or (variant.objs and not (self.dynamic and variant.shared_lib))
        }

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What the names of extension modules that are loaded end with, best first."""
        return tuple(self.manifest.python_suffixes.get("extension", ())) if self.dynamic else ()

    @property
    def pyc_magic(self) -> int:
        """The magic number of compiled code, as the number that PyImport_GetMagicNumber returns."""
        return int.from_bytes(bytes.fromhex(self.manifest.python_bytecode_magic_number), "little")

    @property
    def virtual_stdlib(self) -> str:
        """Where the standard library stands below the virtual root of an application."""
        return f"lib/{self.stdlib.name}"  # python3.14t when it is free-threaded

    @property
    def site_packages(self) -> str:
        """Where packages and the application's modules stand below the virtual root."""
        return f"{self.virtual_stdlib}/site-packages"


def choose_distribution(
    wanted: str | None, python: str, target: Target, store: Store, reporter: Reporter
) -> Distribution:
    """The distribution `wanted` (an archive or a folder), or the best of the store for `python` and `target`.

    `python` is a series or a full version (`3.14`, `3.14.7`). Raises `EnvironmentLacking` when the store has none,
    `InputError` when what was given is not a distribution that can be linked.
    """
    if wanted is None:
        return _from_store(python, target, store)
    path = Path(wanted)
    if path.is_dir():
        here = path.resolve()  # the compiler runs elsewhere
        root = here if (here / "PYTHON.json").is_file() else here / "python"
        return _read(root, str(root), trusted=False)
    if path.is_file():
        return _unpacked(path, store, reporter)
    if re.fullmatch(r"\d+\.\d+(?:\.\d+\w*)?", wanted):
        return _from_store(wanted, target, store)
    raise InputError(f"{wanted}: no such distribution; expected an archive, a folder with PYTHON.json, or a version")


def _from_store(python: str, target: Target, store: Store) -> Distribution:
    found = []
    for name, key in store.refs(_REFS).items():
        # distribution/<python version>/<triple>/<options>
        parts = name.split("/")
        if len(parts) == 4 and parts[2] == target.triple and (parts[1] == python or parts[1].startswith(f"{python}.")):
            found.append((_version_order(parts[1]), -_rank(parts[3]), name, key))
    if not found:
        raise EnvironmentLacking(f"the store has no CPython {python} for {target}; {_way(python, target)}")
    *_, name, key = max(found)
    folder = store.find(key)
    if folder is None:
        raise EnvironmentLacking(f"{key} has just been removed from the store; link again")
    return _read(folder / "python", name, trusted=True, origin="the store")


def _way(python: str, target: Target) -> str:
    """How to come by a distribution that the store has not."""
    try:
        recipes.load("cpython").release(python)
    except InputError as error:
        return f"give an archive with --dist (pydist build has no recipe for it: {error})"
    return f"run: pydist build --python {python} --target {target}, or give an archive with --dist"


def _version_order(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version))


def _rank(options: str) -> int:
    optimised = "+".join(part for part in options.split("+") if part != "static")
    return _PREFERENCE.index(optimised) if optimised in _PREFERENCE else len(_PREFERENCE)


def _unpacked(archive: Path, store: Store, reporter: Reporter) -> Distribution:
    key = Key.of("unpacked", {"sha256": digest_file(archive)})

    def make(folder: Path) -> None:
        reporter.step("unpack", archive.name)
        extract(archive, folder)
        reporter.finish("unpack", archive.name)

    return _read(store.produce(key, archive.name, make) / "python", str(archive), trusted=True)


def _read(root: Path, where: str, *, trusted: bool, origin: str = "") -> Distribution:
    """Read what stands at `root` and is called `where`; `trusted` when nobody can have changed a file since it was
    unpacked or made."""
    file = root / "PYTHON.json"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{where} is not a distribution: {file}: {error.strerror}") from None
    manifest = load(data, f"{where}: PYTHON.json")
    _check(root, where, manifest)
    record = root / "build" / "pydist.json"
    described = [digest_file(path) for path in (file, record) if path.is_file()]
    identity = Key.of("identity", {"files": described}).digest
    # The record has the digest of every file, so it stands for a tree that nobody has changed.
    digest = identity if trusted and record.is_file() else Key.of("tree", {"tree": digest_tree(root)}).digest
    target = Target.parse(manifest.target_triple)
    return Distribution(
        root=root, origin=origin or where, digest=digest, identity=identity, manifest=manifest, target=target
    )


def _named(manifest: Manifest) -> list[str]:
    """Every path of the manifest that linking opens."""
    info = manifest.build_info
    variants = [variant for variants in info.extensions.values() for variant in variants]
    links = [*info.core.links, *(link for variant in variants for link in variant.links)]
    objects = [path for variant in variants for path in variant.objs]
    libraries = [link.path_static for link in links if link.path_static]
    own = [manifest.python_exe, *manifest.python_paths.values()]
    if info.core.objs:
        own.append(info.inittab_object)
    return [*own, *info.core.objs, *objects, *libraries]


def _check(root: Path, where: str, manifest: Manifest) -> None:
    """Raise `InputError` with everything that linking needs and the distribution has not."""
    faults = FaultCollector(where)
    info = manifest.build_info
    if info.object_file_format != "elf":
        faults.add("PYTHON.json: build_info.object_file_format", f"expected 'elf', found {info.object_file_format!r}")
    if not info.core.objs:
        faults.add(
            "PYTHON.json: build_info.core.objs",
            "empty: without objects nothing can be linked anew; installed trees, and what is adopted of them without a "
            "static libpython, have none, a full archive has",
        )
    for path in _named(manifest):
        if fault := name_fault(path):
            faults.add(f"PYTHON.json: {shown(path)}", fault)
    faults.raise_if_any("the distribution cannot be linked")
    for key in ("stdlib", "include"):
        if not (root / manifest.python_paths.get(key, "?")).is_dir():
            faults.add(f"PYTHON.json: python_paths.{key}", "no such folder")
    if not (root / manifest.python_exe).is_file():
        faults.add("PYTHON.json: python_exe", f"no such file: {manifest.python_exe}")
    faults.raise_if_any("the distribution cannot be linked")
