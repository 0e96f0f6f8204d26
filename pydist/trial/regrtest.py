"""The log of `python -m test -W`: how each file ended, and the failures that its XML does not have.

Invariant: lines that are not understood mean nothing; a file counts as run only when the log says how it ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["LogFacts", "read_log"]

# "0:00:04 load avg: 3.11 [ 2/7/1] test_math failed (1 failure)", also without the load
_FILE = re.compile(
    r"\d+:\d\d:\d\d (?:load avg: [\d.]+ )?(?:mem: \S+ \S+ )?\[ *\d+(?:/\d+)*\] (?P<name>test[\w.]*) (?P<end>.+)"
)
# "FAIL: test_x (test.test_math.FMATests.test_x) [isolated]", "ERROR: setUpClass (test.test_a.B)"
_FAILURE = re.compile(
    r"(?P<kind>FAIL|ERROR|UNEXPECTED SUCCESS): (?P<name>[\w<>.]+) \((?P<inside>[\w<>.]+)\)(?P<sub>.*)"
)
_SKIPPED = re.compile(r"(?P<name>test[\w.]*) skipped -- (?P<reason>.+)")
_FINE = ("passed", "ran no tests")
_LONGEST = 1000


@dataclass(slots=True)
class LogFacts:
    """`failed` maps files to how they failed, `tests` ids of tests to the subtest or to nothing."""

    fine: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)
    by_file: dict[str, set[str]] = field(default_factory=dict)

    @property
    def files(self) -> int:
        return len(self.fine) + len(self.failed) + len(self.skipped)


def read_log(text: str) -> LogFacts:
    """The facts of a log.

    >>> read_log("0:00:04 load avg: 3 [2/7/1] test_math failed (1 failure)").failed
    {'test_math': 'failed (1 failure)'}
    >>> read_log("FAIL: test_a (test.test_math.T.test_a) [x]").tests
    {'test.test_math.T.test_a': '[x]'}
    """
    facts = LogFacts()
    current = ""
    for line in (whole[:_LONGEST] for whole in text.splitlines()):
        if found := _FILE.match(line):
            current, end = found["name"], found["end"].strip()
            if end.startswith(_FINE):
                facts.fine.add(current)
            elif end.startswith("skipped"):
                facts.skipped.setdefault(current, end.removeprefix("skipped").strip(" ()") or "no reason given")
            else:
                facts.failed[current] = end
        elif found := _FAILURE.match(line):
            test = _id(found["name"], found["inside"])
            facts.tests[test] = found["sub"].strip()
            facts.by_file.setdefault(current, set()).add(test)
        elif (found := _SKIPPED.match(line)) and found["name"] in facts.skipped:
            facts.skipped[found["name"]] = found["reason"]
    # A file that was tried again and passed then is fine; the newer line counts.
    for name in facts.fine & set(facts.failed):
        del facts.failed[name]
    return facts


def _id(name: str, inside: str) -> str:
    """The id of a test from its two names, as `unittest` and `doctest` print them."""
    return inside if inside.rpartition(".")[2] == name else f"{inside}.{name}"
