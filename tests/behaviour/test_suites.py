"""CPython's own tests of imports pass inside an application: the part of `make suites` that takes seconds."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from pydist.link.dist import Distribution
from pydist.store import Store
from pydist.trial.compare import compare

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).resolve().parents[2] / "docs/compatibility/suites.py"
FILES = ["test_importlib", "test_pkgutil", "test_runpy"]
# Not all of CPython's tests, because compiling those takes half a minute.
NEEDED = [
    "__init__.py", "libregrtest", "lock_tests.py", "support", "test_import", "test_importlib", "test_pkgutil.py",
    "test_py_compile.py", "test_runpy.py",
]  # fmt: skip


def test_cpythons_tests_of_imports_pass_inside_an_application(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    suites = SimpleNamespace(**runpy.run_path(str(PROGRAM)))
    included = [word for name in NEEDED for word in ("--include", f"test/{name}")]
    application = {"script": "cpython.py", "link": [*included, "--include", "_testmultiphase.py"]}
    made = suites.linked(application, str(distribution.target), None, tmp_path)
    log, results, faults = suites.ran("cpython", FILES, made, tmp_path)
    report = compare(log, results, made.known(suites.known_failures(suites.table())), faults=faults)
    assert (report.new_failures, report.out_of_date) == ((), ())
    assert (report.files, report.passed > 1300) == (len(FILES), True)
