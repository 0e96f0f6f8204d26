"""The archives of a build: each from the first of its origins that gives the right bytes, several at a time.

Invariant: a `SourceArchive` was verified; nothing else is ever unpacked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import filelock

from pydist.errors import EnvironmentLacking, Fault
from pydist.policy.recipes import Origin, Recipe, Release
from pydist.progress import Reporter, Silent
from pydist.sources.debian import pool_urls
from pydist.sources.download import DownloadFailed, WrongBytes, download, keep
from pydist.store import Store

__all__ = ["SourceArchive", "fetch_all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceArchive:
    """A verified archive of one component. `origin` says which of its places the bytes belong to."""

    component: str
    version: str
    path: Path
    origin: Origin


def fetch_all(
    wanted: Iterable[tuple[Recipe, Release]],
    store: Store,
    *,
    folder: Path | None = None,
    reporter: Reporter | None = None,
    jobs: int = 4,
) -> dict[str, SourceArchive]:
    """The archives of all releases that have origins, by component name.

    `folder` (default: `$PYDIST_DOWNLOADS`) is looked into before any network. Raises `EnvironmentLacking` that lists
    for every component that could not be had what each of its places answered.
    """
    configured = os.environ.get("PYDIST_DOWNLOADS")
    folder = folder or (Path(configured) if configured else None)
    tasks = [
        _Fetch(recipe, release, store, folder, reporter or Silent()) for recipe, release in wanted if release.origins
    ]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            results = list(pool.map(_Fetch.run, tasks))
        except BaseException:
            for task in tasks:
                task.stopped = True
            raise
    faults = [fault for task in tasks for fault in task.faults]
    if missing := [task for task, result in zip(tasks, results, strict=True) if result is None]:
        names = ", ".join(task.recipe.name for task in missing)
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise EnvironmentLacking(
            f"no source archive could be had for: {names}\n{lines}\n"
            "  Put the files into a folder and name it in PYDIST_DOWNLOADS, or give the machine a network."
        )
    return {result.component: result for result in results if result is not None}


class _Fetch:
    """The search for one archive; `faults` is what went wrong on the way."""

    def __init__(self, recipe: Recipe, release: Release, store: Store, folder: Path | None, reporter: Reporter) -> None:
        self.recipe, self.release, self.store, self.folder, self.reporter = recipe, release, store, folder, reporter
        self.faults: list[Fault] = []
        self.stopped = False

    def run(self) -> SourceArchive | None:
        return self._in_store() or self._in_folder() or self._from_network()

    def _in_store(self) -> SourceArchive | None:
        for origin in self.release.origins:
            path = self._path(origin)
            # What is unpacked is compared once more then; here the size shows what a crash left behind.
            if path.is_file() and path.stat().st_size == origin.size:
                path.touch()
                return self._archive(origin)
        return None

    def _in_folder(self) -> SourceArchive | None:
        if self.folder is None:
            return None
        for origin in self.release.origins:
            candidate = self.folder / origin.filename
            if not candidate.is_file():
                continue
            try:
                with self._alone(origin):
                    keep(candidate, self._path(origin), sha256=origin.sha256, size=origin.size)
            except WrongBytes as error:
                self._refuse(error)
            except OSError as error:
                self.faults.append(Fault(self.recipe.name, f"{candidate}: {error.strerror}"))
            else:
                return self._archive(origin)
        return None

    def _from_network(self) -> SourceArchive | None:
        name = f"fetch {self.recipe.name} {self.release.version}"
        self.reporter.step(name)
        for origin in self.release.origins:
            urls = [origin.url] if origin.url else pool_urls(origin.pool)
            if not urls:
                self.faults.append(
                    Fault(self.recipe.name, f"{origin.pool}: no apt on this machine to name a source pool")
                )
            for url in urls:
                try:
                    with self._alone(origin):
                        if self._in_store() is None:
                            download(
                                url,
                                self._path(origin),
                                sha256=origin.sha256,
                                size=origin.size,
                                advance=partial(self._advance, name),
                            )
                except WrongBytes as error:
                    self._refuse(error)
                except DownloadFailed as error:
                    self.faults.append(Fault(self.recipe.name, str(error)))
                else:
                    self.reporter.finish(name, f"{origin.size / 1e6:.1f} MB")
                    return self._archive(origin)
        self.reporter.finish(name, "could not be had")
        return None

    def _advance(self, name: str, done: int, total: int | None) -> None:
        if self.stopped:
            raise DownloadFailed(f"{name} was interrupted")
        self.reporter.advance(name, done, total)

    def _alone(self, origin: Origin) -> filelock.FileLock:
        return self.store.lock(f"download-{origin.sha256[:16]}")

    def _refuse(self, error: WrongBytes) -> None:
        self.faults.append(Fault(self.recipe.name, f"refused: {error}"))
        self.reporter.note(f"{self.recipe.name}: refused: {error}")

    def _path(self, origin: Origin) -> Path:
        return self.store.downloads / f"{origin.sha256[:16]}-{origin.filename}"

    def _archive(self, origin: Origin) -> SourceArchive:
        return SourceArchive(
            component=self.recipe.name, version=self.release.version, path=self._path(origin), origin=origin
        )
