"""Promises of `pydist link`: what goes in comes out, one file is enough, the same input gives the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.inspect import extract_application, inspect
from pydist.link.link import link
from pydist.link.report import LinkReport
from pydist.policy import resources, toolchain
from pydist.store import Store
from tests.support.wheels import wheel

pytestmark = pytest.mark.slow

CASES = Path(__file__).resolve().parent.parent / "cases"


@pytest.fixture(autouse=True)
def _nothing_from_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here is made of local files: a test that asks the registry has a mistake."""
    monkeypatch.setenv("UV_OFFLINE", "1")


def made(app: Path | str, output: Path, store: Store, **settings: object) -> LinkReport:
    return link(Request(app=str(app), output=output, **settings), store=store)  # type: ignore[arg-type]


def run(program: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a linked program with nothing in its environment."""
    return subprocess.run(
        [str(program), *arguments], env={}, capture_output=True, text=True, check=False, **options
    )  # fmt: skip


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "hello.py"
    path.write_text("import sys\nprint('hello', *sys.argv[1:])\n")
    return path


def test_a_script_runs_as_the_only_file_in_an_empty_root(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    root = tmp_path / "root"
    made(script, root / "app", store)
    done = subprocess.run(["chroot", str(root), "/app", "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello x\n", "")
    assert [path.name for path in root.rglob("*")] == ["app"]


def test_the_same_script_in_another_folder_gives_the_same_bytes(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    other = tmp_path / "another folder"
    other.mkdir()
    shutil.copy(script, other)
    one = made(script, tmp_path / "one", store)
    two = made(other / script.name, other / "two", store)
    assert one.image_sha256 == two.image_sha256
    assert (tmp_path / "one").read_bytes() == (other / "two").read_bytes()


def test_the_same_project_in_another_folder_gives_the_same_bytes(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    for name in ("a", "a longer name"):
        shutil.copytree(CASES / "project", tmp_path / name / "project", ignore=shutil.ignore_patterns("__pycache__"))
        made(tmp_path / name / "project", tmp_path / name / "out", store)
    assert (tmp_path / "a/out").read_bytes() == (tmp_path / "a longer name/out").read_bytes()


def test_a_script_brings_the_files_its_block_names(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    made(CASES / "script" / "count.py", tmp_path / "count", store)
    done = run(tmp_path / "count", "x")
    assert (done.returncode, done.stdout) == (0, "3 __main__ count.py ['x']\n")
    names = {path.name for path in extracted(tmp_path / "count", tmp_path / "files")}
    assert {"count.py", "words.py", "poem.txt"} <= names
    assert "other.md" not in names


def extracted(program: Path, folder: Path) -> list[Path]:
    extract_application(program, folder)
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_project_finds_its_data_its_metadata_and_its_modules(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    made(CASES / "project", tmp_path / "shop", store)
    done = run(tmp_path / "shop", "a", "b")
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines() == [
        "goods: apples 3",
        "below a folder: True",
        "version: 2.5",
        "scripts: ['shop', 'stock']",
        "files: 8",
        "modules: ['shop.cli']",
        "hello from a namespace package",
        "arguments: ['a', 'b']",
    ]


def test_a_named_script_starts_instead_and_its_traceback_has_source_lines(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    report = made(CASES / "project", tmp_path / "stock", store, scripts=("stock",))
    assert report.contents.entry == "stock (shop.cli:stock)"
    done = run(tmp_path / "stock")
    assert done.returncode == 1
    assert 'raise RuntimeError("sold out")\nRuntimeError: sold out' in done.stderr


def test_the_output_is_named_as_the_script(
    distribution: Distribution, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = wheel(tmp_path, "demo", "1", {"demo.py": b"def main(): print('run')\n"}, scripts={"tool": "demo:main"})
    assert link(Request(app=str(path)), store=store).output == "tool"
    assert run(tmp_path / "tool").stdout == "run\n"
    (tmp_path / "tool").unlink()
    (tmp_path / "tool").mkdir()
    with pytest.raises(InputError, match="tool is a folder; name the file to write with -o FILE"):
        link(Request(app=str(path)), store=store)


def test_a_module_of_the_standard_library_can_be_the_entry(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    made(script, tmp_path / "tool", store, module="json.tool")
    done = run(tmp_path / "tool", "--compact", input='{"a": [1, 2]}')
    assert (done.returncode, done.stdout) == (0, '{"a":[1,2]}\n')


def test_a_module_that_is_not_there_is_refused(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="-m nowhere: no such module"):
        made(script, tmp_path / "tool", store, module="nowhere")
    assert not (tmp_path / "tool").exists()


def test_two_wheels_share_a_namespace_and_leave_their_data(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    code = (
        "def main():\n"
        "    import sys, os.path, importlib.resources, family.two\n"
        "    print(family.two.NAME, len(family.__path__), importlib.resources.files('family').name)\n"
        "    root = os.path.dirname(os.path.dirname(os.path.dirname(family.two.__file__)))\n"
        "    print(__loader__.get_data(sys.prefix + '/share/one.txt'))\n"
    )
    one = wheel(
        tmp_path, "one", "1", {"family/one.py": code.encode(), "one-1.data/data/share/one.txt": b"shared"},
        scripts={"one": "family.one:main"},
    )  # fmt: skip
    two = wheel(tmp_path, "two", "1", {"family/two.py": b"NAME = 'two'\n"})
    report = made(one, tmp_path / "app", store, with_=(f"two @ {two.as_uri()}",))
    assert [package.name for package in report.contents.packages] == ["one", "two"]
    done = run(tmp_path / "app")
    assert (done.stdout, done.stderr) == ("two 1 family\nb'shared'\n", "")


def test_every_wheel_with_native_code_is_named(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    paths = [wheel(tmp_path, name, "1", {f"{name}/fast.so": b"\x7fELF"}) for name in ("swift", "quick")]
    with pytest.raises(InputError) as caught:
        made(paths[0], tmp_path / "app", store, module="swift", with_=(f"quick @ {paths[1].as_uri()}",))
    text = str(caught.value)
    assert "quick 1: quick/fast.so in quick-1-py3-none-any.whl" in text
    assert "swift 1: swift/fast.so in swift-1-py3-none-any.whl" in text
    assert "pure-Python wheel" in text


def test_two_wheels_with_one_module_are_refused(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    paths = [wheel(tmp_path, name, "1", {"shared.py": name.encode()}) for name in ("a", "b")]
    with pytest.raises(InputError, match=r"shared\.py: is in a-1-py3-none-any\.whl and, with other content, in b-1"):
        made(paths[0], tmp_path / "app", store, module="shared", with_=(f"b @ {paths[1].as_uri()}",))


def test_a_script_that_does_not_compile_is_refused(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("print(\n")
    with pytest.raises(InputError, match=r"bad\.py does not compile with Python 3\.14\.\d+: line 1"):
        made(tmp_path / "bad.py", tmp_path / "bad", store)


def test_a_script_that_imports_what_is_not_there_is_refused(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "app.py").write_text("import json, beside\nimport nowhere\n")
    with pytest.raises(InputError) as caught:
        made(tmp_path / "app.py", tmp_path / "app", store)
    text = str(caught.value)
    assert "app.py:1 → beside: stands beside the script and is not included: include = ['beside.py']" in text
    assert "app.py:2 → nowhere: add its package: --with nowhere" in text
    assert not (tmp_path / "app").exists()


def test_environments_are_refused(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    """Their interpreters would be empty files, or links that lead nowhere."""
    app = tmp_path / "app.py"
    app.write_text("import sys, venv\nvenv.create(sys.argv[1], symlinks=len(sys.argv) > 2)\n")
    made(app, tmp_path / "app", store)
    for more in ((), ("links",)):
        done = run(tmp_path / "app", str(tmp_path / "env"), *more)
        assert done.returncode == 1
        assert "a linked application cannot make virtual environments" in done.stderr
    assert not (tmp_path / "env").exists()


def test_modules_without_a_file_are_there(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import _frozen_importlib, _frozen_importlib_external, _io, sys, __main__\n")
    made(tmp_path / "app.py", tmp_path / "app", store)
    assert run(tmp_path / "app").returncode == 0


def test_every_module_of_the_standard_library_can_be_imported_or_says_what_it_misses(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "all.py").write_text(
        "import importlib, pkgutil, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "skip = {'antigravity', 'this', 'idlelib'}\n"
        "def walk(path, prefix):\n"
        "    for module in pkgutil.iter_modules(path, prefix):\n"
        "        if module.name in skip or module.name.endswith('__main__'): continue\n"
        "        try: made = importlib.import_module(module.name)\n"
        "        except ImportError as error: print(module.name, error)\n"
        "        else:\n"
        "            if module.ispkg: walk(made.__path__, module.name + '.')\n"
        "walk(sys.path[:1], '')\n"
        "print(len(sys.modules) > 500)\n"
    )
    made(tmp_path / "all.py", tmp_path / "all", store)
    done = run(tmp_path / "all")
    *missing, many = done.stdout.splitlines()
    assert (many, done.returncode) == ("True", 0), done.stderr
    # Modules of other systems, and those whose extension module a static build has not.
    others = {
        "_ios_support", "_pyrepl.windows_console", "_pyrepl.windows_eventqueue", "asyncio.windows_events",
        "asyncio.windows_utils", "dbm.gnu", "encodings.mbcs", "encodings.oem", "multiprocessing.popen_spawn_win32",
    }  # fmt: skip
    assert [line for line in missing if line.split()[0] not in others] == []


def test_the_reports_have_their_schemas(distribution: Distribution, store: Store, script: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pydist"]
    environment = {**os.environ, "PYDIST_CACHE": str(store.root)}
    for arguments, schema in (
        (["link", str(script), "-o", str(tmp_path / "app"), "--json"], "link-report-1.schema.json"),
        (["inspect", str(tmp_path / "app"), "--json"], "inspect-report-1.schema.json"),
        (["inspect", str(distribution.root), "--json"], "inspect-report-1.schema.json"),
    ):
        done = subprocess.run([*command, *arguments], capture_output=True, check=True, env=environment)
        document = json.loads(done.stdout)
        jsonschema.validate(document, json.loads((resources.schema() / schema).read_text()))


def test_the_summary_names_the_distribution_and_where_it_is_from(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pydist", "link", str(script), "-o", str(tmp_path / "app")]
    known = f"Python {distribution.version}, {distribution.target}, {distribution.manifest.build_options}"
    for chosen, origin in ([], "the store"), (["--dist", str(distribution.root)], str(distribution.root)):
        done = subprocess.run([*command, *chosen], capture_output=True, text=True, check=True,
                              env={**os.environ, "PYDIST_CACHE": str(store.root)})  # fmt: skip
        assert done.stdout.splitlines()[1] == f"  distribution  {known}, from {origin}"


def test_sizes_add_up_and_the_image_is_verified(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    report = made(script, tmp_path / "app", store)
    sizes = report.sizes
    parts = (sizes.interpreter, sizes.stdlib_code, sizes.stdlib_files, sizes.packages, sizes.application, sizes.tables)
    assert sum(parts) == report.size == (tmp_path / "app").stat().st_size
    assert report.size < 45e6
    assert inspect(tmp_path / "app").image_sha256 == report.image_sha256


def test_a_damaged_application_is_noticed(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    made(script, tmp_path / "app", store)
    data = (tmp_path / "app").read_bytes()
    (tmp_path / "changed").write_bytes(data[:-4096] + b"?" + data[-4095:])
    with pytest.raises(InputError, match="damaged"):
        inspect(tmp_path / "changed")
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError):
        inspect(tmp_path / "cut")


def test_a_stub_made_earlier_serves_without_a_compiler(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(script, tmp_path / "one", store)

    def lacking() -> toolchain.Toolchain:
        raise EnvironmentLacking("no compiler")

    monkeypatch.setattr(toolchain, "locate", lacking)
    made(script, tmp_path / "two", store)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    empty = Store(tmp_path / "store")
    with pytest.raises(EnvironmentLacking, match="no compiler"):
        made(script, tmp_path / "three", empty, distribution=str(distribution.root))


def test_an_output_that_is_running_can_be_replaced(
    distribution: Distribution, store: Store, script: Path, tmp_path: Path
) -> None:
    script.write_text("import sys\nsys.stdin.read()\nprint('old')\n")
    made(script, tmp_path / "app", store)
    with subprocess.Popen([tmp_path / "app"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as old:
        script.write_text("print('new')\n")
        made(script, tmp_path / "app", store)
        assert run(tmp_path / "app").stdout == "new\n"
        assert old.communicate("")[0] == "old\n"
