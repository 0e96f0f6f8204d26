"""The container box: what a job cannot reach in it, what is left of it, and that its results are those of the host."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import APIError, NotFound

from pydist.archive.paths import UnsafeName
from pydist.build import leftovers
from pydist.build.box import BoxKind, kind_in
from pydist.build.boxes import opened_box
from pydist.build.components import build_components
from pydist.build.container_box import ContainerBox
from pydist.build.job import Job, Step
from pydist.build.limits import PROCESSES, memory_of
from pydist.build.request import BuildRequest
from pydist.build.variables import target_variables
from pydist.errors import StepFailed
from pydist.link.dist import Distribution
from pydist.policy import engine, resources, targets, toolchain
from pydist.progress import Silent
from pydist.store import Store, digest_tree
from tests.support.engine import needs_engine

pytestmark = [pytest.mark.slow, needs_engine]

COMPARED = ("zlib", "openssl", "cpython")
OTHER = {BoxKind.CONTAINER: BoxKind.HOST, BoxKind.HOST: BoxKind.CONTAINER}


@pytest.fixture
def client() -> Iterator[APIClient]:
    client = engine.connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerBox]:
    store = Store(tmp_path_factory.mktemp("box"))
    made = ContainerBox.open(toolchain.locate(), store, jobs=2, reporter=Silent())
    yield made
    made.close()


def job(work: Path, *scripts: str) -> Job:
    (work / "out").mkdir(parents=True, exist_ok=True)
    (work / "src").mkdir(exist_ok=True)
    steps = [
        Step(name=f"step {number}", command=("/bin/sh", "-c", script), folder="src")
        for number, script in enumerate(scripts)
    ]
    return Job(work=work, steps=tuple(steps), variables={"GIVEN": "a b"}, paths={"OUT": "out"}, log=work / "log")


def said(box: ContainerBox, work: Path, script: str) -> str:
    asked = job(work, script)
    box.run(asked)
    signature, _, text = asked.log.read_text().partition("\n")
    assert signature == "box: container"
    return text


def containers(client: APIClient, box: ContainerBox) -> list[str]:
    """Those of the box's store that have a job: one of each builder only holds the image."""
    found = client.containers(all=True, filters={"label": f"pydist.store={box.store}"})
    return [item["Id"] for item in found if not item["Labels"]["pydist.work"].endswith("/lease")]


def test_an_open_box_holds_its_image_and_its_volumes_between_jobs(
    client: APIClient, box: ContainerBox, tmp_path: Path
) -> None:
    other = ContainerBox.open(toolchain.locate(), Store(tmp_path), jobs=1, reporter=Silent())
    for remove, name in ((client.remove_image, other.image), (client.remove_volume, other.cache)):
        with pytest.raises(APIError, match="409"):
            remove(name)
    other.close()
    with pytest.raises(NotFound):
        client.inspect_container(other.lease)


def test_zlib_openssl_and_cpython_are_the_same_bytes_from_both_boxes(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    request = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="")
    first = build_components(["archives"], request, store=store)
    made = {name: kind_in(first[name] / "build.log") for name in COMPARED}
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for fetched in store.downloads.glob("????????????????-*"):  # by the digest that its name begins with
        (downloads / fetched.name[17:]).symlink_to(fetched)
    for kind in BoxKind:
        again = [name for name in COMPARED if (made[name] or BoxKind.HOST) is OTHER[kind]]
        if not again:
            continue
        # What is not compared is taken over, for the time it takes.
        other = Store(tmp_path / f"store-in-a-folder-of-another-length-{kind}")
        for name, folder in first.items():
            if name not in (*again, "distribution", "archives"):
                shutil.copytree(folder, other.root / "nodes" / folder.name, symlinks=True)
        wanted = [*again, "archives"] if "cpython" in again else again
        second = build_components(wanted, request, box=kind, store=other, downloads=downloads)
        for name in again:
            assert kind_in(second[name] / "build.log") is kind
            assert second[name].name == first[name].name, "the kind of box is part of the key"
        for name in set(again) - {"cpython"}:
            assert content(second[name]) == content(first[name]), name
        if "cpython" in again:
            for name in ("distribution", "archives"):
                assert content(second[name]) == content(first[name]), name


