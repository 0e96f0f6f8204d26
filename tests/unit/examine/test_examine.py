"""Distributions whose interpreter is a script: every answer, also a hostile one, becomes an outcome."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.examine import choose, examine
from pydist.examine.report import Report, Result
from pydist.policy import targets
from pydist.policy.options import Options
from pydist.trial.outcome import Verdict
from tests.support import tiny, tiny_gnu

# $7 is the marker in `python -E -s -X utf8 -m NAME MARKER TASK`.
SAY = "#!/bin/sh\nm=$7\n"


def packed(folder: Path, script: str, **changes: Any) -> Path:
    """An archive of a distribution whose interpreter is `script`."""

    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest.update(changes)
        content["python/install/bin/python3.14"] = script.encode()

    return tiny.pack(folder / "dist.tar", tiny.distribution(change))


def result(folder: Path, script: str, check: str = "library.hashes", **changes: Any) -> Result:
    report = examine(packed(folder, script, **changes), checks=choose([check]))
    assert len(report.results) == 1
    return report.results[0]


def test_a_probe_that_reached_its_end_without_a_problem_passed(tmp_path: Path) -> None:
    made = result(tmp_path, SAY + """echo "$m{\\"done\\": \\"seen\\"}" """)
    assert (made.verdict, made.detail) == (Verdict.PASSED, "seen")


def test_problems_carry_what_where_expected_and_found(tmp_path: Path) -> None:
    answer = json.dumps({"problem": {"what": "is wrong", "where": "x", "expected": "1", "found": "2"}})
    made = result(tmp_path, SAY + f"""printf '%s%s\\n' "$m" '{answer}'; echo "$m{{\\"done\\": \\"\\"}}" """)
    assert made.verdict is Verdict.FAILED
    assert str(made.problems[0]) == "x: is wrong; expected 1; found 2"


@pytest.mark.parametrize(
    "said",
    ["", 'echo "{\\"done\\": \\"\\"}"', "exit 3", "kill -9 $$", 'echo "$m[1"', 'echo "$m$(head -c 99999 /dev/zero)"',
     'echo "$m{\\"done\\": \\"\\"}"; exit 1', 'echo "$m{\\"lacking\\": \\"x\\"}"; exit 1'],
)  # fmt: skip
def test_a_probe_that_did_not_say_its_end_with_the_marker_failed(tmp_path: Path, said: str) -> None:
    made = result(tmp_path, SAY + said)
    assert made.verdict is Verdict.FAILED
    assert "did not reach its end" in made.problems[-1].what


def test_what_the_machine_lacks_and_what_is_not_promised_are_no_failures(tmp_path: Path) -> None:
    made = result(tmp_path, SAY + """echo "$m{\\"lacking\\": \\"a screen\\"}" """)
    assert (made.verdict, made.reason) == (Verdict.LACKING, "a screen")
    made = result(tmp_path, SAY + """echo "$m{\\"absent\\": \\"not built\\"}" """)
    assert (made.verdict, made.reason) == (Verdict.NOT_APPLICABLE, "not built")


def test_a_module_that_takes_the_interpreter_down_is_named_and_the_others_are_tried(tmp_path: Path) -> None:
    script = (
        SAY
        + """
