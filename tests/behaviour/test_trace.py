"""Promises of PYDIST_TRACE: it says where the time of a start went, whatever way the process ends, and changes nothing
else. Each test links one application and runs it; some draw its page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pydist.cli.main import main
from pydist.link.app import Request
from pydist.link.inspect import inspect
from pydist.link.link import link
from pydist.link.trace import Import, Trace, read_trace
from pydist.store import Store

pytestmark = pytest.mark.slow

SCRIPT = '''
import sys

def imports():
    """What this process has imported through the importer, and how it would be without a trace."""
    import json, xml.dom.minidom
    import _pydist_image
    names = {module.__spec__.name for name, module in sys.modules.items()
             if isinstance(getattr(module, "__loader__", None), _pydist_image.Loader) and name != "__main__"}
    print(json.dumps([sorted(names), sys.argv, len(sys._current_frames())]))

def leaves():
    import decimal, os
    os.chdir("/")
    sys.exit(int(sys.argv[2]))

def says():
    sys.exit("sorry")

def fails():
    import fractions
    raise KeyError("x")

def breaks():
    raise KeyboardInterrupt

def bad_import():
    try:
        import import_of_nothing
    except ImportError:
        pass
    import importlib.util
    for path in sys.argv[2:]:
        try:
            exec("import " + path)
        except Exception as error:
            print(type(error).__name__)

def threads():
    import threading
    both = threading.Barrier(2)
    def work(name):
        both.wait()
        __import__(name)
    made = [threading.Thread(target=work, args=(name,)) for name in ("wave", "smtplib")]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()

def children():
    import multiprocessing, os, subprocess
    if not os.fork():
        import colorsys
        sys.exit(0)
    os.wait()
    print(subprocess.run([sys.executable, "-c", "import mailbox"]).returncode)
    print(subprocess.run([sys.executable, *sys.argv[:1], "leaves", "7"]).returncode)
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(abs, [-3]))

def itself():
    import os, subprocess
    print(subprocess.run([sys.argv[0], "leaves", "4"]).returncode)

def vanishes():
    import os
    os._exit(3)

def late():
    import atexit
    def leave():
        import wave
    atexit.register(leave)

if __name__ == "__main__":
    globals()[sys.argv[1]]()
'''


@dataclass(frozen=True, slots=True)
class Application:
    program: Path

    def run(self, file: str | None, *words: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
        variables = {**more, **({"PYDIST_TRACE": file} if file is not None else {})}
        return subprocess.run(
            [self.program, *words], env=variables, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def trace(self, folder: Path, *words: str, code: int = 0) -> Trace:
        done = self.run("trace.json", *words, folder=folder)
        assert done.returncode == code, done.stderr
        return read_trace(folder / "trace.json")


def linked(folder: Path, store: Store, **settings: object) -> Application:
    (folder / "app.py").write_text(SCRIPT, encoding="utf-8")
    link(Request(app=str(folder / "app.py"), output=folder / "app", **settings), store=store)  # type: ignore[arg-type]
    return Application(folder / "app")


@pytest.fixture(scope="module")
def app(distribution: object, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Application:
    return linked(tmp_path_factory.mktemp("traced"), store)


@pytest.fixture(scope="module")
def dynamic(tree: Callable[..., Path], store: Store, tmp_path_factory: pytest.TempPathFactory) -> Application:
    root = tree("x86_64-unknown-linux-gnu", "noopt")
    return linked(tmp_path_factory.mktemp("dynamic"), store, distribution=str(root))


def phases(trace: Trace) -> list[str]:
    return [phase.name for phase in trace.phases]


ALL = ["mapping", "interpreter", "main", "exit"]


def inside(trace: Trace, item: Import) -> list[Import]:
    number = trace.imports.index(item)
    return [other for other in trace.imports if other.parent == number]


def check(trace: Trace, program: Path) -> None:
    """What holds for every trace."""
    assert trace.image_sha256 == inspect(program).image_sha256
    assert trace.lost == 0
    assert trace.phases[0].begin == 0
    for one, other in zip(trace.phases, trace.phases[1:], strict=False):
        assert one.begin + one.duration == pytest.approx(other.begin, abs=200)
    inner = dict.fromkeys(range(len(trace.imports)), 0.0)
    for item in trace.imports:
        if item.parent is not None:
            inner[item.parent] += item.duration
    for number, item in enumerate(trace.imports):
        assert item.own == pytest.approx(item.duration - inner[number], abs=0.01), item
    for thread in {item.thread for item in trace.imports}:
        mine = [item for item in trace.imports if item.thread == thread]
        whole = sum(item.duration for item in mine if item.parent is None)
        assert sum(item.own for item in mine) == pytest.approx(whole, abs=0.01 * len(mine))
    end = trace.phases[-1].begin + trace.phases[-1].duration
    assert all(item.begin + item.duration <= end + 0.002 for item in trace.imports)


def test_every_import_is_there_and_nested(app: Application, tmp_path: Path) -> None:
    plain = app.run(None, "imports", folder=tmp_path)
    done = app.run("trace.json", "imports", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == plain.stdout
    trace = read_trace(tmp_path / "trace.json")
    check(trace, app.program)
    assert phases(trace) == ALL
    names = {item.name for item in trace.imports}
    assert set(json.loads(done.stdout)[0]) <= names
    assert {"encodings", "json", "xml.dom.minidom"} <= names
    by_name = {item.name: item for item in trace.imports}
    assert "json.decoder" in {item.name for item in inside(trace, by_name["json"])}
    assert by_name["json"].path == "lib/python3.14/json/__init__.py"
    assert by_name["json"].bytes > 1000
    # Those that are built in, too.
    assert {item.step for item in trace.imports if item.name == "_json"} == {"create", "exec"}
    main_phase = trace.phases[2]
    assert main_phase.begin <= by_name["json"].begin <= main_phase.begin + main_phase.duration
    assert by_name["encodings"].begin < main_phase.begin


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["leaves", "0"], 0, ""),
        (["leaves", "5"], 5, ""),
        (["says"], 1, "sorry\n"),
        (["fails"], 1, "KeyError: 'x'\n"),
        (["breaks"], -signal.SIGINT, "KeyboardInterrupt\n"),
        (["late"], 0, ""),
    ],
)
def test_the_process_ends_as_it_does_without(
    app: Application, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    """The trace is in the folder that the process started in, though `leaves` goes elsewhere."""
    done = app.run("trace.json", *words, folder=tmp_path)
    plain = app.run(None, *words, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert done.returncode == code
    assert done.stderr.endswith(said)
    trace = read_trace(tmp_path / "trace.json")
    check(trace, app.program)
    assert phases(trace) == ALL
    if words == ["late"]:
        (item,) = (item for item in trace.imports if item.name == "wave")
        assert item.begin >= trace.phases[3].begin


def test_imports_that_fail_are_there(app: Application, tmp_path: Path) -> None:
    trace = app.trace(tmp_path, "bad_import", "this", "antigravity", "lib2to3", "tkinter")
    check(trace, app.program)
    assert "this" in {item.name for item in trace.imports}


def test_a_process_that_vanishes_leaves_nothing(app: Application, tmp_path: Path) -> None:
    assert app.run("trace.json", "vanishes", folder=tmp_path).returncode == 3
    assert os.listdir(tmp_path) == []


def test_threads_have_imports_of_their_own(app: Application, tmp_path: Path) -> None:
    trace = app.trace(tmp_path, "threads")
    check(trace, app.program)
    where = {item.name: item.thread for item in trace.imports}
    assert len({where["wave"], where["smtplib"], trace.main_thread}) == 3
    assert {item.thread for item in trace.imports if item.name in ("json", "threading")} <= {trace.main_thread}


def test_children_do_not_write_over_it(app: Application, tmp_path: Path) -> None:
    done = app.run("trace-%p.json", "children", folder=tmp_path)
    assert (done.returncode, done.stdout.split("\n")) == (0, ["0", "7", "[3]", "[3]", "[3]", ""]), done.stderr
    (path,) = tmp_path.iterdir()
    trace = read_trace(path)
    check(trace, app.program)
    names = {item.name for item in trace.imports}
    assert "multiprocessing.pool" in names
    assert not {"colorsys", "mailbox", "decimal"} & names
    assert path.name == f"trace-{trace.main_thread}.json"


def test_each_application_has_its_own(app: Application, tmp_path: Path) -> None:
    done = app.run("trace-%p.json", "itself", folder=tmp_path)
    assert done.stdout == "4\n"
    traces = [read_trace(path) for path in tmp_path.iterdir()]
    assert sorted("decimal" in {item.name for item in trace.imports} for trace in traces) == [False, True]


@pytest.mark.parametrize("file", ["missing/trace.json", "/dev/full", "{program}/lib/trace.json"])
def test_a_trace_that_cannot_be_written_is_one_line(app: Application, tmp_path: Path, file: str) -> None:
    done = app.run(file.format(program=app.program), "leaves", "5", folder=tmp_path)
    assert done.returncode == 5
    assert done.stderr.startswith("pydist: PYDIST_TRACE: ")
    assert "cannot be written: " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_program_with_rights_of_its_own_writes_none(app: Application, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    other = Application(tmp_path / "other")
    shutil.copy(app.program, other.program)
    assert other.run("trace.json", "leaves", "5", folder=tmp_path).returncode == 5
    (tmp_path / "trace.json").unlink()
    os.chown(other.program, 65534, 65534)
    other.program.chmod(0o4755)
    if os.statvfs(tmp_path).f_flag & os.ST_NOSUID:
        pytest.skip("this file system gives no rights")
    done = other.run("trace.json", "leaves", "5", folder=tmp_path)
    assert (done.returncode, done.stderr) == (5, "")
    assert os.listdir(tmp_path) == ["other"]


def test_the_page_shows_the_start(app: Application, tmp_path: Path) -> None:
    app.trace(tmp_path, "imports")
    page = tmp_path / "page.html"
    words = ["inspect", "-q", str(app.program), "--trace", str(tmp_path / "trace.json"), "--html", str(page)]
    assert main(words) == 0
    text = page.read_text("utf-8")
    for part in ("imports in interpreter", "<title>json: ", "<title>standard library / code / asyncio: "):
        assert part in text


def test_with_glibc_it_is_the_same(dynamic: Application, tmp_path: Path) -> None:
    trace = dynamic.trace(tmp_path, "imports")
    check(trace, dynamic.program)
    assert phases(trace) == ALL
    assert {"json", "xml.dom.minidom"} <= {item.name for item in trace.imports}