def content(node: Path) -> str:
    """Digest of a node without its stamp and its log, in which programs that run at once take turns."""
    return digest_tree(node, skip=("__pycache__", "node.json", "build.log"))


def test_a_job_has_no_network(box: ContainerBox, tmp_path: Path) -> None:
    assert said(box, tmp_path / "work", "ls /sys/class/net").split() == ["lo"]


def test_a_job_is_not_root_and_cannot_become_root(box: ContainerBox, tmp_path: Path) -> None:
    text = said(box, tmp_path / "work", "id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status")
    words = text.split()
    assert words[:2] == ["1000", "1000"]
    assert set(zip(words[2::2], words[3::2], strict=True)) == {
        ("CapBnd:", "0" * 16), ("CapEff:", "0" * 16), ("NoNewPrivs:", "1"),
    }  # fmt: skip


def test_a_job_can_write_to_its_own_folder_and_to_nothing_of_the_system(box: ContainerBox, tmp_path: Path) -> None:
    script = "for place in /usr /etc /opt/pydist /; do touch $place/x 2>/dev/null && echo $place; done; touch here; ls"
    assert said(box, tmp_path / "work", script).split() == ["here"]


def test_a_job_finds_our_tools_and_the_listed_programs_and_no_other_compiler(box: ContainerBox, tmp_path: Path) -> None:
    script = (
        "ls $PATH/; echo /; for name in cc gcc clang as ld ar nm python3; do ls /usr/bin/$name 2>/dev/null; done; true"
    )
    found, _, elsewhere = said(box, tmp_path / "work", script).partition("/\n")
    listed = (resources.builders() / "box" / "programs.txt").read_text().split()
    ours = {"clang", "clang++", "cc", "gcc", "c++", "g++", "ar", "ranlib", "ld", "build-cc", "compile-library"}
    assert set(found.split()) == ours | set(listed)
    assert elsewhere == ""


def test_the_image_is_told_by_the_digest_that_the_engine_has_of_it(box: ContainerBox) -> None:
    told = box.surroundings()
    assert told.programs == {}
    assert told.image is not None
    assert told.image.tag == box.image
    assert re.fullmatch(r"[0-9a-f]{64}", told.image.sha256)


