"""Facts about the host box and the jobs that its scripts share."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pydist.build.host_box import HostBox, Processes
from pydist.build.job import Job, Step
from pydist.build.jobserver import JobServer
from pydist.build.limits import Watch
from pydist.errors import StepFailed
from pydist.policy import resources
from pydist.policy.toolchain import Toolchain


@pytest.fixture
def box(tmp_path: Path) -> HostBox:
    toolchain = Toolchain(path=tmp_path / "zig", version="0", digest="0")
    return HostBox(toolchain=toolchain, cache=tmp_path / "cache", jobserver=JobServer(2), processes=Processes())


def run(box: HostBox, tmp_path: Path, script: str, **variables: str) -> str:
    work, log = tmp_path / "work", tmp_path / "log"
    work.mkdir(exist_ok=True)
    step = Step(name="a step", command=("/bin/sh", "-c", script), folder=".")
    box.run(Job(work=work, steps=(step,), variables=variables, paths={"OUT": "out"}, log=log))
    signature, _, said = log.read_text().partition("\n")
    assert signature == "box: host"
    return said


def test_a_script_sees_nothing_of_the_callers_environment(
    box: HostBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    said = run(box, tmp_path, "env; cat", EXTRA="given")
    assert "SECRET_OF_THE_CALLER" not in said
    assert "EXTRA=given" in said


def test_the_compilers_of_the_machine_are_hidden_behind_ours(box: HostBox, tmp_path: Path) -> None:
    said = run(box, tmp_path, "command -v cc gcc clang clang++ ar")
    assert {str(Path(line).parent) for line in said.split()} == {str(tmp_path / "work" / "path")}


def test_a_failed_script_shows_its_command_its_last_lines_and_its_log(box: HostBox, tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        run(box, tmp_path, "echo the last word; exit 7")
    text = str(caught.value)
    assert "a step failed with exit code 7" in text
    assert "the last word" in text
    assert "echo the last word; exit 7" in text
    assert str(tmp_path / "log") in text


def test_a_script_that_never_stops_talking_is_ended_and_the_message_says_why(
    box: HostBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydist.build.limits._INTERVAL", 0.05)
    monkeypatch.setattr("pydist.build.limits.LOG_BYTES", 10_000)
    with pytest.raises(StepFailed, match="the log of a job may have 10,000 bytes"):
        run(box, tmp_path, "(while :; do echo 0123456789; done) & echo $! > child; wait")
    assert is_gone((tmp_path / "work" / "child").read_text().strip())


def test_a_script_that_says_too_much_and_ends_well_has_failed_all_the_same(
    box: HostBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydist.build.limits.LOG_BYTES", 10_000)
    with pytest.raises(StepFailed, match="the log of a job may have 10,000 bytes"):
        run(box, tmp_path, "head -c 100000 /dev/zero; exit 0")


def test_a_script_that_never_ends_is_ended_and_the_message_says_why(
    box: HostBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydist.build.limits._INTERVAL", 0.05)
    monkeypatch.setattr("pydist.build.limits.STEP_SECONDS", 0.2)
    with pytest.raises(StepFailed, match=r"a step may take 0\.2 seconds"):
        run(box, tmp_path, "trap '' TERM; while :; do sleep 0.1; done")


def test_a_log_of_one_endless_line_gives_a_short_message(box: HostBox, tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        run(box, tmp_path, "perl -e 'print \"x\" x 1e6'; exit 1")
    assert [len(line) for line in caught.value.tail] == [300]


def test_scripts_together_hold_no_more_jobs_than_there_are(box: HostBox, tmp_path: Path) -> None:
    run(box, tmp_path, "true")  # two jobs in one folder: what the box puts there is there
    makefile = "all: 1 2 3 4\n1 2 3 4:\n\t@echo + >> ../count; sleep 0.2; echo - >> ../count\n"
    (tmp_path / "work" / "Makefile").write_text(makefile)
    threads = [threading.Thread(target=run, args=(box, tmp_path, "make -f Makefile all")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    level = highest = 0
    for line in (tmp_path / "count").read_text().split():
        level += 1 if line == "+" else -1
        highest = max(highest, level)
    assert highest == 2


def test_all_tokens_are_back_after_use() -> None:
    server = JobServer(2)
    with server.token(), server.token():
        pass
    assert len(os.read(server.descriptors[0], 10)) == 2
    server.close()


def test_stopping_ends_what_runs_with_its_children_and_starts_nothing_more(tmp_path: Path) -> None:
    processes = Processes()
    codes: list[int] = []

    def work() -> None:
        with (tmp_path / "log").open("wb") as log:
            codes.append(
                processes.run(
                    ["/bin/sh", "-c", "sleep 60 & echo $! > child; wait"],
                    tmp_path,
                    {},
                    log.fileno(),
                    (),
                    watch=Watch(tmp_path / "log"),
                )
            )

    thread = threading.Thread(target=work)
    thread.start()
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text().strip():
        time.sleep(0.02)
    processes.stop()
    thread.join(10)
    assert codes == [-15]
    assert is_gone((tmp_path / "child").read_text().strip())
    with (tmp_path / "log").open("wb") as log:
        assert processes.run(["/bin/true"], tmp_path, {}, log.fileno(), (), watch=Watch(tmp_path / "log")) == -15


def is_gone(process: str) -> bool:
    """Whether a process has ended or, within some seconds, does; what somebody has yet to ask for its code has."""
    state = Path(f"/proc/{process}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_builder_that_is_killed_takes_what_its_scripts_started_with_it(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pydist.build.host_box import Processes\n"
        "from pydist.build.limits import Watch\n"
        "folder = Path(sys.argv[1])\n"
        "with open(folder / 'log', 'wb') as log:\n"
        "    Processes().run(['/bin/sh', '-c', 'sleep 60 & echo $! > child; wait'], folder, {'PATH': '/bin'},\n"
        "                    log.fileno(), (), watch=Watch(folder / 'log'))\n"
    )
    builder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    child, started = tmp_path / "child", Path(f"/proc/{builder.pid}/task/{builder.pid}/children")
    # The script and its guard.
    while not child.exists() or not child.read_text().strip() or len(started.read_text().split()) < 2:
        time.sleep(0.02)
    builder.kill()
    builder.wait()
    assert is_gone(child.read_text().strip())


def test_a_process_that_does_not_end_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pydist.build.host_box._GRACE", 0.2)
    processes = Processes()
    codes: list[int] = []

    def work() -> None:
        with (tmp_path / "log").open("wb") as log:
            script = "trap '' TERM; echo > ready; while :; do sleep 0.1; done"
            codes.append(
                processes.run(
                    ["/bin/sh", "-c", script],
                    tmp_path,
                    {"PATH": "/bin"},
                    log.fileno(),
                    (),
                    watch=Watch(tmp_path / "log"),
                )
            )

    thread = threading.Thread(target=work)
    thread.start()
    while not (tmp_path / "ready").exists():
        time.sleep(0.02)
    processes.stop()
    thread.join(10)
    assert codes == [-9]


def test_only_the_listed_programs_of_the_machine_can_be_found(box: HostBox, tmp_path: Path) -> None:
    run(box, tmp_path, "true")
    listed = (resources.builders() / "box" / "programs.txt").read_text().split()
    ours = {"clang", "clang++", "cc", "gcc", "c++", "g++", "ar", "ranlib", "ld", "build-cc", "compile-library"}
    assert {path.name for path in (tmp_path / "work" / "path").iterdir()} == ours | set(listed)
    assert run(box, tmp_path, "command -v python3 git tclsh nm || echo none").endswith("none\n")
