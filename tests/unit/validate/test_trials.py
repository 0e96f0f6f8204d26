"""Each trial of a running Python finds what it is for: one damage, one rule.

Two kinds of distributions: a tiny one whose interpreter is a script that lets this Python answer, with one thing
changed before; and a small tree with this machine's interpreter and library, of which one file is changed.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pydist.policy import features
from pydist.progress import Silent
from pydist.target import Target
from pydist.trial.outcome import Outcome, Verdict, passed
from pydist.trial.subject import Subject
from pydist.validate import choose, trials, validate
from pydist.validate.report import Report
from pydist.validate.rules import load_rules
from pydist.validate.trials import TRIALS, Trial, try_out
from tests.support import small, tiny
from tests.support.limits import small_files

EXE, TESTS = "python/install/bin/python3.14", "python/install/lib/python3.14/test"
pytestmark = pytest.mark.skipif(not Target.parse(tiny.TRIPLE).runs_here, reason="needs Linux on x86-64")

# `python … -m NAME ARGUMENTS`, `python … -c CODE` and `python … FILE`, after something was changed.
SCRIPT = """#!{python} -I
import os, runpy, sys
given = sys.argv[1:]
if "-c" in given:
    code = given[given.index("-c") + 1]
    sys.argv = ["-c"]
    exec(code, {{"__name__": "__main__"}})
    sys.exit()
{change}
if "-m" in given:
    name, *sys.argv[1:] = given[given.index("-m") + 1:]
    sys.path.insert(0, os.getcwd())
    runpy.run_module(name, run_name="__main__", alter_sys=True)
else:
    runpy.run_path(given[-1], run_name="__main__")
