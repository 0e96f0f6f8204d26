"""The transfer of one file over HTTP: goes on where it broke off, tries again, knows when that cannot help.

Proxies, certificates and credentials are those of the machine, as `requests` takes them from the environment.

Invariant: bytes of two answers stand in one file only where the server said that they are of the same file (a strong
ETag, RFC 9110 section 13.1.5), or where the caller compares the whole with a digest.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from pydist.errors import EnvironmentLacking, InputError

__all__ = ["Advance", "DownloadFailed", "Patience", "WrongBytes", "forget", "receive", "shown"]

Advance = Callable[[int, int | None], None]
"""Hears how many bytes are there, and of how many, where that is known."""

_CHUNK = 1 << 16  # bytes; of a chunk that breaks off nothing is kept
_PROGRESS = 1 << 18  # bytes that make a try one that got on
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0  # seconds
_PASSWORD = re.compile(r"//[^\s/?#]*@")
_RANGE = re.compile(r"bytes (\d{1,19})-\d{1,19}/(\d{1,19}|\*)")


class DownloadFailed(InputError):
    """A place did not give the file; another one may. `status` is what the server answered, if it did."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class WrongBytes(InputError):
    """A place gave a file that is not the expected one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often to try while nothing arrives, and seconds: before the second try (doubled each time), to connect,
    and between bytes."""

    tries: int = 4
    wait: float = 0.5
    connect: float = 10
    read: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transfer:
    """What is asked for. `limit` is the most bytes that may come."""

    url: str
    part: Path
    limit: int
    exact: bool
    verified: bool
    advance: Advance
    patience: Patience


def receive(url: str, part: Path, *, size: int | None, limit: int, verified: bool, advance: Advance,
            patience: Patience) -> bool:  # fmt: skip
    """Bring the file at `url` to `part`, and say whether some of it had been there before, of whichever file.

    `size` is its size in bytes if that is known, `limit` the most that is taken otherwise; `verified` says that the
    caller will compare a digest. Raises `DownloadFailed`, `WrongBytes` for more than `limit` bytes, and
    `EnvironmentLacking` where they cannot be written.
    """
    transfer = _Transfer(url=url, part=part, limit=limit if size is None else size, exact=size is not None,
                         verified=verified, advance=advance, patience=patience)  # fmt: skip
    resumed, furthest, tries, wait = False, 0, 0, patience.wait
    while True:
        try:
            return _once(transfer) or resumed
        except requests.RequestException as error:
            here = _size(part)
            # Who gets on a bit each time arrives too.
            tries = 1 if here >= furthest + _PROGRESS else tries + 1
            furthest, resumed = max(here, furthest), resumed or here > 0
            if tries >= patience.tries or not _may_pass(error):
                status = None if error.response is None else error.response.status_code
                raise DownloadFailed(f"{shown(url)}: {_reason(error)}", status) from error
            time.sleep(min(_LONGEST_WAIT, max(wait, _asked_to_wait(error))))
            wait *= 2
        except OSError as error:
            # On a full disk, what has arrived is in the way of everything else.
            with contextlib.suppress(OSError):
                forget(part)
            raise EnvironmentLacking(f"{part}: cannot be written: {error.strerror}") from error


def forget(part: Path) -> None:
    """Delete what has arrived, and what is known of it."""
    part.unlink(missing_ok=True)
    _tag_of(part).unlink(missing_ok=True)


def shown(url: str) -> str:
    """`url` as it may be written into messages and reports: without a password."""
    try:
        place = urlsplit(url)
    except ValueError:
        return repr(url.rpartition("@")[2])
    return place._replace(netloc=place.netloc.rpartition("@")[2]).geturl()


