"""The recorder of PYDIST_TRACE: valid JSON whatever the names are, written once, and never in the place of what is no
plain file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pydist.link.trace import read_trace
from pydist.policy import resources, toolchain

_PROGRAM = r"""
#include "trace.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct image_header header = {.python_hex = 0x030e07f0, .content_sha256 = {0xab, 1}};
static struct runtime traced;

static void *imports(void *name)
{
    for (int i = 0; i < 500; i++) {
        struct trace_import import = {.step = "run", .path = "lib/a.py", .bytes = 7};
        struct trace_event *outer = trace_begin(traced.trace, name, &import);
        import.around = outer;
        import.step = "create";
        trace_end(trace_begin(traced.trace, "in\"ner\\\n\x7f\xc3\xa4\xf0\x9f\x98\x80\xff\xed\xa0\x80\xc3", &import));
        trace_end(outer);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[2];
    traced.trace = trace_start(&traced);
    trace_phase(traced.trace, "first");
    traced.image.header = &header;
    traced.executable = argc > 2 ? argv[2] : "/bin/\x01\xfe";
    traced.process = getpid();
    if (chdir("/"))
        return 9;
    for (size_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, imports, i ? "one" : "two");
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    trace_phase(traced.trace, "second");
    trace_begin(traced.trace, "waits", &(struct trace_import){.step = "run", .path = ""});
    for (int i = 0; argc > 1 && i < atoi(argv[1]); i++)
        trace_end(trace_begin(traced.trace, "many", &(struct trace_import){.step = "exec", .path = ""}));
    if (fork() == 0)
        exit(0);
    wait(NULL);
    trace_write(traced.trace);
    exit(traced.trace ? 5 : 6);
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trace")
    (folder / "main.c").write_text(_PROGRAM, encoding="utf-8")
    compiler = shutil.which("cc")
    command = [compiler] if compiler else [str(toolchain.locate().path), "cc"]
    runtime = resources.runtime()
    sources = [runtime / name for name in ("trace.c", "trace_record.c", "trace_write.c")]
    flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{runtime}"]
    subprocess.run([*command, *flags, "main.c", *sources, "-o", "program"], cwd=folder, check=True)
    return folder / "program"


def run(program: Path, folder: Path, name: str | None, *words: str) -> tuple[int, str]:
    """Exit code and standard error."""
    variables = {"PYDIST_TRACE": name} if name is not None else {}
    done = subprocess.run(
        [program, *words], cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr


def test_threads_add_to_one_valid_document(program: Path, tmp_path: Path) -> None:
    assert run(program, tmp_path, "trace.json") == (5, "")
    assert os.listdir(tmp_path) == ["trace.json"]
    text = (tmp_path / "trace.json").read_bytes()
    assert text.isascii()
    document = json.loads(text)
    assert document["otherData"] | {"file": ""} == {
        "format": "pydist-trace", "version": 1, "file": "", "image_sha256": "ab01" + "0" * 60, "python": "3.14.7",
        "events_lost": 0,
    }  # fmt: skip
    assert document["otherData"]["file"] == os.fsdecode(b"/bin/\x01\xfe")
    events = document["traceEvents"]
    assert [event["name"] for event in events if event["cat"] == "phase"] == ["first", "second"]
    inner = os.fsdecode(b'in"ner\\\n\x7f\xc3\xa4\xf0\x9f\x98\x80\xff\xed\xa0\x80\xc3')
    names = [event["name"] for event in events if event["cat"] == "import"]
    assert {name: names.count(name) for name in set(names)} == {"one": 500, "two": 500, inner: 1000, "waits": 1}
    assert [event["name"] for event in events if not event.get("args", {}).get("finished", True)] == ["waits"]
    trace = read_trace(tmp_path / "trace.json")
    assert {item.depth for item in trace.imports if item.name == inner} == {1}
    for number, item in enumerate(trace.imports):
        inside = [part.duration for part in trace.imports[number + 1 : number + 2] if part.parent == number]
        assert item.own == pytest.approx(item.duration - sum(inside), abs=0.003)


def test_nothing_happens_where_nobody_asks(program: Path, tmp_path: Path) -> None:
    for name in (None, ""):
        assert run(program, tmp_path, name) == (6, "")
    assert os.listdir(tmp_path) == []


def test_what_is_too_much_is_counted(program: Path, tmp_path: Path) -> None:
    assert run(program, tmp_path, "%p.%.json", "20000") == (5, "")
    (path,) = tmp_path.iterdir()
    assert path.name.removesuffix(".%.json").isdecimal()
    trace = read_trace(path)
    assert len(trace.imports) + len(trace.phases) == 20000
    assert trace.lost == 2000 + 3


@pytest.mark.parametrize("name", ["missing/trace.json", "folder", "/dev/full", "a" * 300, "b" * 5000, "%p" * 2000])
def test_what_cannot_be_written_is_one_line(program: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    code, said = run(program, tmp_path, name)
    assert code in (5, 6)
    assert said.startswith("pydist: PYDIST_TRACE: ")
    assert said.count("\n") == 1
    assert os.listdir(tmp_path) == ["folder"]


def test_an_old_trace_is_replaced_and_what_is_no_plain_file_is_not(program: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("something" * 1_000_000)
    (tmp_path / "link").symlink_to("old")
    for name in ("link", "old"):
        assert run(program, tmp_path, name) == (5, "")
        assert read_trace(tmp_path / "old").phases
        assert (tmp_path / "link").is_symlink()
    code, said = run(program, tmp_path, "/dev/stderr")
    assert (code, json.loads(said)["otherData"]["version"]) == (5, 1)
