"""The table of omissions divides the files of a package; what stays out can come back."""

from __future__ import annotations

import pytest

from pydist.link import omissions
from pydist.link.leftout import Divided, divide_package, divide_stdlib, has_pattern

TABLE = omissions.load()
SITE = "lib/python3.14/site-packages"


def divided(*files: str, source: bytes = b"") -> Divided:
    data = {f"{SITE}/{path}": source for path in files}
    return divide_package(data, TABLE.packages, SITE)


def out(*files: str, source: bytes = b"") -> set[str]:
    return {path.removeprefix(f"{SITE}/") for path in divided(*files, source=source).out}


@pytest.mark.parametrize(
    "path", ["p/tests/__init__.py", "p/sub/tests/test_x.py", "tests/__init__.py", "p/test/__init__.py", "p/x.pyi",
             "p/libx.a", "p/include/x.h", "p/_x.pyx", "p/_x.pxd", "p/_x.c"],
)  # fmt: skip
def test_what_an_import_does_not_need_stays_out(path: str) -> None:
    assert out(path, "p/__init__.py") == {path}


@pytest.mark.parametrize(
    "path", ["p/testing/__init__.py", "p/tests.py", "p/test_x.py", "p/py.typed", "p/galaxy/tests/inventory.j2",
             "x-stubs/a.pyi", "ansible/plugins/test/__init__.py", "numba/cuda/x.h", "p/_x.so", "p/data.txt", "test.py"],
)  # fmt: skip
def test_everything_else_goes_in(path: str) -> None:
    assert out(path, "p/__init__.py") == set()


def test_all_below_a_folder_of_tests_goes_with_it_under_its_name() -> None:
    result = divided("p/tests/__init__.py", "p/tests/data/x.csv", "p/tests/sub/tests/test_y.py", "p/a.py")
    (group,) = result.groups
    assert (group.name, group.imports, len(group.files)) == ("tests", ("p.tests",), 3)


@pytest.mark.parametrize("text", [b"attach_stub(__name__)", b'name.endswith(".pyi")', b"'x.pyi'"])
def test_stubs_stay_where_a_source_reads_them(text: bytes) -> None:
    assert out("p/x.pyi", "p/a.py", source=text) == set()


def test_tests_do_not_keep_stubs() -> None:
    files = {f"{SITE}/p/x.pyi": b"", f"{SITE}/p/tests/test_x.py": b'".pyi"'}
    assert divide_package(files, TABLE.packages, SITE).out == set(files)


def test_files_outside_the_folder_of_packages_go_in() -> None:
    assert not divide_package({"share/tests/__init__.py": b"", "bin/x.c": b""}, TABLE.packages, SITE).out


def test_what_cannot_work_does_not_come_back() -> None:
    sizes = {"site-packages/x.py": 1, "test/test_x.py": 2, "json/x.py": 3}
    result = divide_stdlib(sizes, lambda path: TABLE.of_file(path, ()))
    assert result.out == {"site-packages/x.py", "test/test_x.py"}
    assert [group.files for group in result.groups] == [(("test/test_x.py", 2),)]


def test_a_folder_stands_for_all_in_it() -> None:
    assert has_pattern("a/b/c.py", ("a/b",))
    assert has_pattern("a/b/c.py", ("a/b/",))
    assert not has_pattern("a/bc.py", ("a/b",))
