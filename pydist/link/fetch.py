"""Wheels as files on this machine: downloaded and verified, or built from a source archive or a folder.

Invariant: every path returned is a wheel whose digest was checked against the lock, or that was built here from
what the lock names; downloads and built wheels are kept in the store.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydist.archive.paths import check_name
from pydist.archive.write import DEFAULT_MTIME
from pydist.errors import EnvironmentLacking, Fault, InputError
from pydist.link import rewheel
from pydist.link.choice import Choice, CompilerLacking, NativeBuildFailed
from pydist.link.dist import Distribution
from pydist.link.lock import LockedFile
from pydist.link.native_build import NATIVE_CODE, NativeBuild
from pydist.link.own_code import code_digests
from pydist.link.project import copy_project, project_digest
from pydist.link.resolve import run_uv
from pydist.policy.toolchain import Toolchain, locate
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_file

__all__ = ["FetchedWheel", "fetch"]

_PARALLEL = 8
_WANTED = "compiler-wanted"
Origin = Literal["wheel", "built", "project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedWheel:
    """One wheel on disk. `origin` says where from: `wheel`, `built` or `project`."""

    choice: Choice
    path: Path
    sha256: str
    origin: Origin


def fetch(
    choices: tuple[Choice, ...], distribution: Distribution, store: Store, reporter: Reporter
) -> tuple[FetchedWheel, ...]:
    """Get every wheel. Raises `EnvironmentLacking` when a download fails or there is no compiler for native code,
    `InputError` when a file is not the locked one or a build fails, `NativeBuildFailed` when native code cannot be
    built."""
    if not choices:
        return ()
    wanted = [(choice, choice.wheel) for choice in choices if choice.wheel is not None]
    missing = sum(1 for _, wheel in wanted if not _present(wheel, store))
    if missing:
        reporter.step("download", f"{missing} wheel{'s' if missing > 1 else ''}")
    with ThreadPoolExecutor(_PARALLEL) as pool:
        wheels = list(pool.map(lambda pair: _wheel(pair[0], pair[1], store), wanted))
    if missing:
        reporter.finish("download", f"{missing} wheel{'s' if missing > 1 else ''}")
    # One after the other: a build uses the whole machine, and its output should be readable.
    building = _Building(distribution=distribution, store=store, reporter=reporter)
    built = [building.built(choice) for choice in choices if choice.wheel is None]
    return tuple(sorted((*wheels, *built), key=lambda wheel: wheel.choice.package.name))


def _wheel(choice: Choice, wheel: LockedFile, store: Store) -> FetchedWheel:
    path = download(wheel, store)
    return FetchedWheel(choice=choice, path=path, sha256=wheel.sha256 or digest_file(path), origin="wheel")


def _present(file: LockedFile, store: Store) -> bool:
    return file.url.startswith("file:") or _place(file, store).is_file()


def _place(file: LockedFile, store: Store) -> Path:
    """Where `file` is kept: below its digest, so that two files of one name do not meet."""
    return store.downloads / file.sha256[:16] / check_name(unquote(file.name)).replace("/", "_")


def download(file: LockedFile, store: Store) -> Path:
    """`file` in the store's downloads, or where it stands when it is local; size and SHA-256 are the locked ones."""
    parts = urlsplit(file.url)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        _check(path, file)
        return path
    if parts.scheme not in ("https", "http"):
        raise InputError(f"{file.name}: expected an https address, found {file.url}")
    final = _place(file, store)
    if final.is_file():
        final.touch()  # used: not for `pydist cache collect`
        return final
    with store.lock(f"download-{file.sha256[:40]}"):
        if final.is_file():
            return final
        final.parent.mkdir(exist_ok=True)
        _get(file, final)
    return final


