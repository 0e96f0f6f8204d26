"""The table of known failures of CPython's test-suite: `builders/cpython/failures.toml`.

Invariant: every row has a reason, and says for which distributions it holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydist.errors import FaultCollector
from pydist.policy import resources
from pydist.policy.table import Row, read_toml

__all__ = ["FailureTable", "KnownRow", "failure_rows", "load_failures", "read_failures"]

_TEST = re.compile(r"[A-Za-z_][\w.*?]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    """Tests that fail, and why. `test` is a pattern of ids (`test.test_os.*.test_x`) or a file (`test_os`).

    `sometimes` says what of the machine decides: then a pass is no news. Empty: it fails on every machine.
    """

    test: str
    reason: str
    targets: tuple[str, ...]
    options: tuple[str, ...]
    series: tuple[str, ...]
    sometimes: str

    def holds_for(self, triple: str, options: Sequence[str], series: str) -> bool:
        return (
            any(fnmatchcase(triple, pattern) for pattern in self.targets)
            and set(self.options) <= set(options)
            and (not self.series or series in self.series)
        )

    def names(self, test: str) -> bool:
        return fnmatchcase(test, self.test)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureTable:
    """`resources` are what tests may use (`-u` of `python -m test`), `seconds` the deadline of one test file.

    `quick` are the files that `pydist validate` runs.
    """

    resources: tuple[str, ...]
    quick: tuple[str, ...]
    seconds: int
    rows: tuple[KnownRow, ...]

    def of(self, triple: str, options: Sequence[str], series: str) -> tuple[KnownRow, ...]:
        """The rows that hold for one kind of distribution."""
        return tuple(row for row in self.rows if row.holds_for(triple, options, series))


@cache
def load_failures() -> FailureTable:
    """The table. Raises `InputError` with every fault of it."""
    return read_failures(resources.builders() / "cpython" / "failures.toml")


def read_failures(path: Path) -> FailureTable:
    """The table in `path`. Raises `InputError` with every fault of it."""
    faults = FaultCollector(str(path))
    top = Row(read_toml(path), faults)
    table = FailureTable(
        resources=top.texts("resources"),
        quick=top.texts("quick", []),
        seconds=top.number("seconds"),
        rows=failure_rows(top, faults),
    )
    top.done()
    faults.raise_if_any("the table of known failures is not right")
    return table


def failure_rows(top: Row, faults: FaultCollector) -> tuple[KnownRow, ...]:
    """The rows `failure` of a table. What is wrong with them goes into `faults`."""
    rows = []
    for number, values in enumerate(top.tables("failure")):
        with faults.at(f"failure[{number}]"):
            row = Row(values, faults)
            test, reason = row.text("test"), row.text("reason")
            if not _TEST.fullmatch(test):
                faults.add("test", f"expected a pattern of test ids or the name of a file, found {test!r}")
            if not reason.strip():
                faults.add("reason", "expected why the test fails")
            rows.append(
                KnownRow(
                    test=test,
                    reason=reason,
                    targets=row.texts("targets", ["*"]),
                    options=row.texts("options", []),
                    series=row.texts("series", []),
                    sometimes=row.text("sometimes", ""),
                )
            )
            row.done()
    return tuple(rows)