case $8 in
*'"skip": ["bad"]'*) echo "$m{\\"done\\": \\"rest\\"}" ;;
*) echo "$m{\\"begin\\": \\"bad\\"}"; kill -SEGV $$ ;;
esac
"""
    )
    made = result(tmp_path, script, "module.extensions")
    assert [(item.where, item.what) for item in made.problems] == [("bad", "took the interpreter down")]
    assert "SIGSEGV" in made.problems[0].found


def test_commands_to_the_terminal_are_made_visible(tmp_path: Path) -> None:
    made = result(tmp_path, SAY + """printf '\\033[2Jgone\\n' >&2; exit 1""")
    assert "\x1b" not in made.problems[0].found
    assert "\\x1b[2J" in made.problems[0].found


def test_an_interpreter_that_says_something_else_than_the_manifest_fails(tmp_path: Path) -> None:
    made = result(tmp_path, '#!/bin/sh\necho \'{"python_version": "3.14.6"}\'', "start.version")
    assert made.verdict is Verdict.FAILED
    assert made.problems[0].where == "python_version"
    assert made.problems[0].found == "3.14.6"


def test_it_is_always_run_in_a_copy_that_was_moved_and_is_gone_afterwards(tmp_path: Path) -> None:
    made = result(tmp_path, SAY + """echo "$m{\\"done\\": \\"$0\\"}" """)
    assert made.detail is not None
    assert "/moved/python/install/bin/python3.14" in made.detail
    assert not Path(made.detail).exists()


def test_the_own_programs_of_this_python_are_examined_through_a_real_probe(tmp_path: Path) -> None:
    """The probes are programs: this Python is put into the place of the distribution's."""
    made = result(tmp_path, f'#!/bin/sh\nexec {sys.executable} "$@"\n', "library.hashes")
    assert made.verdict is Verdict.PASSED, made.problems


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"python_exe": "../../bin/sh"}, "python_exe"),
        ({"python_exe": "build/run_tests.py"}, "below install/"),
        ({"python_exe": "install/bin/nothing"}, "no such file"),
        ({"version": "7"}, "unsupported format"),
    ],
)
def test_a_manifest_that_names_other_programs_is_refused(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        examine(packed(tmp_path, SAY, **changes), checks=())


def test_what_is_no_distribution_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no distribution"):
        examine(tmp_path, checks=())
    with pytest.raises(InputError, match="expected a full archive"):
        examine(tiny.pack(tmp_path / "x.tar", {"python/install/bin/python3": b""}), checks=())


def test_programs_of_another_machine_need_an_emulator(tmp_path: Path) -> None:
    archive = packed(tmp_path, SAY, target_triple="s390x-unknown-linux-gnu", crt_features=["glibc-dynamic"])
    with pytest.raises(EnvironmentLacking, match="--emulator"):
        examine(archive, checks=())
    with pytest.raises(EnvironmentLacking, match="no-such-emulator is not installed"):
        examine(archive, checks=(), emulator=["no-such-emulator"])


def test_under_an_emulator_programs_of_programs_need_the_kernels_help(tmp_path: Path) -> None:
    archive = packed(tmp_path, SAY + """echo "$m{\\"done\\": \\"\\"}" """, target_triple="s390x-unknown-linux-gnu",
                     crt_features=["glibc-dynamic"])  # fmt: skip
    wanted = choose(["library.hashes", "environment.venv-copies"])
    report = examine(archive, checks=wanted, emulator=["sh"], suite=True)
    assert {item.check: item.verdict for item in report.results} == {
        "library.hashes": Verdict.PASSED, "environment.venv-copies": Verdict.LACKING,
    }  # fmt: skip
    assert report.verdict == "incomplete"
    assert report.suite is not None
    assert report.suite.verdict is Verdict.NOT_APPLICABLE


def test_the_verdict_follows_from_the_results() -> None:
    def made(verdict: Verdict) -> Result:
        return Result(check="a.b", promise="", verdict=verdict, seconds=0.0)

    good, bad, open_ = made(Verdict.PASSED), made(Verdict.FAILED), made(Verdict.LACKING)
    assert Report.judge((good, made(Verdict.NOT_APPLICABLE)), None) == "good"
    assert Report.judge((good, open_), None) == "incomplete"
    assert Report.judge((good, open_, bad), None) == "bad"


def test_everything_that_the_machine_lacks_for_a_target_is_named_with_its_package(tmp_path: Path) -> None:
    archive = packed(tmp_path, SAY, target_triple="aarch64-unknown-linux-gnu", build_options="noopt",
                     optimizations="noopt", crt_features=["glibc-dynamic"])  # fmt: skip
    wanted = targets.find("aarch64-unknown-linux-gnu").to_run(Options.parse("noopt"))
    missing = {path: package for path, package in wanted.items() if not Path(path).exists()}
    try:
        report = examine(archive, checks=())
    except EnvironmentLacking as error:
        assert all(path in str(error) and package in str(error) for path, package in missing.items())
        assert missing
    else:
        assert report.verdict == "good"
        assert not missing


@pytest.mark.parametrize(("end", "verdict"), [("", Verdict.PASSED), ("kill -SEGV $$", Verdict.FAILED)])
def test_a_process_that_ends_badly_after_libpython_was_unloaded_is_a_failure(
    tmp_path: Path, end: str, verdict: Verdict
) -> None:
    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = f"#!/bin/sh\necho unloaded\n{end}\n".encode()

    archive = tiny.pack(tmp_path / "dist.tar", tiny_gnu.distribution(change))
    assert [made.verdict for made in examine(archive, checks=choose(["start.unload"])).results] == [verdict]
