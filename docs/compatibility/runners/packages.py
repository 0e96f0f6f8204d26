"""The tests of packages, as pytest runs them. How they ended goes into a file: `packages RESULTS ARGUMENT…`."""

import json
import sys
from pathlib import Path

import pytest


class Noted:
    """Ids of tests by how they ended; what they say when they failed or were skipped."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}
        self.skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext
        elif report.skipped:
            self.skipped[report.nodeid] = getattr(report, "wasxfail", "") or report.longreprtext
        elif report.when == "call":
            self.passed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext


def main() -> int:
    noted = Noted()
    code = pytest.main(["-v", "-p", "no:cacheprovider", *sys.argv[2:]], plugins=[noted])
    Path(sys.argv[1]).write_text(json.dumps(vars(noted)), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
