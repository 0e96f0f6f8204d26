"""Wheels as files on this machine: downloaded and verified, or built from a source archive or a folder.

Invariant: every path returned is a wheel whose digest was checked against the lock, or that was built here from
what the lock names; downloads and built wheels are kept in the store.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydist.archive.paths import check_name
from pydist.archive.write import DEFAULT_MTIME
from pydist.errors import EnvironmentLacking, InputError
from pydist.link.choice import Choice
from pydist.link.lock import LockedFile
from pydist.link.own_code import code_digests
from pydist.link.project import copy_project, project_digest
from pydist.link.resolve import run_uv
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_file

__all__ = ["FetchedWheel", "fetch"]

_PARALLEL = 8
Origin = Literal["wheel", "built", "project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedWheel:
    """One wheel on disk. `origin` says where from: `wheel`, `built` or `project`."""

    choice: Choice
    path: Path
    sha256: str
    origin: Origin


def fetch(choices: tuple[Choice, ...], store: Store, reporter: Reporter) -> tuple[FetchedWheel, ...]:
    """Get every wheel. Raises `EnvironmentLacking` when a download fails, `InputError` when a file is not the locked
    one or a build fails."""
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
    built = [_built(choice, store, reporter) for choice in choices if choice.wheel is None]
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


def _built(choice: Choice, store: Store, reporter: Reporter) -> FetchedWheel:
    origin: Origin = "project" if choice.folder is not None else "built"
    if choice.folder is not None:
        source = choice.folder
        identity = project_digest(source)
    else:
        assert choice.sdist is not None  # noqa: S101 - a choice has one origin
        source = download(choice.sdist, store)
        identity = choice.sdist.sha256 or digest_file(source)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = Key.of("built", {
        "source": identity, "name": source.name, "environment": dict(choice.environment), "python": python,
        "uv": run_uv(["--version"], what="asking uv for its version", folder=Path(source.anchor)),
        "code": code_digests("fetch", "project"),
    })  # fmt: skip

    def make(folder: Path) -> None:
        reporter.step("build", source.name)
        _build(source, folder, dict(choice.environment))
        reporter.finish("build", source.name)

    folder = store.produce(key, f"{choice.package.name} {choice.package.version}".strip(), make)
    path = next(folder.glob("*.whl"))
    return FetchedWheel(choice=choice, path=path, sha256=digest_file(path), origin=origin)


def _build(source: Path, folder: Path, environment: dict[str, str]) -> None:
    """Build the one wheel of `source` into `folder`, where no compiler is to be found.

    An optional extension module is then left out by its own build script; one that is needed fails the build here,
    by name, and not on the user's machine.
    """
    variables = {**environment, "CC": "false", "CXX": "false", "SOURCE_DATE_EPOCH": str(DEFAULT_MTIME)}
    with tempfile.TemporaryDirectory(prefix="pydist-build-") as scratch:
        # Back-ends leave files beside the sources, and pack what an earlier build left there.
        tree = copy_project(source, Path(scratch, "source")) if source.is_dir() else source
        wheels_folder = Path(scratch, "wheels")
        run_uv(
            ["build", "--quiet", "--wheel", "--no-create-gitignore", "--python", sys.executable,
             "--out-dir", str(wheels_folder), str(tree)],
            what=f"building a wheel of {source}", folder=Path(scratch), extra=variables,
        )  # fmt: skip
        wheels = sorted(wheels_folder.glob("*.whl"))
        if len(wheels) != 1:
            raise InputError(f"{source}: expected one wheel from its build, found {len(wheels)}")
        shutil.move(wheels[0], folder / wheels[0].name)
