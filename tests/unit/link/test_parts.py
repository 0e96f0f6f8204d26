"""Files stand where an installer would put them; what an application cannot use stays out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from pydist.errors import InputError
from pydist.link.app import Request, read_app
from pydist.link.choice import Choice
from pydist.link.dist import Distribution
from pydist.link.fetch import FetchedWheel, Origin
from pydist.link.lock import LockedPackage
from pydist.link.own import app_part
from pydist.link.part import Part
from pydist.link.parts import package_parts, wheel_sources
from pydist.link.stdlib import stdlib_part, stdlib_source
from pydist.progress import Silent
from pydist.store import Store, digest_file
from tests.support import dist
from tests.support.wheels import wheel

DIST = dist.distribution()
SITE = "lib/python3.14/site-packages"


def fetched(path: Path, origin: Origin = "wheel") -> FetchedWheel:
    package = LockedPackage(name="demo", version="1")
    return FetchedWheel(choice=Choice(package=package), path=path, sha256=digest_file(path), origin=origin)


def part_of(path: Path, store: Path) -> dict[str, bytes]:
    (part,) = package_parts(wheel_sources((fetched(path),), DIST, 0, Store(store)), Silent())
    return content(part)


def content(part: Part) -> dict[str, bytes]:
    return {file.path: bytes(file.data) for file in part.files}


def test_every_scheme_of_a_wheel_has_its_place(tmp_path: Path) -> None:
    data = "demo-1.data"
    path = wheel(
        tmp_path, "demo", "1",
        {"demo.py": b"", f"{data}/scripts/old": b"#!python\nprint()\n", f"{data}/data/share/x": b"1",
         f"{data}/platlib/p.py": b"", f"{data}/headers/h.h": b"", "demo/__pycache__/x.cpython-314.pyc": b""},
    )  # fmt: skip
    files = part_of(path, tmp_path / "s")
    places = {f"{SITE}/demo.py", f"{SITE}/p.py", "bin/old", "share/x"}
    info = {f"{SITE}/demo-1.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")}
    assert set(files) == places | info


def test_the_record_lists_files_where_they_are(tmp_path: Path) -> None:
    data = "demo-1.data"
    files = {"demo.py": b"", f"{data}/scripts/old": b"", f"{data}/data/share/x": b"", f"{data}/purelib/p.py": b""}
    record = part_of(wheel(tmp_path, "demo", "1", files), tmp_path / "s")[f"{SITE}/demo-1.dist-info/RECORD"].decode()
    paths = [line.split(",")[0] for line in record.splitlines()]
    assert paths[:4] == ["demo.py", "../../../bin/old", "../../../share/x", "p.py"]


def test_an_installers_script_is_compiled_and_executable(tmp_path: Path) -> None:
    path = wheel(tmp_path, "demo", "1", {"demo-1.data/scripts/old": b"#!python\nprint()\n"})
    (part,) = package_parts(wheel_sources((fetched(path),), DIST, 0, Store(tmp_path / "s")), Silent())
    old = next(file for file in part.files if file.path == "bin/old")
    assert old.code
    assert old.executable


def test_a_script_stands_beside_what_it_includes(tmp_path: Path) -> None:
    script = tmp_path / "tool"
    script.write_text("# /// script\n# [tool.pydist]\n# include = ['data/*']\n# ///\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert set(content(app_part(read_app(Request(app=str(script))), (), DIST))) == {
        f"{SITE}/tool.py",
        f"{SITE}/data/a.txt",
    }


def test_native_code_beside_a_script_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "tool.py"
    script.write_text("# /// script\n# [tool.pydist]\n# include = ['*.so']\n# ///\n")
    (tmp_path / "fast.so").write_bytes(b"\x7fELF")
    with pytest.raises(InputError, match=r"tool\.py: .*fast\.so"):
        app_part(read_app(Request(app=str(script))), (), DIST)


@pytest.fixture
def distribution(tmp_path: Path) -> Distribution:
    root = dist.tree(tmp_path)
    lib = root / "install/lib/python3.14"
    for path in ("json/__init__.py", "json/__pycache__/x.pyc", "test/test_os.py", "own/tests/test_x.py", "LICENSE.txt"):
        (lib / path).parent.mkdir(parents=True, exist_ok=True)
        (lib / path).write_bytes(b"")
    (root / "PYTHON.json").write_text(json.dumps(dist.manifest()))
    manifest = replace(DIST.manifest, python_stdlib_test_packages=("test", "own.tests"))
    return replace(DIST, root=root, manifest=manifest)


def test_the_standard_library_goes_in_without_tests_and_with_the_run_time(
    distribution: Distribution, tmp_path: Path
) -> None:
    source = stdlib_source(distribution, 0, Store(tmp_path / "s"))
    part = stdlib_part(source, distribution, Silent())
    names = {file.path.removeprefix("lib/python3.14/") for file in part.files}
    assert {name for name in names if not name.startswith("_pydist/")} == {"json/__init__.py", "LICENSE.txt"}
    assert "_pydist/__init__.py" in names
    (group,) = part.left_out
    assert (group.name, [path for path, _ in group.files]) == (
        "tests of CPython",
        ["lib/python3.14/own/tests/test_x.py", "lib/python3.14/test/test_os.py"],
    )
    assert [file.path for file in source.more({"lib/python3.14/test/test_os.py"}).files] == [
        "lib/python3.14/test/test_os.py"
    ]


def test_rules_about_packages_do_not_hold_for_the_project_itself(tmp_path: Path) -> None:
    path = wheel(tmp_path, "demo", "1", {"demo/__init__.py": b"", "demo/tests/__init__.py": b""})
    for origin, kept in (("wheel", False), ("built", False), ("project", True)):
        (source,) = wheel_sources((fetched(path, cast(Origin, origin)),), DIST, 0, Store(tmp_path / "s"))
        assert (f"{SITE}/demo/tests/__init__.py" in content(source.part())) is kept


def test_a_part_knows_what_its_sources_import_of_what_is_left_out(tmp_path: Path) -> None:
    files = {"demo/__init__.py": b"from . import tests\nimport os\n", "demo/tests/__init__.py": b"import turtle\n"}
    (source,) = wheel_sources((fetched(wheel(tmp_path, "demo", "1", files)),), DIST, 0, Store(tmp_path / "s"))
    part = source.part()
    assert part.mentions == {"demo.tests": "demo/__init__.py"}
    assert part.left_out[0].imports == ("demo.tests",)
    assert source.more({f"{SITE}/demo/tests/__init__.py"}).mentions == {"turtle": "demo/tests/__init__.py"}


def test_optimised_code_is_another_part(tmp_path: Path) -> None:
    path = wheel(tmp_path, "demo", "1", {"demo.py": b"assert 0\n"})
    codes = set()
    for level in (0, 1):
        (source,) = wheel_sources((fetched(path),), DIST, level, Store(tmp_path / "s"))
        codes.add(next(bytes(file.code) for file in source.part().files if file.path == f"{SITE}/demo.py"))
    assert len(codes) == 2
