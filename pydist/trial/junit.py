"""The results that `python -m test --junit-xml` writes, read as what they are: a file of a program that is examined.

Invariant: whatever the bytes are, reading ends with facts or an `InputError`; no entity is expanded, and memory is
bounded by the number of tests.

What the file does not have (measured with CPython 3.13 and 3.14): tests of which a subtest failed have neither name nor
result, errors of `setUpClass` and `setUpModule` are counted and not listed, and files that crashed or ran out of time
are not in it at all. `pydist.trial.regrtest` reads those from the log.
"""

from __future__ import annotations

import xml.parsers.expat
from dataclasses import dataclass, field
from pathlib import Path

from pydist.errors import InputError

__all__ = ["JunitResults", "read_junit"]

_LARGEST = 512 << 20
_TESTS = 500_000
_TEXT = 2000  # characters kept of a message
_FAILED = {"failure", "error"}


@dataclass(slots=True)
class JunitResults:
    """Ids of tests by how they ended. `unnamed` counts tests of which something failed that the file does not name."""

    passed: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    unnamed: int = 0


def read_junit(path: Path) -> JunitResults:
    """Read the file. Raises `InputError` when it is missing, damaged, too large or no such file."""
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise InputError(f"{path.name}: {size:,} bytes; expected at most {_LARGEST:,}")
        with path.open("rb") as file:
            return _Reader(path.name).read(file.read)
    except OSError as error:
        raise InputError(f"the test-suite wrote no results: {path.name}: {error.strerror}") from error


class _Reader:
    def __init__(self, where: str) -> None:
        self._where = where
        self._results = JunitResults()
        self._depth = 0
        self._name = ""
        self._outcome = ""
        self._text: list[str] = []
        self._kept = 0
        self._inside = ""

    def read(self, more: object) -> JunitResults:
        parser = xml.parsers.expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.buffer_text = True
        try:
            while callable(more) and (block := more(1 << 20)):
                parser.Parse(block, False)
            parser.Parse(b"", True)
        except xml.parsers.expat.ExpatError as error:
            raise InputError(f"{self._where} is not well-formed: {error}") from error
        return self._results

    def _doctype(self, *_: object) -> None:
        raise InputError(f"{self._where} declares a document type; expected plain results")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "testsuites":
            raise InputError(f"{self._where}: expected testsuites, found {name[:40]!r}")
        if name == "testcase":
            self._name, self._outcome = attributes.get("name", "")[:500], "" if attributes.get("result") else "unnamed"
            self._text, self._kept = [], 0
            if attributes.get("outcome") == "UNEXPECTED_SUCCESS":
                self._outcome, self._text = "failure", ["passed, and is marked as failing"]
        elif name in _FAILED or name == "skipped":
            self._outcome = name
        self._inside = name

    def _data(self, text: str) -> None:
        if self._inside in _FAILED or self._inside == "skipped":
            # The end of a traceback says more than its beginning.
            self._text.append(text)
            self._kept += len(text)
            while self._kept > 2 * _TEXT and len(self._text) > 1:
                self._kept -= len(self._text.pop(0))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._inside = ""
        if name != "testcase":
            return
        results, message = self._results, "".join(self._text)[-_TEXT:]
        if len(results.passed) + len(results.failed) + len(results.skipped) > _TESTS:
            raise InputError(f"{self._where} has more than {_TESTS:,} tests")
        if self._outcome == "unnamed" or not self._name:
            results.unnamed += 1
        elif self._outcome in _FAILED:
            results.failed[self._name] = message
        elif self._outcome == "skipped":
            results.skipped[self._name] = message
        else:
            results.passed.add(self._name)
