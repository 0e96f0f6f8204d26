"""Where an index is, and its bytes: a file, a folder with SHA256SUMS, or the address of either.

Invariant: at most `_LIMIT` bytes are ever read of one.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydist.errors import EnvironmentLacking, InputError
from pydist.fetch.entry import Listing
from pydist.fetch.formats import parse
from pydist.progress import Reporter
from pydist.sources.download import DownloadFailed, Patience, download
from pydist.sources.http import shown
from pydist.store import Key, Store

__all__ = ["SUMS", "place", "read_index"]

SUMS = "SHA256SUMS"
_LIMIT = 16 << 20  # bytes; uv's has three million
_FILES = (".json", ".txt", SUMS)


def read_index(location: str, store: Store, reporter: Reporter, patience: Patience) -> Listing:
    """All archives that the index at `location` names. A folder stands for the SHA256SUMS file in it; of addresses
    those are files that end with `.json`, `.txt` or `SHA256SUMS`.

    Raises `InputError` when it is no index, `EnvironmentLacking` when it cannot be had.
    """
    if "://" not in location:
        return _local(Path(location))
    try:
        scheme = urlsplit(location).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https") or not location.isprintable():
        raise InputError(f"index {shown(location)}: expected a file, a folder, or an address of https")
    url = location if location.endswith(_FILES) else f"{location.rstrip('/')}/{SUMS}"
    return parse(_remote(url, store, reporter, patience), url, shown(url))


def place(store: Store, digest: str, name: str) -> Path:
    """Where the store keeps the file `name` that `digest` stands for; whoever writes there holds the lock `download-`
    with the sixteen digits. Raises `EnvironmentLacking` where nothing can be written."""
    path = store.downloads / digest[:16] / name
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise EnvironmentLacking(f"the store cannot be written: {path.parent}: {error.strerror}") from None
    return path


def _local(path: Path) -> Listing:
    path = path / SUMS if path.is_dir() else path
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError as error:
        raise InputError(f"index {path}: cannot be read: {error.strerror}") from None
    if len(data) > _LIMIT:
        raise InputError(f"index {path}: expected at most {_LIMIT:,} bytes, found more")
    return parse(data, path.absolute().as_uri(), str(path))


def _remote(url: str, store: Store, reporter: Reporter, patience: Patience) -> bytes:
    digest = Key.of("index", {"url": url}).digest
    name = f"index {shown(url)}"
    reporter.step(name)
    with store.lock(f"download-{digest[:16]}"):
        path = place(store, digest, "index")
        try:
            download(url, path, sha256=None, size=None, limit=_LIMIT, patience=patience,
                     advance=lambda done, total: reporter.advance(name, done, total))  # fmt: skip
        except DownloadFailed as error:
            reporter.finish(name, "could not be had")
            # What it names is verified by digests all the same; only what is new is not in it.
            if error.status is not None or not path.is_file():
                raise EnvironmentLacking(f"the index cannot be had: {error}") from None
            day = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
            reporter.note(f"{error}; the copy of {day:%Y-%m-%d} is used")
        else:
            reporter.finish(name)
        return path.read_bytes()