"""
# What is changed inside of the interpreter, by the rule that it breaks.
CHANGES = {
    "run.asyncio": "import asyncio\nasync def to_thread(*_): return 0\nasyncio.to_thread = to_thread",
    "run.certificates": "import ssl\nssl.create_default_context = lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)",
    "run.compression": "import bz2\nbz2.decompress = lambda data: b''",
    "run.ctypes": "import ctypes\nctypes.pythonapi.PyComplex_AsCComplex = ctypes.pythonapi.PyLong_FromLong",
    "run.curses": "import curses\ndef fail(*_): raise curses.error('no such terminal')\ncurses.setupterm = fail",
    "run.dbm": "import dbm.dumb\ndbm.dumb._Database.keys = lambda self: []",
    "run.hashes": "import hashlib\nhashlib.scrypt = lambda *_, **__: b''",
    "run.library": "sys.modules['colorsys'] = None",
    "run.multiprocessing": "import multiprocessing\nmultiprocessing.get_all_start_methods = lambda: ['fork']",
    "run.numbers": "import math\nmath.hypot = lambda *_: 5.1",
    "run.processes": "def posix_spawn(*_):\n    return os.fork() or os._exit(4)\nos.posix_spawn = posix_spawn",
    "run.readline": "import readline\nreadline.get_history_item = lambda number: 'lost'",
    "run.recursion": "import copy\ncopy.deepcopy = lambda *_: None",
    "run.sqlite": "import sqlite3\nsqlite3.threadsafety = 1",
    "run.text": "import unicodedata\nunicodedata.name = lambda char: 'SOMETHING'",
    "run.threads": "import threading\nclass Shared:\n    value = 'everybody'\nthreading.local = Shared",
    "run.time-zones": "import zoneinfo\nzoneinfo.TZPATH = ('/opt/zones',)",
    "run.tkinter": "import tkinter\ndef fail(): raise tkinter.TclError('no init.tcl')\ntkinter.Tcl = fail",
    "run.tls": "import ssl\nssl.create_default_context = lambda cafile=None: ssl._create_unverified_context()",
}  # fmt: skip
# Debian and others do without them, or they are not here.
OPTIONAL = {"run.curses": "_curses", "run.readline": "readline", "run.tkinter": "_tkinter"}


def judged(folder: Path, rule: str, change: str = "", extra: tiny.Members | None = None) -> Report:
    """The judgement, by the rules for starting and `rule`, of a distribution with a changed interpreter."""
    script = SCRIPT.format(python=sys.executable, change=change).encode()

    def become(manifest: dict[str, Any], content: tiny.Members) -> None:
        tiny.few(manifest, ["_io", "sys"])
        content |= {EXE: script, **(extra or {})}

    path = tiny.pack(folder / "a.tar", tiny.distribution(become))
    return validate(path, rules=choose(["run.start", "run.import", "run.lacking", "run.skipped", rule]))


def outcome(report: Report, rule: str) -> Verdict:
    (found,) = [item.verdict for item in report.summary.tried if item.rule == rule]
    return Verdict(found)


@pytest.mark.parametrize("rule", CHANGES)
def test_one_change_of_the_interpreter_is_found_by_its_rule_and_by_no_other(tmp_path: Path, rule: str) -> None:
    if rule in OPTIONAL and not find_spec(OPTIONAL[rule]):
        pytest.skip(f"the Python that runs the tests was built without {OPTIONAL[rule]}")
    report = judged(tmp_path, rule, CHANGES[rule])
    assert {finding.rule for finding in report.findings} == {rule}
    assert outcome(report, rule) is Verdict.FAILED


# Of the others, any Python may lack a part.
@pytest.mark.parametrize("rule", sorted(set(CHANGES) - {"run.dbm", "run.library", "run.sqlite", *OPTIONAL}))
def test_without_the_change_nothing_is_found(tmp_path: Path, rule: str) -> None:
    report = judged(tmp_path, rule)
    assert not [finding for finding in report.findings if finding.rule != "run.lacking"]
    assert outcome(report, rule) in (Verdict.PASSED, Verdict.LACKING)


def test_what_the_interpreter_said_is_in_the_finding_and_no_path_of_the_private_folder(tmp_path: Path) -> None:
    change = "print('the last words of', os.getcwd(), file=sys.stderr)\nsys.exit(9)"
    (finding,) = judged(tmp_path, "run.hashes", change).findings
    assert "exit code 9" in finding.message
    assert "the last words of …/run.hashes/probes" in finding.message


def test_what_this_machine_lacks_is_a_note(tmp_path: Path) -> None:
    report = judged(tmp_path, "run.time-zones", "os.path.isfile = lambda path: False")
    (note,) = report.findings
    assert (note.rule, note.where, report.verdict) == ("run.lacking", "run.time-zones", "good")
    assert "apt install tzdata" in note.message


def test_folders_of_another_tree_are_found(tmp_path: Path) -> None:
    """The script lets another Python answer, whose folders are its own."""
    report = judged(tmp_path, "run.paths")
    assert {finding.rule for finding in report.findings} == {"run.paths"}
    assert "sys.prefix is where the tree is" in report.findings[0].message


FAILING = """
import pathlib
print("0:00:01 load avg: 1.0 [1/1/1] test_math failed (1 failure)")
print("FAIL: test_fma (test.test_math.T.test_fma)")
results = sys.argv[sys.argv.index("--junit-xml") + 1]
pathlib.Path(results).write_text('''<testsuite><testcase name="test.test_math.T.test_fma"><failure>0.5 is not 1
</failure></testcase><testcase name="test.test_math.T.test_sin"/></testsuite>''')
sys.exit(2)
"""


NOTHING = """
import pathlib
pathlib.Path(sys.argv[sys.argv.index("--junit-xml") + 1]).write_text("<testsuites/>")
sys.exit()
"""


@pytest.mark.parametrize(
    ("ends", "where"),
    [(FAILING, "test.test_math.T.test_fma"), ("sys.exit(1)", ""), ("os.abort()", ""), (NOTHING, "test_math")],
)
def test_a_failure_of_a_test_that_no_table_explains_is_named(tmp_path: Path, ends: str, where: str) -> None:
    tests: tiny.Members = {f"{TESTS}/libregrtest/__init__.py": b"", f"{TESTS}/test_math.py": b""}
    report = judged(tmp_path, "run.tests", ends, tests)
    assert {finding.rule for finding in report.findings} == {"run.tests"}
    assert where in {finding.where for finding in report.findings}


def test_tests_that_are_not_there_are_not_asked_for(tmp_path: Path) -> None:
    report = judged(tmp_path, "run.tests", extra={f"{TESTS}/libregrtest/__init__.py": b""})
    assert report.findings == ()
    assert outcome(report, "run.tests") is Verdict.NOT_APPLICABLE


def test_everything_that_a_native_build_has_and_this_has_not_is_one_finding_per_module(tmp_path: Path) -> None:
    target = Target.parse(tiny.TRIPLE)
    said = {group: sorted(names) for group, names in features.reference("3.14", target, static=True).groups.items()}
    said["os"] = [name for name in said["os"] if name not in ("memfd_create", "pidfd_open")]
    del said["select"]
    (tmp_path / "said").write_text(json.dumps(said))
    answer = f"print(open({str(tmp_path / 'said')!r}).read())\nsys.exit()"
    found = {finding.where: finding.message for finding in judged(tmp_path, "run.inventory", answer).findings}
    assert set(found) == {"os", "select"}
    assert found["os"].endswith("found memfd_create, pidfd_open")
    assert "epoll" in found["select"]


def test_an_answer_that_is_no_inventory_is_found(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, "run.inventory", "print('[]')\nsys.exit()").findings
    assert finding.rule == "run.inventory"


# --- a small tree

START = f"{small.LIBRARY}/sitecustomize.py"
MOVED = ["run.symlink", "run.odd-names", "run.moved", "run.read-only"]
# The file that is changed, how, and what the finding says; by the rule that it breaks.
DAMAGES: dict[str, tuple[str, str, str]] = {
    "run.symlink": (
        START,
        "import os, sys\nif os.path.islink(sys.executable):\n    sys.prefix = os.path.dirname(sys.executable)\n",
        "started through python",
    ),
    "run.odd-names": (
        START,
        "import sys\nif not sys.prefix.isascii():\n    sys.exit('only English')\n",
        "only English",
    ),
    "run.moved": (
        START,
        "import sys\nfrom pathlib import Path\nnote = Path(__file__).with_name('where')\n"
        "if not sys.flags.isolated and sys.prefix.endswith('before'):\n    note.write_text(sys.prefix)\n"
        "if note.is_file():\n    sys.prefix = note.read_text()\n",
        "after it was moved",
    ),
    "run.read-only": (
        START,
        "import os, sys\nif 'read-only' in sys.prefix and not os.access(__file__ + '/..', os.W_OK):\n"
        "    sys.exit('nowhere to write')\n",
        "nowhere to write",
    ),
}


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.make(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize("rule", DAMAGES)
def test_a_tree_that_works_in_one_place_only_is_found(tmp_path: Path, tree: Path, rule: str) -> None:
    name, text, words = DAMAGES[rule]
    # Where root runs the tests, the library of the machine's Python may be nobody else's to read.
    others = {item for item in MOVED if item in (rule, "run.symlink", "run.odd-names", "run.moved")}
    small.write(small.copy(tree, tmp_path), name, text)
    report = validate(tmp_path, rules=choose(["run.start", "run.skipped", *others]))
    assert {finding.rule for finding in report.findings} == {rule}
    assert any(words in finding.message for finding in report.findings)


def test_the_tree_itself_works_in_all_places(tree: Path) -> None:
    report = validate(tree, rules=choose(["run.start", "run.skipped", "run.symlink", "run.odd-names", "run.moved"]))
    assert report.findings == ()
    assert {item.verdict for item in report.summary.tried} == {Verdict.PASSED}


def test_environments_that_are_not_what_was_asked_for_are_found(tmp_path: Path, tree: Path) -> None:
    path = tree / small.LIBRARY / "venv" / "__init__.py"
    text = path.read_text(encoding="utf-8").replace("self.symlinks = symlinks", "self.symlinks = True")
    small.write(small.copy(tree, tmp_path), f"{small.LIBRARY}/venv/__init__.py", text)
    report = validate(tmp_path, rules=choose(["run.start", "run.symlink", "run.venv"]))
    (finding,) = report.findings
    assert (finding.rule, finding.where) == ("run.venv", "bin/python")
    assert "venv --copies made something else" in finding.message


def test_a_bundled_wheel_that_is_damaged_is_found(tmp_path: Path, tree: Path) -> None:
    place = f"{small.LIBRARY}/ensurepip/_bundled"
    bundled = list((tree / place).glob("pip-*.whl"))
    if not bundled:
        pytest.skip("the Python that runs the tests has no ensurepip (Debian: python3-venv)")
    small.write(small.copy(tree, tmp_path), f"{place}/{bundled[0].name}", "half a wheel")
    report = validate(tmp_path, rules=choose(["run.start", "run.venv", "run.pip"]))
    assert {finding.rule for finding in report.findings} == {"run.pip"}
    assert "python -m venv fails" in report.findings[0].message


def test_nothing_is_written_into_a_folder_that_is_judged(tmp_path: Path, tree: Path) -> None:
    small.copy(tree, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    validate(tmp_path, rules=choose(["run.start", "run.moved", "run.compression"]))
    assert sorted(tmp_path.rglob("*")) == before


def test_who_stops_waiting_leaves_nothing_running(tmp_path: Path, tree: Path) -> None:
    class Impatient(Silent):
        def advance(self, name: str, done: int, total: int | None = None) -> None:
            if name == "try":
                raise KeyboardInterrupt

    mark = tmp_path / "alive"
    busy = f"import time\nwhile True:\n    open({str(mark)!r}, 'a').write('x')\n    time.sleep(0.05)\n"
    small.write(small.copy(tree, tmp_path / "copy"), f"{small.LIBRARY}/venv/__main__.py", busy)
    with pytest.raises(KeyboardInterrupt):
        validate(tmp_path / "copy", rules=choose(["run.venv", "run.symlink"]), reporter=Impatient())
    size = mark.stat().st_size if mark.exists() else 0
    time.sleep(0.3)
    assert size == (mark.stat().st_size if mark.exists() else 0)


def test_trials_that_come_too_late_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_WHOLE", -1.0)
    (note,) = judged(tmp_path, "run.hashes").findings
    assert (note.rule, note.where) == ("run.lacking", "run.hashes")
    assert "time: the other trials took all of it" in note.message


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("[1/2] test_math passed", "run.lacking"),
        ("[1/2] test_math failed (1 failure)\\nFAIL: test_fma (test.test_math.T.test_fma)", "run.tests"),
    ],
)
def test_tests_that_take_too_long_are_judged_as_far_as_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, rule: str
) -> None:
    monkeypatch.setattr(trials, "_SECONDS", 2.0)
    monkeypatch.setattr(trials, "_TESTS", 1)
    tests: tiny.Members = {f"{TESTS}/libregrtest/__init__.py": b"", f"{TESTS}/test_math.py": b""}
    slow = f"import time\nprint('0:00:01 {said}', flush=True)\ntime.sleep(60)"
    (finding,) = judged(tmp_path, "run.tests", slow, tests).findings
    assert finding.rule == rule


def test_scripts_are_not_tried_on_pythons_that_are_too_old_for_them(tmp_path: Path) -> None:
    nowhere, target = Path("/none"), Target.parse(tiny.TRIPLE)
    subject = Subject(
        work=tmp_path, python=nowhere, prefix=nowhere, series="3.9", options=(), linking="dynamic", target=target
    )
    (outcome,) = try_out(subject, ["run.hashes"], Silent()).values()
    assert outcome.verdict is Verdict.NOT_APPLICABLE


def test_a_trial_that_cannot_write_says_nothing_of_the_distribution(tmp_path: Path) -> None:
    python, target = Path(sys.executable), Target.parse(tiny.TRIPLE)
    subject = Subject(
        work=tmp_path, python=python, prefix=tmp_path, series="3.14", options=(), linking="dynamic", target=target
    )
    with small_files(500), pytest.raises(OSError, match="File too large"):
        try_out(subject, ["run.hashes"], Silent())


def test_a_copy_is_made_of_a_tree_that_no_other_trial_writes_into(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytecode is written under names that are there for a moment, and made copies fail at random."""

    def act(subject: Subject) -> Outcome:
        (subject.prefix / "of another.pyc.140159023621552").write_bytes(b"")
        copies = subject.copy(subject.work / "one").parents[1], subject.copy(subject.work / "two").parents[1]
        there = sorted({path.name for copy in copies for path in copy.iterdir()})
        python = subject.copy(subject.work / "three")
        return passed(f"{there} {subject.start('-c', 'print(6 * 7)', program=python).out.strip()}")

    monkeypatch.setattr(trials, "TRIALS", {"run.moved": Trial(act=act, moves=True)})
    small.copy(tree, tmp_path / "tree")
    prefix, work = tmp_path / "tree/python", tmp_path / "work"
    work.mkdir()
    subject = Subject(work=work, python=prefix / "bin/python3", prefix=prefix, series="3.14", options=(),
                      linking="dynamic", target=Target.parse(tiny.TRIPLE))  # fmt: skip
    (made,) = try_out(subject, ["run.moved"], Silent()).values()
    assert made == passed("['bin', 'lib'] 42")


def test_every_rule_of_the_family_is_broken_by_a_test() -> None:
    here = {*CHANGES, *DAMAGES, "run.paths", "run.tests", "run.inventory", "run.venv", "run.pip"}
    assert here == set(TRIALS)
    elsewhere = {"run.lacking", "run.start", "run.import", "run.fact", "run.skipped"}  # above, and test_running
    assert {rule.id for rule in load_rules().values() if rule.family == "run"} == here | elsewhere
