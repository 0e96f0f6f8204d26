"""The interpreter is started, asked and held to its manifest; one that misbehaves is a finding."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pydist.policy import targets
from pydist.policy.targets import Linkage
from pydist.target import Target
from pydist.validate import choose, conversation, validate
from pydist.validate.report import Report
from pydist.validate.trials import TRIALS
from tests.support import tiny

ASKED = choose(ignore=["python", *TRIALS])  # what test_trials tries needs a Python that works
EXE, S390X = "python/install/bin/python3.14", "s390x-unknown-linux-gnu"
pytestmark = pytest.mark.skipif(not Target.parse(tiny.TRIPLE).runs_here, reason="needs Linux on x86-64")

# It keeps to the protocol of pydist.validate.probe and says what the tiny manifest says.
HONEST = """
import json, os, sys
task = json.load(sys.stdin)
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
facts = {
    "python_version": "3.14.7", "python_major_minor_version": "3.14", "python_abi_tag": "",
    "python_platform_tag": "linux-x86_64", "python_implementation_name": "cpython",
    "python_implementation_cache_tag": "cpython-314", "python_implementation_hex_version": 0x030E07F0,
    "python_implementation_version": ["3", "14", "7", "final", "0"], "python_bytecode_magic_number": "2b0e0d0a",
    "python_paths": {"stdlib": root + "/install/lib/python3.14", "scripts": root + "/install/bin",
                     "include": root + "/install/include/python3.14"},
    "python_suffixes": {"bytecode": [".pyc"], "debug_bytecode": [".pyc"], "extension": [],
                        "optimized_bytecode": [".pyc"], "source": [".py"]},
    "builtin": ["_io", "sys", "zlib"],
}
def say(**answer):
    print(task["marker"] + json.dumps(answer), flush=True)
"""
CONFIG = b'{"_io", PyInit__io}, {"zlib", PyInit_zlib}, {"sys", NULL}'
IMPORTS = """
say(facts=facts)
for name in task["modules"]:
    say(begin=name)
    act(name)
    say(imported=name)
