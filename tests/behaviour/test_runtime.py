"""Promises of the run time: a linked script behaves like `python script.py`, alone on any machine, whatever is set.

Most tests run one act of `tests/cases/twin/twin.py` twice, by the distribution's own interpreter and linked, and
compare what it wrote, with the two roots given one name, and how it ended.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.image import FORMAT, MAGIC
from pydist.link.link import link
from pydist.store import Store

pytestmark = pytest.mark.slow

START = MAGIC + FORMAT.to_bytes(4, "little")
"""What an image begins with."""

CASE = Path(__file__).resolve().parent.parent / "cases" / "twin"
ACTS = [
    name
    for file in ("twin.py", "parts/files.py", "parts/memory.py")
    for name in re.findall(r"^def (\w+)\(", (CASE / file).read_text(encoding="utf-8"), re.MULTILINE)
]
# Acts of tests of their own.
ELSEWHERE = {"writes_much", "shows_its_arguments", "churn", "gives_memory_back"}
# Acts that show what Python does when it clears its memory, which it does not with a fast exit.
CLEARS = {"collects_garbage_at_exit", "prints_at_shutdown", "ends_with_cycles"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """The two programs: how each is started, and the names that its folders have in what it writes."""

    linked: Path
    python: Path
    script: Path

    def both(self, act: str, **options: object) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """How `act` ended, linked and not."""
        root = str(self.linked)
        names = {f"{root}/lib/python3.14/site-packages": "APP", f"{root}/lib/python3.14": "LIB"}
        plain = {str(self.script.parent): "APP", str(self.python.parent.parent / "lib" / "python3.14"): "LIB"}
        command = [str(self.python), "-E", "-s", "-B", "-X", "frozen_modules=off", str(self.script), act]
        return outcome([root, act], names, options), outcome(command, plain, options)


def outcome(command: Sequence[str], names: dict[str, str], options: dict[str, object]) -> tuple[object, ...]:
    settings: dict[str, object] = {"env": {}, "cwd": "/", "stdin": subprocess.DEVNULL, **options}
    if "stdout" not in settings:
        settings |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = subprocess.run(command, check=False, timeout=60, **settings)  # type: ignore[call-overload]
    texts = [(text or b"").decode(errors="replace") for text in (done.stdout, done.stderr)]
    for folder, name in names.items():
        texts = [text.replace(folder, name) for text in texts]
    return (done.returncode, *(re.sub(r"0x[0-9a-f]{6,}", "0x", text) for text in texts))


@pytest.fixture(scope="module")
def twins(distribution: Distribution, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    return linked_twins(distribution.root, tmp_path_factory.mktemp("twins"), store)


@pytest.fixture(scope="module")
def fast_twins(distribution: Distribution, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    return linked_twins(distribution.root, tmp_path_factory.mktemp("fast"), store, fast_exit=True)


@pytest.fixture(scope="module")
def dynamic_twins(tree: Callable[..., Path], store: Store, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    return linked_twins(tree("x86_64-unknown-linux-gnu", "noopt"), tmp_path_factory.mktemp("dynamic"), store)


def linked_twins(root: Path, folder: Path, store: Store, **settings: bool) -> Twins:
    shutil.copytree(CASE, folder / "source")
    (folder / "source" / "parts" / "syntax.py").write_text("x = (1,\n")
    script = folder / "source" / "twin.py"
    request = Request(app=str(script), output=folder / "linked" / "twin", distribution=str(root), **settings)  # type: ignore[arg-type]
    link(request, store=store)
    return Twins(linked=folder / "linked" / "twin", python=root / "install/bin/python3.14", script=script)


def application(code: str, folder: Path, store: Store, **settings: object) -> Path:
    script = folder / "app.py"
    script.write_text(code, encoding="utf-8")
    link(Request(app=str(script), output=folder / "app", **settings), store=store)  # type: ignore[arg-type]
    return folder / "app"


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ELSEWHERE])
def test_an_act_ends_as_it_does_in_an_ordinary_python(twins: Twins, act: str) -> None:
    linked, plain = twins.both(act)
    assert linked == plain


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ELSEWHERE | CLEARS])
def test_an_act_ends_so_too_with_a_fast_exit(fast_twins: Twins, act: str) -> None:
    linked, plain = fast_twins.both(act)
    assert linked == plain


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ELSEWHERE])
def test_an_act_ends_so_too_where_shared_objects_can_be_loaded(dynamic_twins: Twins, act: str) -> None:
    linked, plain = dynamic_twins.both(act)
    assert linked == plain


def test_memory_of_objects_that_are_gone_goes_back_to_the_system(twins: Twins) -> None:
    """Static musl's own allocator keeps it."""
    linked, _ = twins.both("gives_memory_back")
    assert linked == (0, "True True\n", "")


