"""The distribution that an application is linked with: found in the store, or given as an archive or a folder.

Invariant: a `Distribution` has a manifest of the format we read, its folder has what linking needs, and `digest`
changes with its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pydist import __version__
from pydist.archive.extract import extract
from pydist.errors import EnvironmentLacking, Fault, InputError
from pydist.link.compilers import compiler_of
from pydist.link.dist_check import check_files, check_names
from pydist.link.forms import FORMS, Form, choose_form
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
    identifies its files in keys, `identity` its manifest and build record wherever it came from. `form` is how its
    interpreter comes into an application, and `passed_over` says why not in a better way.
    `compiler` stands in for an interpreter that does not run on this machine."""

    root: Path
    origin: str
    digest: str
    identity: str
    manifest: Manifest
    target: Target
    form: Form = FORMS[0]
    passed_over: tuple[Fault, ...] = ()
    compiler: Path | None = None

    @property
    def version(self) -> str:
        return self.manifest.python_version

    @property
    def series(self) -> str:
        return self.manifest.python_major_minor_version

    @property
    def interpreter(self) -> Path:
        """What compiles modules."""
        return self.compiler or self.root / self.manifest.python_exe

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
    def prefix(self) -> Path:
        """The folder that the virtual root stands for."""
        return self.stdlib.parent.parent

    @property
    def wheel_tags(self) -> WheelTags:
        """The wheels that fit."""
        flags = self.manifest.python_abi_tag or ""
        release = f"cp{self.series.replace('.', '')}{'t' if self.threaded else ''}"
        # Debugging does not change the ABI since 3.8: such a build loads modules that were made for others.
        abis = (f"{release}d", release) if "d" in flags else (release,)
        return WheelTags(series=self.series, target=self.target, abis=abis, native=self.dynamic)

    @property
    def threaded(self) -> bool:
        """Whether threads run without the interpreter's lock."""
        return "freethreaded" in self.manifest.build_options.split("+")

    @property
    def extensions(self) -> dict[str, ExtensionInfo]:
        """The extension modules that are built in."""
        return self.form.extensions(self.manifest, dynamic=self.dynamic)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What the names of extension modules end with, best first. Those that are linked in and not loaded have in
        wheels the names that they would have otherwise."""
        if self.dynamic:
            return tuple(self.manifest.python_suffixes.get("extension", ()))
        own = self.manifest.python_config_vars.get("EXT_SUFFIX", "")
        return tuple(dict.fromkeys(suffix for suffix in (own, ".abi3.so", ".so") if suffix.endswith(".so")))

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
    found = _found(wanted, python, target, store, reporter)
    other = compiler_of(found.manifest, found.target, found.floor, store)
    if other is None:
        return found
    name, compiler = other
    reporter.note(f"its interpreter does not run on this machine: modules are compiled by {name} of the store")
    return replace(found, compiler=compiler, digest=Key.of("compiled", {"of": found.digest, "by": name}).digest)


def _found(wanted: str | None, python: str, target: Target, store: Store, reporter: Reporter) -> Distribution:
    if wanted is None:
        return _from_store(python, target, store)
    path = Path(wanted)
    if path.is_dir():
        here = path.resolve()  # the compiler runs elsewhere
        root = here if (here / "PYTHON.json").is_file() else here / "python"
        return _read(root, str(root))
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
    return _read(folder / "python", name, content=key.digest, origin="the store")


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

    folder = store.produce(key, archive.name, make)
    if not (folder / "python" / "PYTHON.json").is_file():
        key, folder = _adopted(archive, key, store, reporter)
    return _read(folder / "python", str(archive), content=key.digest)


def _adopted(archive: Path, unpacked: Key, store: Store, reporter: Reporter) -> tuple[Key, Path]:
    """An archive of an installed tree has no manifest: it is made, of what the interpreter in it says."""
    from pydist import adopt  # most links never need it

    key = Key.of("adopted", {
        "archive": unpacked.digest, "pydist": __version__, "code": digest_tree(Path(adopt.__file__).parent),
    })  # fmt: skip

    def make(folder: Path) -> None:
        reporter.step("adopt", f"{archive.name}, which has no PYTHON.json")
        adopt.adopt(adopt.Request(source=archive, folder=folder / "made"))
        (folder / "made" / "python").rename(folder / "python")
        reporter.finish("adopt", archive.name)

    return key, store.produce(key, archive.name, make)


def _read(root: Path, where: str, *, content: str = "", origin: str = "") -> Distribution:
    """Read what stands at `root` and is called `where`; `content` identifies the files, when nobody can have changed
    one since they were unpacked or made."""
    file = root / "PYTHON.json"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{where} is not a distribution: {file}: {error.strerror}; of an installed Python, make one with "
            "`pydist adopt`"
        ) from None
    manifest = load(data, f"{where}: PYTHON.json")
    target = Target.parse(manifest.target_triple)
    check_names(where, manifest)
    chosen = choose_form(manifest, target, where)
    check_files(root, where, manifest, chosen.form)
    record = root / "build" / "pydist.json"
    described = [digest_file(path) for path in (file, record) if path.is_file()]
    identity = Key.of("identity", {"files": described}).digest
    # The record has the digest of every file, so it stands for a tree that nobody has changed.
    known = identity if record.is_file() else content
    digest = known if content else Key.of("tree", {"tree": digest_tree(root)}).digest
    return Distribution(
        root=root, origin=origin or where, digest=digest, identity=identity, manifest=manifest, target=target,
        form=chosen.form, passed_over=chosen.passed_over,
    )  # fmt: skip