def _get(file: LockedFile, destination: Path) -> None:
    # A link whose wheels are all there does without the network, and without loading its library.
    from pydist.sources.download import DownloadFailed
    from pydist.sources.download import download as get

    try:
        get(file.url, destination, sha256=file.sha256, size=file.size)
    except DownloadFailed as error:
        raise EnvironmentLacking(f"{file.name} cannot be downloaded: {error}") from None


def _check(path: Path, file: LockedFile) -> None:
    try:
        size = path.stat().st_size
        sha256 = digest_file(path) if file.sha256 else ""
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if (file.size is not None and size != file.size) or sha256 != file.sha256:
        raise InputError(
            f"{file.name} is not the locked file: expected {file.size or '?'} bytes with SHA-256 {file.sha256}, "
            f"found {size} bytes with {sha256}; it was refused"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Building:
    """Building wheels for `distribution`."""

    distribution: Distribution
    store: Store
    reporter: Reporter

    def built(self, choice: Choice) -> FetchedWheel:
        """The wheel of a source archive or a folder. Native code is built when it has some: what is known to have it at
        once, the others when their build asks for a compiler where there is none."""
        source, identity = self._source(choice)
        if choice.native:
            try:
                return self._native(choice, source, identity)
            except (NativeBuildFailed, EnvironmentLacking) as error:
                if choice.instead is None:
                    raise
                self._note(choice, error)
                choice = replace(
                    choice, native=False, environment=choice.instead.environment, without_native=choice.instead.reason
                )
        elif choice.without_native == "" and (known := self._known_native(choice, identity)):
            return known
        try:
            folder = self._pure(choice, source, identity)
        except _CompilerWanted:
            return self._native(choice, source, identity)
        except InputError as error:
            if choice.sdist is None:
                raise
            # Another target may have a wheel.
            package = choice.package
            raise NativeBuildFailed([Fault(f"{package.name} {package.version}", error.message)]) from None
        if (folder / _WANTED).exists() and choice.without_native == "":
            try:
                return self._native(choice, source, identity)
            except (NativeBuildFailed, EnvironmentLacking) as error:
                self._note(choice, error)
                choice = replace(choice, without_native="its build goes on without a compiler")
        return self._fetched(choice, folder)

    def _note(self, choice: Choice, error: Exception) -> None:
        last = str(error).strip().splitlines()[-1].strip()
        self.reporter.note(f"{choice.package.name} is built without its native code: {last}")

    def _source(self, choice: Choice) -> tuple[Path, str]:
        if choice.folder is not None:
            return choice.folder, project_digest(choice.folder)
        assert choice.sdist is not None  # noqa: S101 - a choice has one origin
        source = download(choice.sdist, self.store)
        return source, choice.sdist.sha256 or digest_file(source)

    def _native_key(self, choice: Choice, identity: str, compiler: Toolchain) -> Key:
        return Key.of("native", {
            "source": identity, "environment": dict(choice.environment), "distribution": self.distribution.digest,
            "toolchain": compiler.digest, "code": code_digests("fetch", "project", *NATIVE_CODE),
        })  # fmt: skip

    def _known_native(self, choice: Choice, identity: str) -> FetchedWheel | None:
        """What an earlier link found to have native code, and built."""
        try:
            folder = self.store.find(self._native_key(choice, identity, locate()))
        except EnvironmentLacking:
            return None
        return None if folder is None else self._fetched(replace(choice, native=True), folder)

    def _native(self, choice: Choice, source: Path, identity: str) -> FetchedWheel:
        label = f"{choice.package.name} {choice.package.version}".strip()
        try:
            compiler = locate()
        except EnvironmentLacking as error:
            raise CompilerLacking(label, error) from None
        build = NativeBuild(
            distribution=self.distribution, compiler=compiler, store=self.store, fetch=self._requirements
        )

        def make(folder: Path) -> None:
            self.reporter.step("build", f"{source.name} with its native code")
            build.wheel(choice, source, folder)
            self.reporter.finish("build", f"{source.name} with its native code")

        folder = self.store.produce(self._native_key(choice, identity, compiler), label, make)
        if next(folder.glob("*.whl")).name.endswith("-none-any.whl"):
            choice = replace(choice, without_native=choice.instead.reason if choice.instead else "")
        else:
            choice = replace(choice, native=True)
        return self._fetched(choice, folder)

    def _requirements(self, choices: tuple[Choice, ...]) -> list[Path]:
        return [wheel.path for wheel in fetch(choices, self.distribution, self.store, self.reporter)]

    def _fetched(self, choice: Choice, folder: Path) -> FetchedWheel:
        path = next(folder.glob("*.whl"))
        origin: Origin = "project" if choice.folder is not None else "built"
        return FetchedWheel(choice=choice, path=path, sha256=digest_file(path), origin=origin)

    def _pure(self, choice: Choice, source: Path, identity: str) -> Path:
        label = f"{choice.package.name} {choice.package.version}".strip()
        how: dict[str, object] = {
            "name": source.name, "environment": dict(choice.environment),
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "uv": run_uv(["--version"], what="asking uv for its version", folder=Path(source.anchor)),
            "code": code_digests("fetch", "project", "rewheel"),
        }  # fmt: skip

        def make(folder: Path) -> None:
            frame = None if choice.folder is None else rewheel.frame_key(source, how)
            known = None if frame is None else self.store.find(frame)
            if known is not None and rewheel.edited(known, source, folder):
                return
            self.reporter.step("build", source.name)
            _build(source, folder, dict(choice.environment))
            self.reporter.finish("build", source.name)
            if frame is not None and known is None and (wheel := _copied(folder)):
                self.store.produce(frame, label, lambda place: rewheel.keep(wheel, source, place))

        return self.store.produce(Key.of("built", {**how, "source": identity}), label, make)


def _copied(folder: Path) -> Path | None:
    """The wheel that was just built in `folder`, unless its build asked for a compiler."""
    wheel = next(folder.glob("*-none-any.whl"), None)
    return None if (folder / _WANTED).exists() else wheel


class _CompilerWanted(InputError):
    """A build failed that had asked for a compiler."""


def _build(source: Path, folder: Path, environment: dict[str, str]) -> None:
    """Build the one wheel of `source` into `folder`, where no compiler is to be found; a file `_WANTED` beside it says
    that one was asked for. An optional extension module is then left out by its own build script.

    Raises `_CompilerWanted` when the build fails for want of a compiler, else `InputError`.
    """
    with tempfile.TemporaryDirectory(prefix="pydist-build-") as scratch:
        compiler, mark = Path(scratch, "cc"), Path(scratch, _WANTED)
        compiler.write_text(f"#!/bin/sh\n: > {shlex.quote(str(mark))}\nexit 1\n", encoding="utf-8")
        compiler.chmod(0o755)
        variables = {**environment, "CC": str(compiler), "CXX": str(compiler), "SOURCE_DATE_EPOCH": str(DEFAULT_MTIME)}
        # Back-ends leave files beside the sources, and pack what an earlier build left there.
        tree = copy_project(source, Path(scratch, "source")) if source.is_dir() else source
        wheels_folder = Path(scratch, "wheels")
        try:
            run_uv(
                ["build", "--quiet", "--wheel", "--no-create-gitignore", "--python", sys.executable,
                 "--out-dir", str(wheels_folder), str(tree)],
                what=f"building a wheel of {source}", folder=Path(scratch), extra=variables,
            )  # fmt: skip
        except InputError as error:
            raise (_CompilerWanted(error.message, error.faults) if mark.exists() else error) from None
        wheels = sorted(wheels_folder.glob("*.whl"))
        if len(wheels) != 1:
            raise InputError(f"{source}: expected one wheel from its build, found {len(wheels)}")
        if source.is_dir():
            rewheel.settled(wheels[0], folder / wheels[0].name)
        else:
            shutil.move(wheels[0], folder / wheels[0].name)
        if mark.exists():
            (folder / _WANTED).touch()
