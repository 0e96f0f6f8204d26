"""Static applications with native code: built from source, linked in, and otherwise as in any installation."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.link import link
from pydist.link.report import LinkReport
from pydist.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.network]

MUSL = "x86_64-unknown-linux-musl"
SCRIPT = """
import importlib.util, os, pickle, pkgutil, subprocess, sys
import markupsafe._speedups, msgpack, psutil, ujson

for module in (markupsafe._speedups, msgpack._cmsgpack, psutil._psplatform.cext):
    spec = module.__spec__
    path = os.path.join(sys.prefix, "lib/python3.14/site-packages", *module.__name__.split("."))
    print(module.__name__, module.__file__.startswith(path + ".cpython-"), spec.origin == module.__file__,
          os.path.isfile(module.__file__), os.path.getsize(module.__file__), spec.loader.__name__)
print(markupsafe.escape("<a>"), markupsafe._speedups._escape_inner("<"))
print(msgpack.unpackb(msgpack.packb({"a": [1, 2.5, b"x"]})),
      pickle.loads(pickle.dumps(msgpack.Packer)) is msgpack.Packer)
print(psutil.Process().pid == os.getpid(), psutil.virtual_memory().total > 0)
print(ujson.dumps({"a": [1, 0.5]}))  # C++
print([found.name for found in pkgutil.iter_modules(markupsafe.__path__)])
child = "import msgpack._cmsgpack as m; print(m.__name__)"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout, end="")
"""
EXPECTED = """\
markupsafe._speedups True True True 0 BuiltinImporter
msgpack._cmsgpack True True True 0 BuiltinImporter
psutil._psutil_linux True True True 0 BuiltinImporter
&lt;a&gt; &lt;
{'a': [1, 2.5, b'x']} True
True True
{"a":[1,0.5]}
['_native', '_speedups']
msgpack._cmsgpack
"""


def linked(folder: Path, store: Store, *packages: str, target: str | None = MUSL) -> LinkReport:
    folder.mkdir()
    (folder / "app.py").write_text(SCRIPT)
    return link(Request(app=str(folder / "app.py"), output=folder / "app", with_=packages, target=target), store=store)


def test_modules_of_several_packages_work_alone_in_an_empty_folder(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    report = linked(tmp_path / "one", store, "markupsafe", "msgpack", "psutil", "ujson")
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr
    assert (
        "not a dynamic executable"
        in subprocess.run(["ldd", report.output], capture_output=True, text=True, check=False).stderr
    )
    assert report.notes == ()
    assert sum(vars_of(report)) == Path(report.output).stat().st_size


def vars_of(report: LinkReport) -> list[int]:
    sizes = report.sizes
    return [sizes.interpreter, sizes.stdlib_code, sizes.stdlib_files, sizes.packages, sizes.application, sizes.tables]


def test_another_store_and_folder_give_the_same_bytes(
    distribution: Distribution, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other store has the distribution, and nothing that was built of packages."""
    other = Store(tmp_path / "another store")
    for name in ("downloads", "toolchain"):
        (store.root / name).mkdir(exist_ok=True)
        other.root.mkdir(exist_ok=True)
        (other.root / name).symlink_to(store.root / name)
    reports = []
    for number, kept in enumerate((store, other)):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        script = folder / "app.py"
        script.write_text("import markupsafe._speedups\n")
        request = Request(
            app=str(script), output=folder / "app", distribution=str(distribution.root), with_=("markupsafe",)
        )  # fmt: skip
        monkeypatch.setenv("TMPDIR", str(folder))
        reports.append(link(request, store=kept))
    digests = [hashlib.sha256(Path(report.output).read_bytes()).hexdigest() for report in reports]
    assert digests[0] == digests[1]


PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "own"
version = "1"
[project.scripts]
own = "own:main"
[tool.setuptools]
ext-modules = [{name = "own._fast", sources = ["src/own/_fast.c", "src/own/more.cpp"]}]
""",
    "src/own/__init__.py": "from own import _fast\ndef main():\n    print(_fast.f(20), _fast.__name__)\n",
    "src/own/_fast.c": """\
#include <Python.h>
int more(int);
static PyObject *f(PyObject *self, PyObject *x) { return PyLong_FromLong(more(PyLong_AsLong(x))); }
static PyMethodDef methods[] = {{"f", f, METH_O, 0}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", 0, -1, methods};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
""",
    "src/own/more.cpp": """\
#include <stdexcept>
#include <vector>
extern "C" int more(int x)
{
    std::vector<int> items(x, 2);
    try {
        items.at(100);
    } catch (std::out_of_range &) {
        return items.size() + items[0];
    }
    return 0;
}
""",
}


def test_a_project_with_native_code_of_its_own_needs_no_flag(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    """In C++ with exceptions, and in C with a module that is made in one phase and so has to be told its name."""
    for name, text in PROJECT.items():
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    report = link(Request(app=str(tmp_path / "own"), output=tmp_path / "app"), store=store)
    assert report.contents.interpreter.target_triple == MUSL
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("22 own._fast\n", 0), done.stderr
    assert sorted(path.name for path in (tmp_path / "own").iterdir()) == ["pyproject.toml", "src"]


def test_what_does_not_build_is_refused_with_the_end_of_its_log(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match=r"(?s)native code cannot be built .*--target x86_64-unknown-linux-gnu.*lxml \d"
    ):
        linked(tmp_path / "x", store, "lxml")