@pytest.mark.parametrize("module", ["parts", "parts.__main__"])
def test_a_module_runs_as_python_m_runs_it(twins: Twins, store: Store, tmp_path: Path, module: str) -> None:
    program = tmp_path / "app"
    link(Request(app=str(twins.script), output=program, module=module), store=store)
    root = f"{program}/lib/python3.14"
    linked = outcome([str(program), "x", "-y"], {f"{root}/site-packages": "APP", root: "LIB"}, {})
    folder = twins.script.parent
    command = [str(twins.python), "-E", "-s", "-B", "-m", module, "x", "-y"]
    plain = outcome(command, {str(folder): "APP"}, {"cwd": folder})
    # `python -m` shows the frames of runpy, which is not what runs a module here.
    shown = re.sub(r"  File \"<frozen runpy>\", line \d+, in \w+\n", "", str(plain[2]))
    assert linked == (plain[0], plain[1], shown)


@pytest.mark.parametrize("text", [b"", b"one line\n", "zwölf\n".encode(), b"\xff\xfe", b"no newline"])
@pytest.mark.parametrize("act", ["reads_all_of_stdin", "reads_a_line"])
def test_standard_input_is_read_alike(twins: Twins, act: str, text: bytes) -> None:
    linked, plain = twins.both(act, stdin=None, input=text)
    assert linked == plain


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"LANG": "de_DE.ISO-8859-1"}])
@pytest.mark.parametrize("act", ["shows_its_streams", "reads_resources"])
def test_streams_follow_the_locale_alike(twins: Twins, act: str, locale: dict[str, str]) -> None:
    linked, plain = twins.both(act, env=locale)
    assert linked == plain


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams_are_none_alike(twins: Twins, closed: tuple[int, ...]) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    linked, plain = twins.both("shows_its_streams", preexec_fn=close)
    assert linked == plain


def test_a_full_disk_is_exit_code_120_alike(twins: Twins) -> None:
    with Path("/dev/full").open("wb") as full:
        linked, plain = twins.both("returns", stdout=full, stderr=subprocess.PIPE)
    assert linked == plain
    assert linked[0] == 120


