"""Programs of what is tried are started with what is theirs, and no longer than they may."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.policy import targets
from pydist.target import Target
from pydist.trial.machine import emulator_for, starts_children
from pydist.trial.subject import Subject, checked_series

HERE, AWAY = Target.parse("x86_64-unknown-linux-musl"), Target.parse("s390x-unknown-linux-gnu")


def subject(work: Path) -> Subject:
    """This Python."""
    return Subject(
        work=work,
        python=Path(sys.executable),
        prefix=Path(sys.prefix),
        series="3.14",
        options=("noopt",),
        linking="dynamic",
        target=HERE,
    )


def test_nothing_of_the_callers_environment_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    ended = subject(tmp_path).start("-I", "-c", "import os; print(sorted(os.environ))")
    assert "SECRET" not in ended.out
    assert "HOME" in ended.out


def test_an_installed_python_is_told_to_leave_no_bytecode(tmp_path: Path) -> None:
    own = subject(tmp_path)
    code = "import sys; print(sys.dont_write_bytecode)"
    assert own.start("-I", "-c", code).out == "False\n"
    assert replace(own, installed=True).start("-I", "-c", code).out == "True\n"


def test_no_program_runs_longer_than_all_of_them_may(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = replace(subject(tmp_path), until=began + 0.3).start("-c", "import time; time.sleep(60)")
    assert ended.code is None
    assert time.monotonic() - began < 30


def test_what_the_watcher_raises_ends_the_program(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def watch() -> None:
        if (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text():
            raise Enough

    code = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(Enough):
        replace(subject(tmp_path), watch=watch).start("-c", code)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_file_that_grows_beyond_the_limit_ends_the_program(tmp_path: Path) -> None:
    ended = replace(subject(tmp_path), largest=1 << 20).start("-c", "print('x' * (2 << 20))")
    assert not ended.good
    assert len(ended.out) == 1 << 20


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    ended = replace(subject(tmp_path), python=tmp_path / "none").start()
    assert (ended.code, ended.refused) == (127, 2)
    assert "cannot be started" in ended.how


@pytest.mark.parametrize("text", ["3.14t", "../3.14", "3.14/..", "", None, 3.14, "3.1٤"])
def test_a_series_that_is_none_makes_no_names_of_folders(text: object) -> None:
    with pytest.raises(InputError, match=r"expected a version like 3\.14"):
        checked_series(text)


def test_an_emulator_is_named_where_the_machine_needs_one() -> None:
    if HERE.runs_here:
        assert emulator_for(HERE, static=True) == ()
        assert starts_children(HERE)
    assert emulator_for(AWAY, static=False, given=["sh", "-e"])[1:] == ("-e",)
    assert not starts_children(AWAY) or Path("/proc/sys/fs/binfmt_misc/qemu-s390x").exists()
    with pytest.raises(EnvironmentLacking, match="--emulator"):
        emulator_for(AWAY, static=False)


def test_everything_that_an_emulator_needs_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(targets.find("aarch64-unknown-linux-gnu"), emulator=("/no/qemu",), runner={"/no/loader": "libc6"})
    monkeypatch.setattr(targets, "load", lambda: {str(AWAY): row})
    with pytest.raises(EnvironmentLacking, match=r"no /no/qemu, no /no/loader .* apt install libc6 qemu-user-static"):
        emulator_for(AWAY, static=False)