class _Session(requests.Session):
    """Follows redirects, but not from https to http, and reads nothing of what else such an answer says."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        # Else all of it is read, and unpacked, into memory before anybody looks at its size.
        resp.close()
        try:
            scheme = urlsplit(urljoin(resp.url, target)).scheme
        except ValueError as error:
            raise requests.exceptions.InvalidURL(f"leads to {target[:200]!a}: {error}") from None
        # Each step counts: who changes one answer on the way could lead back to another place of https.
        if urlsplit(resp.url).scheme == "https" and scheme != "https":
            raise requests.exceptions.InvalidURL(f"leads from https to {shown(target)}")
        return target


def _once(transfer: _Transfer) -> bool:
    part = transfer.part
    start, tag = _size(part), _read_tag(part)
    if start > transfer.limit or not (transfer.verified or tag):
        forget(part)
        start = 0
    if transfer.exact and start == transfer.limit:
        return True
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if tag:
            headers["If-Range"] = tag
    timeout = (transfer.patience.connect, transfer.patience.read)
    with _Session() as session, session.get(transfer.url, headers=headers, stream=True, timeout=timeout) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable and start:
            forget(part)
            raise requests.ConnectionError("the server's file is shorter than what had arrived")
        answer.raise_for_status()
        resumed = bool(answer.status_code == requests.codes.partial_content)
        if resumed and not _goes_on(answer, start, tag):
            forget(part)
            raise requests.ConnectionError(f"expected bytes from {start} of the same file, found others")
        _write(transfer, answer, start if resumed else 0)
    return resumed


def _goes_on(answer: requests.Response, start: int, tag: str) -> bool:
    """Whether a part of a file is the one from `start` on, of the file that `tag` stands for.

    An answer of several parts has no Content-Range of its own; a server that knows no If-Range tells by its ETag that
    the file is another one now (RFC 9110, sections 15.3.7 and 13.1.5).
    """
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    same: bool = not tag or answer.headers.get("ETag", tag) == tag
    return same and start > 0 and found is not None and int(found[1]) == start


def _write(transfer: _Transfer, answer: requests.Response, done: int) -> None:
    total = transfer.limit if transfer.exact else _total(answer, done)
    if total is not None and total > transfer.limit:
        raise WrongBytes(f"{shown(transfer.url)}: expected at most {transfer.limit} bytes, found {total}")
    # Some servers say of a `.tar.gz` that its content is encoded; what counts are the bytes as they are stored.
    answer.raw.headers.pop("Content-Encoding", None)
    with transfer.part.open("ab" if done else "wb") as file:
        if not done:
            _write_tag(transfer.part, answer.headers.get("ETag", ""))
        for chunk in answer.iter_content(_CHUNK):
            done += len(chunk)
            file.write(chunk)
            if done > transfer.limit:
                break  # a flood ends here; the caller compares the size
            transfer.advance(done, total)
    if total is not None and done < total:
        raise requests.ConnectionError(f"ended after {done} of {total} bytes")
    if not transfer.exact and done > transfer.limit:
        forget(transfer.part)
        raise WrongBytes(f"{shown(transfer.url)}: expected at most {transfer.limit} bytes, found more")


def _total(answer: requests.Response, start: int) -> int | None:
    """The bytes of the whole file, as the answer has them. What was asked for to the end may come in pieces."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", "")) if start else None
    if found is not None and found[2] != "*":
        return int(found[2])
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdecimal() and len(length) < 20 else None


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _tag_of(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _read_tag(part: Path) -> str:
    try:
        return _tag_of(part).read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _write_tag(part: Path, tag: str) -> None:
    # Weak ones say that two files mean the same, not that their bytes are.
    if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', tag):
        _tag_of(part).write_text(tag, encoding="ascii")
    else:
        _tag_of(part).unlink(missing_ok=True)


def _may_pass(error: requests.RequestException) -> bool:
    if error.response is not None:
        return error.response.status_code in _TRANSIENT
    if isinstance(error, (ValueError, requests.TooManyRedirects, requests.exceptions.SSLError)):
        return False
    # A name that does not resolve or a refused connection answers the same a second later.
    text = str(error)
    return not ("NameResolutionError" in text or "Connection refused" in text)


def _asked_to_wait(error: requests.RequestException) -> float:
    text = "" if error.response is None else error.response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 4 else 0.0


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.TooManyRedirects):
        return "too many redirects"
    if error.response is not None:
        return f"the server answered {error.response.status_code}"
    if "NameResolutionError" in str(error):
        return "the host name does not resolve"
    if "Connection refused" in str(error):
        return "the connection was refused"
    if isinstance(error, requests.Timeout) or "Read timed out" in str(error):
        return "no answer in time"
    return _PASSWORD.sub("//", str(error))
