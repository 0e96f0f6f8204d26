"""The merged tree has the modules that Python would find in the same folders, and no others."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.collect import Collected, collect
from pydist.link.image import ModuleFlag
from pydist.link.part import Part, TreeFile, make_part
from tests.support.dist import distribution, rows
from tests.support.elf import make_elf

HERE = Path(sys.executable)
NAMESPACE = ModuleFlag.PACKAGE | ModuleFlag.NAMESPACE


def part(name: str, files: dict[str, bytes]) -> Part:
    return make_part(name, tuple(TreeFile(path=path, data=data) for path, data in files.items()), HERE)


def collected(*packages: dict[str, bytes], stdlib: dict[str, bytes] | None = None) -> Collected:
    lib = {f"lib/python3.14/{path}": data for path, data in (stdlib or {}).items()}
    parts = [part(f"p{number}", rows(files)) for number, files in enumerate(packages)]
    return collect(distribution(), [part("stdlib", lib), *parts])


def names(tree: Collected) -> dict[str, str]:
    return {row.name: row.path.removeprefix("lib/python3.14/") for row in tree.modules}


def test_packages_modules_and_namespaces_are_found() -> None:
    tree = collected({"a/__init__.py": b"", "a/b.py": b"", "n/m/c.py": b"", "n/data/x.txt": b"", "d.py": b""})
    flags = {row.name: row.flags for row in tree.modules}
    assert flags == {
        "a": ModuleFlag.PACKAGE, "a.b": ModuleFlag.NONE, "d": ModuleFlag.NONE, "n": NAMESPACE, "n.m": NAMESPACE,
        "n.m.c": ModuleFlag.NONE, "n.data": NAMESPACE,
    }  # fmt: skip


def test_a_module_that_is_an_object_is_linked_with_the_stub_and_its_file_is_empty() -> None:
    data = make_elf(kind=1, defined=["PyInit_fast"], undefined=["used"])
    tree = collected({"a/__init__.py": b"", "a/fast.abi3.so": data, "a/other.so.1": data, "a/x.o": data})
    path = "lib/python3.14/site-packages/a/fast.abi3.so"
    row = tree.module("a.fast")
    assert row is not None
    assert (row.path, row.flags) == (path, ModuleFlag.EXTENSION | ModuleFlag.BUILTIN)
    sizes = {file.path.rpartition("/")[2]: len(file.data) for file in tree.files}
    assert sizes == {"__init__.py": 0, "fast.abi3.so": 0, "other.so.1": len(data), "x.o": len(data)}


def test_two_parts_share_a_namespace() -> None:
    tree = collected({"google/a/__init__.py": b""}, {"google/b/__init__.py": b""})
    assert set(names(tree)) == {"google", "google.a", "google.b"}


def test_the_standard_library_comes_first() -> None:
    tree = collected({"json/__init__.py": b"", "json/extra.py": b"", "x.py": b""}, stdlib={"json/__init__.py": b"1"})
    assert names(tree) == {"json": "json/__init__.py", "x": "site-packages/x.py"}
    assert tree.module("json").flags & ModuleFlag.STDLIB  # type: ignore[union-attr]


def test_what_is_built_into_the_interpreter_is_not_hidden() -> None:
    """The tests' distribution has zlib built in; a file of that name is data, as it is for `python -I`."""
    tree = collected({"zlib.py": b"", "sys/__init__.py": b"", "_io/x.py": b"", "x/zlib.py": b"", "a.py": b""})
    assert names(tree) == {"a": "site-packages/a.py", "x": "site-packages/x", "x.zlib": "site-packages/x/zlib.py"}
    assert "lib/python3.14/site-packages/zlib.py" in {row.path for row in tree.files}


def test_a_package_beats_a_module_and_a_module_a_folder() -> None:
    tree = collected({"a/__init__.py": b"", "a.py": b"", "b.py": b"", "b/c.py": b""})
    assert names(tree) == {"a": "site-packages/a/__init__.py", "b": "site-packages/b.py"}


def test_folders_with_dots_hold_no_modules() -> None:
    tree = collected({"x-1.dist-info/METADATA": b"", "x-1.dist-info/y.py": b"", "a.b/c.py": b""})
    assert names(tree) == {}
    assert len(tree.files) == 3


def test_the_same_file_from_two_parts_is_no_conflict() -> None:
    tree = collected({"tests/__init__.py": b""}, {"tests/__init__.py": b""})
    assert set(names(tree)) == {"tests"}


def test_two_modules_of_one_name_are_an_error_that_names_both_parts() -> None:
    with pytest.raises(InputError) as caught:
        collected({"a.py": b"1", "b.py": b"1"}, {"a.py": b"2", "b.py": b"2"})
    assert "site-packages/a.py: is in p0 and, with other content, in p1" in str(caught.value)
    assert "site-packages/b.py" in str(caught.value)


def test_two_data_files_of_one_name_are_a_note() -> None:
    tree = collected({"LICENSE": b"1"}, {"LICENSE": b"2"})
    assert any("LICENSE is taken from p0; p1 has another one" in note for note in tree.notes)


def test_a_file_cannot_be_a_folder_too() -> None:
    with pytest.raises(InputError, match="is a file in p0 and a folder in p1"):
        collected({"a": b""}, {"a/b.txt": b""})


def test_what_will_not_work_is_noted() -> None:
    tree = collected({"x.pth": b"import x\n", "bad.py": b"x =\n"})
    assert any("x.pth of p0 has code for each start of a Python: it is not run" in note for note in tree.notes)
    assert any("bad.py of p0 does not compile (line 1: invalid syntax)" in note for note in tree.notes)
    assert tree.module("bad").code == b""  # type: ignore[union-attr]


def test_an_import_from_the_same_folders_finds_the_same_modules(tmp_path: Path) -> None:
    """The rules are Python's: its own finder is asked about every name."""
    files = {
        "a/__init__.py": b"", "a/b.py": b"", "a/data/x.txt": b"", "a/sub/y.py": b"", "a.py": b"", "c.py": b"",
        "c/d.py": b"", "n/m/c.py": b"", "e/__init__.py": b"", "e/f/__init__.py": b"", "e/f.py": b"",
    }  # fmt: skip
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    candidates = sorted(
        {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files if path.endswith(".py")}
        | {"a.data", "a.sub", "n", "n.m", "c.d", "c"}
    )
    code = (
        "import importlib.util, sys\nsys.path[:0] = [sys.argv[1]]\n"
        "def origin(name):\n"
        "    try: spec = importlib.util.find_spec(name)\n"
        "    except ModuleNotFoundError: return None\n"
        "    return spec and (spec.origin or list(spec.submodule_search_locations)[0])\n"
        "for name in sys.argv[2:]: print(name, origin(name))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path), *candidates], capture_output=True, text=True, check=True
    )
    expected = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    tree = names(collected(files))
    for name in candidates:
        found = f"{tmp_path}/{tree[name].removeprefix('site-packages/')}" if name in tree else "None"
        assert found == expected[name], name
    assert importlib.util.find_spec("json") is not None
