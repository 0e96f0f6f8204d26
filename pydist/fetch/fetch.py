"""From a version and an index to a verified archive on the disk.

Invariant: a path that is returned has the digest that is returned with it, and that is the index's own unless the
caller allowed an archive without one; a file of the store or of the output folder is complete under its name.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydist.errors import EnvironmentLacking, InputError
from pydist.fetch.entry import Entry, Listing
from pydist.fetch.index import place, read_index
from pydist.fetch.machine import Machine
from pydist.fetch.select import Wanted, choose
from pydist.progress import Reporter, Silent
from pydist.sources.download import DownloadFailed, Patience, WrongBytes, download, keep, verify
from pydist.sources.http import shown
from pydist.store import Key, Store

__all__ = ["Fetched", "fetch", "listing"]

_PATIENCE = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An archive that was had. `path` is in the store or in the folder asked for; `verified` says that the index knew
    its digest, `cached` that it was there already."""

    entry: Entry
    path: Path
    sha256: str
    verified: bool
    cached: bool


def fetch(
    wanted: Wanted,
    index: str,
    *,
    output: Path | None = None,
    allow_unverified: bool = False,
    store: Store | None = None,
    reporter: Reporter | None = None,
    patience: Patience = _PATIENCE,
) -> Fetched:
    """Get the archive that `wanted` means (docs/how-to/fetch.md has the rules) from those that `index` names.

    `index` is uv's download metadata or a SHA256SUMS file, the folder of the latter, or the address of one of these.
    With `output` the archive is put into that folder. Raises `InputError` where there is no such archive, where it has
    other bytes than the index says, or where the index has no digest of it and `allow_unverified` is not set;
    `EnvironmentLacking` where the network does not give it.
    """
    store, reporter = store or Store.default(), reporter or Silent()
    found = read_index(index, store, reporter, patience)
    entry = choose(found, wanted, Machine.here())
    if entry.sha256 is None and not allow_unverified:
        raise InputError(f"{found.where}: has no digest of {entry.name}, so that nobody could tell what would arrive; "
                         "--allow-unverified takes it all the same")  # fmt: skip
    # Whom nobody vouches for gets a place of its own, and never counts as there.
    digest = entry.sha256 or Key.of("unverified", {"url": entry.url}).digest
    if output is not None:
        _check_output(output)
    with store.lock(f"download-{digest[:16]}"):
        path = place(store, digest, str(entry.name))
        cached = _is_there(entry, path, reporter)
        sha256 = entry.sha256 if cached and entry.sha256 else _get(entry, path, reporter, patience)
        if output is not None:
            path = _placed(path, output / path.name, sha256)
    return Fetched(entry=entry, path=path, sha256=sha256, verified=entry.sha256 is not None, cached=cached)


def listing(
    index: str, *, store: Store | None = None, reporter: Reporter | None = None, patience: Patience = _PATIENCE
) -> Listing:
    """All that `index` names (`pydist.fetch.select.matching` filters and sorts it). Raises as `fetch` does."""
    return read_index(index, store or Store.default(), reporter or Silent(), patience)


def _is_there(entry: Entry, path: Path, reporter: Reporter) -> bool:
    if entry.sha256 is None or not path.is_file():
        return False
    try:
        verify(path, sha256=entry.sha256, size=None, where=str(path))
    except WrongBytes as error:
        reporter.note(f"{error}; it is fetched again")
        return False
    path.touch()  # used: not for `pydist cache collect`
    reporter.finish(f"fetch {entry.name}", cached=True)
    return True


def _get(entry: Entry, path: Path, reporter: Reporter, patience: Patience) -> str:
    name = f"fetch {entry.name}"
    reporter.step(name)
    try:
        address = urlsplit(entry.url)
        if address.scheme == "file":
            sha256 = keep(Path(url2pathname(address.path)), path, sha256=entry.sha256, size=None)
        else:
            sha256 = download(entry.url, path, sha256=entry.sha256, size=None, patience=patience,
                              advance=partial(reporter.advance, name))  # fmt: skip
    except DownloadFailed as error:
        reporter.finish(name, "could not be had")
        raise EnvironmentLacking(f"{entry.name} cannot be downloaded: {error}") from None
    except WrongBytes as error:
        reporter.finish(name, "refused")
        raise InputError(f"{entry.name} is not what the index says: {error.message}; it was refused") from None
    except OSError as error:
        reporter.finish(name, "could not be had")
        raise InputError(f"{entry.name}: {shown(entry.url)}: {error.strerror}") from None
    reporter.finish(name, f"{path.stat().st_size / 1e6:.1f} MB")
    return sha256


def _check_output(output: Path) -> None:
    """Find out before the download that there is a folder for it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{output}: is no folder and cannot be made one: {error.strerror}") from None


def _placed(source: Path, path: Path, sha256: str) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, fresh)
        # The copy is what somebody will use.
        verify(fresh, sha256=sha256, size=None, where=str(fresh))
        fresh.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; name another folder with --output") from None
    finally:
        fresh.unlink(missing_ok=True)
    return path