def test_a_reader_that_goes_away_is_noticed_alike(twins: Twins) -> None:
    codes = []
    for command in ([str(twins.linked)], [str(twins.python), "-I", str(twins.script)]):
        child = subprocess.Popen([*command, "writes_much"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={})
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(10)
        child.stdout.close()
        codes.append((child.wait(), b"BrokenPipeError" in child.stderr.read()))
        child.stderr.close()
    assert codes[0] == codes[1]
    assert codes[0][1]


def test_an_interrupt_is_seen_as_one_by_the_parent(twins: Twins, tmp_path: Path, store: Store) -> None:
    program = application("import time\nprint('ready', flush=True)\ntime.sleep(60)\n", tmp_path, store)
    child = subprocess.Popen([program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={})
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=10) == -signal.SIGINT
    assert child.stderr.read().splitlines()[-1] == b"KeyboardInterrupt"
    child.stdout.close()
    child.stderr.close()


def test_no_environment_variable_and_no_file_beside_it_changes_what_runs(twins: Twins, tmp_path: Path) -> None:
    for name in ("json.py", "sitecustomize.py", "usercustomize.py", "encodings.py", "parts.py"):
        (tmp_path / name).write_text("raise SystemExit('taken over')\n")
    (tmp_path / "pyvenv.cfg").write_text("home = /nowhere\ninclude-system-site-packages = true\n")
    (tmp_path / "twin._pth").write_text("/nowhere\n")
    shutil.copy(twins.linked, tmp_path / "twin")
    hostile = {
        "PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nowhere", "PYTHONSTARTUP": str(tmp_path / "json.py"),
        "PYTHONOPTIMIZE": "2", "PYTHONINSPECT": "1", "PYTHONVERBOSE": "1", "PYTHONDEVMODE": "1", "PYTHONUTF8": "0",
        "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii", "PYTHONHASHSEED": "7", "PYTHONMALLOC": "debug",
        "PYTHONUNBUFFERED": "1", "PYTHONPLATLIBDIR": "no", "PYTHONEXECUTABLE": "/no", "PYTHON_FROZEN_MODULES": "off",
        "PYTHONCASEOK": "1", "PYTHONSAFEPATH": "", "PYTHONUSERBASE": str(tmp_path), "PYTHONBREAKPOINT": "nothing",
    }  # fmt: skip
    quiet = subprocess.run([twins.linked, "reads_resources"], env={}, cwd="/", capture_output=True, check=True)
    loud = subprocess.run([tmp_path / "twin", "reads_resources"], env=hostile, cwd=tmp_path, capture_output=True,
                          check=True)  # fmt: skip
    assert (loud.stdout, loud.stderr) == (quiet.stdout, quiet.stderr)


PATHS = """
import sys, sysconfig
names = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "executable", "_base_executable", "_stdlib_dir")
print(*[f"{name}={getattr(sys, name)}" for name in names], sys.path, sysconfig.get_paths(), sep="\\n")
"""


@pytest.mark.parametrize("place", [".", ".."])
@pytest.mark.parametrize("content", [None, "", "home = /nowhere\ninclude-system-site-packages = true\n"])
def test_a_pyvenv_cfg_beside_or_above_it_is_not_opened(
    distribution: Distribution, store: Store, tmp_path: Path, place: str, content: str | None
) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    program = application(PATHS + "sys.stdout.flush()\n", tmp_path, store).rename(tmp_path / "venv" / "bin" / "a:pp")
    before = subprocess.run([program], env={}, capture_output=True, text=True, check=True, timeout=20)
    settings = program.parent / place / "pyvenv.cfg"
    if content is None:
        os.mkfifo(settings)  # whoever opens it waits for ever
    else:
        settings.write_text(content)
    after = subprocess.run([program], env={}, capture_output=True, text=True, check=True, timeout=20)
    assert (after.stdout, after.stderr) == (before.stdout, before.stderr)
    values = dict(line.split("=", 1) for line in after.stdout.splitlines()[:7])
    assert values.pop("_stdlib_dir") == f"{program}/lib/python3.14"
    assert values.pop("executable") == values.pop("_base_executable") == f"{program}/bin/python3.14"
    assert set(values.values()) == {str(program)}


def test_a_package_in_a_folder_that_is_no_package_is_imported_from_its_source(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "part" / "_vendor-1.0" / "dep").mkdir(parents=True)
    (tmp_path / "part" / "_vendor-1.0" / "dep" / "__init__.py").write_text("print(__file__, __path__)\n")
    code = (
        '# /// script\n# [tool.pydist]\n# include = ["part/*"]\n# ///\nimport importlib, os, sys\n'
        "sys.path.insert(0, os.path.dirname(__file__) + '/part/_vendor-1.0')\nimportlib.import_module('dep')\n"
    )
    program = application(code, tmp_path, store)
    folder = f"{program}/lib/python3.14/site-packages/part/_vendor-1.0/dep"
    assert subprocess.check_output([program], env={}, text=True) == f"{folder}/__init__.py ['{folder}']\n"


def test_restarting_with_the_original_arguments_changes_none(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    code = "import os, sys\nprint(sys.argv[1:], flush=True)\nif 'AGAIN' not in os.environ:\n"
    code += "    os.environ['AGAIN'] = '1'\n    os.execv(sys.executable, sys.orig_argv)\n"
    program = application(code, tmp_path, store)
    done = subprocess.run([program, "a", "-b"], env={}, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "['a', '-b']\n" * 2


def test_starting_opens_no_file_of_the_machine(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    program = application("import json, importlib.metadata\n", tmp_path, store)
    command = [strace, "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", str(tmp_path / "calls"), str(program)]
    subprocess.run(command, env={}, check=True, timeout=60)
    calls = (tmp_path / "calls").read_text()
    opened = set(re.findall(r'"([^"\n]*)", [^"\n]*= \d+$', calls, re.MULTILINE))
    # The allocator of the C library asks how memory is given out, `time` which zone this machine is in.
    assert opened <= {"/proc/sys/vm/overcommit_memory", "/etc/localtime"}
    # Names that are not there: only where nobody can put something.
    assert set(re.findall(r'"([^"\n]*)", [^"\n]*= -1', calls)) <= {"/proc/0/pyvenv.cfg", "/proc/0/0/pyvenv.cfg"}


def test_no_argument_makes_a_python_of_it(twins: Twins) -> None:
    with Path("/proc/self/exe").open("rb") as other, tempfile.TemporaryFile() as file:
        file.write(b"\x1fpython")
        file.flush()
        memory = os.memfd_create("stdin", os.MFD_ALLOW_SEALING)
        os.write(memory, b"\x1fpython")
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, 15)
        numbers = (other.fileno(), file.fileno())
        marks = ["\x1fpython", *(f"\x1fpython:{number}" for number in (0, *numbers, 999, -1, 2**40, "", "3x"))]
        for mark in marks:
            done = subprocess.run([twins.linked, mark, "-c", "print('taken over')"], env={}, capture_output=True,
                                  check=False, stdin=memory, pass_fds=numbers)  # fmt: skip
            assert (done.returncode, done.stdout) == (1, b"")
            assert done.stderr.splitlines()[-1].startswith(b"KeyError: '\\x1fpython")
        os.close(memory)


def test_all_arguments_are_the_applications(twins: Twins) -> None:
    arguments = ["-c", "print(1)", "--help", "-m", "this", "-V", "", "ä", "--", "-"]
    done = subprocess.run([twins.linked, "shows_its_arguments", *arguments], capture_output=True, text=True, check=True,
                          env={})  # fmt: skip
    assert done.stdout.splitlines()[0] == f"{['shows_its_arguments', *arguments]!r} 1 1 0 True"


def test_it_runs_in_an_empty_root_without_proc(twins: Twins, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    shutil.copy(twins.linked, tmp_path / "twin")
    chroot = shutil.which("chroot") or ""
    acts = ("reads_resources", "reads_source", "lists_modules", "uses_a_subinterpreter", "imports_in_threads",
            "starts_itself_again", "passes_many_arguments", "searches_folders_as_others_do")  # fmt: skip
    (tmp_path / "tmp").mkdir()
    for act in acts:
        inside = outcome([chroot, str(tmp_path), "/twin", act], {"/twin": "ROOT"}, {})
        outside = outcome([str(twins.linked), act], {str(twins.linked): "ROOT"}, {})
        assert inside == outside
        assert inside[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tmp", "twin"]


@pytest.mark.parametrize("name", ["with space", "ünïcode", "a" * 200, "new\nline", "back\\slash", b"\xff\xfe"])
def test_the_file_may_be_called_anything(twins: Twins, tmp_path: Path, name: str | bytes) -> None:
    path = os.path.join(os.fsencode(tmp_path), os.fsencode(name))
    shutil.copy(os.fsencode(twins.linked), path)
    for act in (b"shows_a_module", b"reads_source", b"moves_a_search_path"):
        done = subprocess.run([path, act], env={}, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def test_it_is_found_through_path_and_links(twins: Twins, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(twins.linked)
    done = subprocess.run(["link", "shows_main"], env={"PATH": str(tmp_path)}, capture_output=True, text=True,
                          check=True, executable=tmp_path / "link")  # fmt: skip
    assert done.stdout.startswith("__main__ None None")


@pytest.mark.parametrize("keep", [0.2, 0.45, 0.7, 0.99])
def test_a_file_cut_short_says_so(twins: Twins, tmp_path: Path, keep: float) -> None:
    data = twins.linked.read_bytes()
    image = data.rindex(START)
    (tmp_path / "cut").write_bytes(data[: image + int((len(data) - image) * keep)])
    (tmp_path / "cut").chmod(0o755)
    done = subprocess.run([tmp_path / "cut"], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert done.stderr == f"pydist: {tmp_path / 'cut'}: this file has been cut short\n"


def test_a_file_whose_image_strip_took_away_says_so(twins: Twins, tmp_path: Path) -> None:
    strip = shutil.which("strip")
    if strip is None:
        pytest.skip("needs strip (Debian: binutils)")
    subprocess.run([strip, "-o", tmp_path / "bare", twins.linked], check=True)
    done = subprocess.run([tmp_path / "bare"], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert "no image is attached to this program: strip takes it away; link it again" in done.stderr


def test_a_damaged_table_says_so_at_any_place(twins: Twins, tmp_path: Path) -> None:
    data = bytearray(twins.linked.read_bytes())
    image = data.rindex(START)
    (tmp_path / "bad").write_bytes(data)
    (tmp_path / "bad").chmod(0o755)
    for at in (*range(8, 384, 29), 400, 5000, 50_000):
        with (tmp_path / "bad").open("r+b") as file:
            file.seek(image + at)
            file.write(bytes([data[image + at] ^ 0x41]))
            file.flush()
        done = subprocess.run([tmp_path / "bad"], capture_output=True, text=True, check=False)
        # The digest of the content is not looked at when a program starts, but it is in the header that is.
        assert (done.returncode, done.stdout) == (127, ""), at
        assert re.fullmatch(r"pydist: \S+: [^\n]+\n", done.stderr)
        with (tmp_path / "bad").open("r+b") as file:
            file.seek(image + at)
            file.write(bytes([data[image + at]]))


def test_installed_packages_are_found_by_any_spelling_of_their_name(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    program = tmp_path / "shop"
    link(Request(app=str(CASE.parent / "project"), output=program, module="timeit"), store=store)
    code = (
        "from importlib import metadata as m\n"
        "print([m.version(n) for n in ('shop-tool', 'Shop_Tool', 'SHOP.tool')], len(list(m.distributions())))\n"
        "print(sorted(str(f) for f in m.files('shop-tool'))[:2], m.metadata('shop-tool')['Name'])\n"
        "print([f.hash.mode for f in m.files('shop-tool') if f.name == 'cli.py'], m.distribution('shop-tool').name)\n"
        "print([f.read_text()[:6] for f in m.files('shop-tool') if f.name == 'goods.txt'])\n"
        "print(len(list(m.distributions(path=['/nowhere']))), m.packages_distributions()['shop'])\n"
        "try: m.version('nothing')\n"
        "except m.PackageNotFoundError as e: print('not found', e.name)\n"
    )
    done = subprocess.run([program, "-n1", "-r1", "-s", code], env={}, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[:-1] == [
        "['2.5', '2.5', '2.5'] 1",
        "['shop/__init__.py', 'shop/cli.py'] shop-tool",
        "['sha256'] shop-tool",
        "['apples']",
        "0 ['shop-tool']",
        "not found nothing",
    ], done.stderr


def test_starting_takes_no_longer_with_many_packages(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    """Ten thousand more modules: the checksum of their rows is all that start-up does with them."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"module_{number}.py").write_text(f"x = {number}\n")
    few = application("", tmp_path, store)
    shutil.move(few, tmp_path / "few")
    many = application('# /// script\n# [tool.pydist]\n# include = ["many/*"]\n# ///\n', tmp_path, store)
    times: dict[Path, list[float]] = {tmp_path / "few": [], many: []}
    for _ in range(15):
        for program, taken in times.items():
            began = time.perf_counter()
            subprocess.run([program], check=True)
            taken.append(time.perf_counter() - began)
    assert min(times[many]) < min(times[tmp_path / "few"]) * 1.5