"""


def judge(tmp_path: Path, program: str) -> Report:
    script = f"#!{sys.executable} -I\n{program}".encode()

    def change(manifest: dict[str, Any], members: tiny.Members) -> None:
        tiny.few(manifest)
        members |= {EXE: script, "python/build/Modules/config.c": CONFIG}

    return validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(change)), rules=ASKED)


def findings(report: Report) -> list[tuple[str, str]]:
    return [(finding.rule, finding.where) for finding in report.findings]


def python(body: str = "def act(name): pass", facts: str = "") -> str:
    return f"{HONEST}\n{facts}\n{body}\n{IMPORTS}"


def test_an_honest_interpreter_is_good(tmp_path: Path) -> None:
    report = judge(tmp_path, python())
    assert findings(report) == []
    assert (report.summary.ran, report.summary.modules_imported) == (True, 3)


def test_it_runs_with_an_empty_environment_in_an_empty_folder(tmp_path: Path) -> None:
    checks = "import os\nassert not set(os.environ) - {'LC_CTYPE'}, os.environ\nassert not os.listdir('.')\n"
    body = checks + "def act(name): pass"
    assert findings(judge(tmp_path, python(body))) == []


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ("facts['python_version'] = '3.14.6'", "python_version"),
        ("facts['python_bytecode_magic_number'] = '00000d0a'", "python_bytecode_magic_number"),
        ("facts['python_platform_tag'] = 'linux-aarch64'", "python_platform_tag"),
        ("facts['python_suffixes']['extension'] = ['.so']", "python_suffixes.extension"),
        ("facts['python_paths']['stdlib'] = '/usr/lib/python3.14'", "python_paths.stdlib"),
        ("facts['python_paths'] = 7", "python_paths.stdlib"),
        ("facts['builtin'].remove('zlib')", "build_info.extensions.zlib"),
        ("facts['builtin'].append('extra')", "build_info.extensions.extra"),
    ],
)
def test_an_answer_that_is_not_the_manifests_is_found(tmp_path: Path, facts: str, where: str) -> None:
    assert ("run.fact", where) in findings(judge(tmp_path, python(facts=facts)))


def test_a_module_that_kills_the_interpreter_is_named_and_the_others_are_still_tried(tmp_path: Path) -> None:
    report = judge(tmp_path, python("import os\ndef act(name):\n    if name == 'sys': os.abort()"))
    assert findings(report) == [("run.import", "build_info.extensions.sys")]
    assert "SIGABRT" in report.findings[0].message
    assert report.summary.modules_imported == 2


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import sys; sys.exit('No module named encodings')", "No module named encodings"),
        ("print('}{' * 100000)", "exit code 0"),
        ("import json, sys\nprint(json.load(sys.stdin)['marker'] + '[' * 100000)", "exit code 0"),
    ],
)
def test_an_interpreter_that_does_not_answer_did_not_start(tmp_path: Path, program: str, words: str) -> None:
    report = judge(tmp_path, program)
    assert findings(report) == [("run.start", "python_exe")]
    assert words in report.findings[0].message


def test_an_interpreter_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_START_DEADLINE", 1.0)
    mark = tmp_path / "alive"
    child = f"import time\nwhile True:\n    open({str(mark)!r}, 'a').write('x')\n    time.sleep(0.05)"
    program = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(600)"
    report = judge(tmp_path, program)
    assert findings(report) == [("run.start", "python_exe")]
    size = mark.stat().st_size
    time.sleep(0.3)
    assert mark.stat().st_size == size


def test_an_interpreter_that_floods_its_output_is_ended(tmp_path: Path) -> None:
    report = judge(tmp_path, "while True: print('x' * 100000)")
    assert findings(report) == [("run.start", "python_exe")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda about, _: about.update(target_triple="s390x-unknown-linux-gnu"), "do not run on this machine"),
        (lambda _, members: members.pop(EXE), "not in the archive"),
        (lambda about, _: about.pop("version"), "no usable manifest"),
        (lambda _, members: members.update({"python/../x": b""}), "could not be unpacked"),
        (lambda _, members: members.update({EXE: b"#!/no/such/loader\n"}), "cannot be started here"),
    ],
)
def test_what_cannot_run_here_is_a_note_with_its_reason(tmp_path: Path, change: Any, reason: str) -> None:
    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(change)))
    notes = [finding for finding in report.findings if finding.rule == "run.skipped"]
    assert len(notes) == 1
    assert reason in notes[0].message
    assert not report.summary.ran


def emulated(emulator: list[str], needs: list[str] | None = None) -> dict[str, Any]:
    """The table of targets with a row for a machine that this one cannot be."""
    row = targets.find(tiny.TRIPLE)
    static = Linkage(cflags=(), ldflags=(), loader=dict.fromkeys(needs or (), "its-package"))
    return {S390X: replace(row, target=Target.parse(S390X), emulator=tuple(emulator), runner={}, static=static)}


def foreign(about: dict[str, Any], members: tiny.Members) -> None:
    tiny.few(about)
    about["target_triple"] = S390X
    members[EXE] = f"#!/no/such/loader\n{python()}".encode()


def test_a_program_of_another_machine_is_run_by_its_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "emulator"
    script.write_text(f'#!/bin/sh\n[ "$1" = -L ] && shift 2 && exec {sys.executable} -I "$@"\n')
    script.chmod(0o755)
    # The stand-in is a Python that is given the program as a script; -I -B -c are arguments of that script.
    table = emulated([str(script), "-L", "/sysroot"], ["/"])
    monkeypatch.setattr(targets, "load", lambda: table)
    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(foreign)), rules=ASKED)
    assert not [finding for finding in report.findings if finding.rule.startswith("run.")]
    assert (report.summary.ran, report.summary.modules_imported) == (True, 3)


@pytest.mark.parametrize(("emulator", "needs"), [(["/no/such/emulator"], []), (["/bin/sh"], ["/no/such/loader"])])
def test_without_its_emulator_or_loader_it_is_not_run_and_the_report_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: list[str], needs: list[str]
) -> None:
    table = emulated(emulator, needs)
    monkeypatch.setattr(targets, "load", lambda: table)
    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(foreign)), rules=ASKED)
    (note,) = [finding for finding in report.findings if finding.rule.startswith("run.")]
    assert note.rule == "run.skipped" and "there is no /no/such/" in note.message
    assert not report.summary.ran


@pytest.mark.parametrize("name", ["/usr/bin/env", "../../../../../../usr/bin/env"])
def test_a_program_of_this_machine_is_never_run_in_place_of_the_archives(tmp_path: Path, name: str) -> None:
    """Also when the archive has a file that such a name could be mistaken for."""

    def change(about: dict[str, Any], members: tiny.Members) -> None:
        about["python_exe"] = name
        members["python/usr/bin/env"] = b"#!/bin/sh\n"

    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(change)))
    assert not report.summary.ran
    assert ("manifest.path", "python_exe") in findings(report)


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    judge(tmp_path, python())
    assert not list((tmp_path / "tmp").iterdir())