def test_a_job_sees_its_variables_and_nothing_of_the_machine(
    box: ContainerBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    text = said(box, tmp_path / "work", "env; cat; umask; pwd; ls /home")
    assert "GIVEN=a b" in text
    assert "OUT=/build/out" in text
    assert "/build/src\n" in text
    assert "0022\n" in text
    assert "SECRET" not in text
    assert str(tmp_path) not in text
    assert "HOSTNAME" not in text


def test_results_come_out_with_their_links_and_executable_bits(box: ContainerBox, tmp_path: Path) -> None:
    script = (
        'mkdir "$OUT/bin" && echo hello > "$OUT/bin/tool" && chmod 755 "$OUT/bin/tool" && ln -s tool "$OUT/bin/alias"'
    )
    said(box, tmp_path / "work", script)
    out = tmp_path / "work" / "out"
    assert (out / "bin" / "tool").read_text() == "hello\n"
    assert os.access(out / "bin" / "tool", os.X_OK)
    assert (out / "bin" / "alias").readlink() == Path("tool")


def test_results_that_lead_out_of_their_folder_are_refused(box: ContainerBox, tmp_path: Path) -> None:
    with pytest.raises(UnsafeName, match="/etc/passwd"):
        said(box, tmp_path / "work", 'ln -s /etc/passwd "$OUT/link"')


def test_a_failed_step_is_named_with_its_last_lines_and_the_container_is_gone(
    box: ContainerBox, client: APIClient, tmp_path: Path
) -> None:
    with pytest.raises(StepFailed) as caught:
        box.run(job(tmp_path / "work", "true", "echo the last word >&2; exit 7", "echo never"))
    assert "step 1 failed with exit code 7" in str(caught.value)
    assert caught.value.tail[-1] == "the last word"
    assert containers(client, box) == []


def test_while_a_job_runs_its_log_can_be_read_and_it_has_limits(
    box: ContainerBox, client: APIClient, tmp_path: Path
) -> None:
    with started(box, tmp_path / "work", "echo the first word; sleep 100"):
        wait_for(lambda: "the first word" in read(tmp_path / "work" / "log"))
        (container,) = containers(client, box)
        settings = client.inspect_container(container)["HostConfig"]
        assert settings["NetworkMode"] == "none"
        assert settings["ReadonlyRootfs"]
        assert not settings["Binds"]
        facts = client.info()  # an engine that does not run as root may be unable to set some of them
        limits = {
            "MemoryLimit": ("Memory", memory_of(facts["MemTotal"])),
            "PidsLimit": ("PidsLimit", PROCESSES),
            "CpuCfsQuota": ("NanoCpus", 1_000_000_000),  # it was opened for one job
        }
        for able, (name, limit) in limits.items():
            assert settings[name] == limit or not facts[able], name


def test_more_memory_than_there_is_for_a_job_ends_it_and_the_message_says_so(
    box: ContainerBox, client: APIClient, tmp_path: Path
) -> None:
    with pytest.raises(StepFailed, match="a container may use 67,108,864 bytes"):
        replace(box, memory=64 << 20).run(job(tmp_path / "work", "exec perl -e '$x = \"a\" x (1 << 30)'"))
    assert containers(client, box) == []


def test_a_job_without_an_end_is_ended_and_the_message_says_why(
    box: ContainerBox, client: APIClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydist.build.limits.LOG_BYTES", 10_000)
    with pytest.raises(StepFailed, match="the log of a job may have 10,000 bytes"):
        box.run(job(tmp_path / "talking", "while :; do echo 0123456789; done"))
    with pytest.raises(StepFailed, match="the log of a job may have 10,000 bytes"):
        box.run(job(tmp_path / "done", "head -c 100000 /dev/zero; exit 0"))
    monkeypatch.setattr("pydist.build.limits.STEP_SECONDS", 2)
    with pytest.raises(StepFailed, match="a step may take 2 seconds"):
        box.run(job(tmp_path / "silent", "trap '' TERM; while :; do sleep 1; done"))
    # The shell that runs the steps is the first process of the container.
    with pytest.raises(StepFailed, match="step 0 failed") as caught:
        box.run(
            job(tmp_path / "lying", "while :; do echo 77 > /proc/1/fd/3; echo 0 > /proc/1/fd/3; sleep 1; done", "x")
        )
    assert "a step may take 2 seconds" in str(caught.value)
    assert containers(client, box) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_builder_that_is_asked_to_end_takes_its_container_with_it(
    number: signal.Signals, box: ContainerBox, client: APIClient, tmp_path: Path
) -> None:
    with started(box, tmp_path / "work", "echo > ../out/x; echo ready; sleep 100") as builder:
        wait_for(lambda: "ready" in read(tmp_path / "work" / "log"))
        builder.send_signal(number)
        assert builder.wait(30) == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
        assert containers(client, box) == []


def test_what_a_killed_builder_left_is_removed_when_the_next_one_begins(
    box: ContainerBox, client: APIClient, tmp_path: Path
) -> None:
    with started(box, tmp_path / "work", "echo ready; sleep 100") as builder:
        wait_for(lambda: "ready" in read(tmp_path / "work" / "log"))
        leftovers.remove_of_dead_builders(client, box.store)
        (left,) = containers(client, box)
        mounts = client.inspect_container(left)["Mounts"]
        own = {mount["Name"] for mount in mounts if mount["Type"] == "volume"} - {box.cache}
        assert own
        builder.kill()
        builder.wait()
        assert client.inspect_container(left)["State"]["Running"]
        ContainerBox.open(box.toolchain, Store(box.store), jobs=1, reporter=Silent())
        assert containers(client, box) == []
        assert not own & {volume["Name"] for volume in client.volumes()["Volumes"]}


def test_who_takes_a_folder_over_removes_what_still_works_in_it(
    box: ContainerBox, client: APIClient, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    left = client.create_container(box.image, ["/bin/true"], labels=leftovers.labels(box.store, work))["Id"]
    assert containers(client, box) == [left]
    said(box, work, "true")
    assert containers(client, box) == []


def test_where_no_image_can_be_had_the_host_does_and_a_line_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Diary(Silent):
        notes: tuple[str, ...] = ()

        def note(self, message: str) -> None:
            self.notes += (message,)

    shutil.copytree(resources.containers(), tmp_path / "containers")
    nowhere = "FROM 127.0.0.1:9/nothing@sha256:" + "0" * 64 + "\n"
    (tmp_path / "containers" / "base.Dockerfile").write_text(nowhere)
    monkeypatch.setattr(resources, "containers", lambda: tmp_path / "containers")
    (tmp_path / "mmdebstrap").write_text("#!/bin/sh\necho there is no archive\nexit 1\n")
    (tmp_path / "mmdebstrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    diary = Diary()
    with opened_box(None, Store(tmp_path / "store"), jobs=1, reporter=diary) as opened:
        assert opened.kind is BoxKind.HOST
    (note,) = diary.notes
    assert note.startswith("building on the host, not in a container: the base image can be neither pulled nor made")
    assert note.endswith("there is no archive")


@pytest.mark.parametrize("triple", sorted(targets.load()))
def test_programs_of_every_target_can_be_made_and_run(triple: str, box: ContainerBox, tmp_path: Path) -> None:
    row = targets.find(triple)
    if not (row.target.runs_here or row.emulator):
        pytest.skip(f"this machine's processor does not run {triple}")
    emulator = "" if row.target.runs_here else " ".join(row.emulator)
    for linkage in filter(None, (row.static, row.dynamic)):
        flags = " ".join((*linkage.cflags, *linkage.ldflags))
        asked = job(tmp_path / "work", f"clang {flags} main.c -o main && {emulator} ./main")
        variables = {**target_variables(row), "PYDIST_CFLAGS": "", "DEPS": "/build"}
        (asked.work / "src" / "main.c").write_text('#include <stdio.h>\nint main(void) { return puts("ran") < 0; }\n')
        box.run(replace(asked, variables=variables))
        assert asked.log.read_text().endswith("ran\n")
        shutil.rmtree(asked.work)


BUILDER = """
import sys
from pathlib import Path
import pydist.cli.doctor
from pydist.build.container_box import ContainerBox
from pydist.build.job import Job, Step
from pydist.build.schedule import PlannedNode, run
from pydist.policy import toolchain
from pydist.progress import Silent
from pydist.store import Key, Store
def command(args, terminal):
    root, work, script = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    box = ContainerBox.open(toolchain.locate(), Store(root), jobs=1, reporter=Silent())
    def make(out, inputs):
        step = Step(name='x', command=('/bin/sh', '-c', script), folder='.')
        (work / 'out').mkdir(parents=True)
        box.run(Job(work=work, steps=(step,), variables={}, paths={}, log=work / 'log'))
    node = PlannedNode(name='x', key=Key.of('test', {'work': str(work)}), needs=(), make=make)
    run([node], Store(root), jobs=1, reporter=Silent(), stop=box.stop)
    return 0
pydist.cli.doctor.run = command
from pydist.cli.main import main
sys.exit(main(['doctor']))
"""


@contextmanager
def started(box: ContainerBox, work: Path, script: str) -> Iterator[subprocess.Popen[bytes]]:
    """A builder of its own that runs `script` in a container. At the end, however the test went, neither is there."""
    command = [sys.executable, "-c", BUILDER, str(box.store), str(work), script]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as builder:
        try:
            yield builder
        finally:
            builder.kill()
            builder.wait()
            with closing(engine.connect()) as client:
                leftovers.remove_of_dead_builders(client, box.store)


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
