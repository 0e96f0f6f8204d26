"""What belongs to an installation is copied, and nothing that a link leads out to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydist.adopt.collect import collect
from tests.support import trees
from tests.support.installed import answer, installed

LIB = "lib/python3.14"


def copied(tmp_path: Path, **more: bytes | tuple[str, str]) -> tuple[set[str], dict[str, str], Path]:
    """Names in the copy of a usual prefix with `more` in it (`/` written as `__`), and what was left out."""
    tree = trees.unix() | {name.replace("__", "/"): value for name, value in more.items()}
    target = tmp_path / "copy"
    left = collect(installed(tmp_path / "usr", tree), target)
    names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_symlink() or path.is_file()}
    return names, {item.path: item.reason for item in left}, target


def test_of_a_prefix_only_what_belongs_to_this_python_is_copied(tmp_path: Path) -> None:
    other = {"bin/perl": b"", f"{LIB}/site-packages/x.py": b"", "lib/python3/dist-packages/y.py": b"",
             f"{LIB}/__pycache__/os.cpython-314.pyc": b"", "lib/python3.13/os.py": b""}  # fmt: skip
    names, left, _ = copied(tmp_path, **{name.replace("/", "__"): data for name, data in other.items()
                                         if "__pycache__" not in name})  # fmt: skip
    assert names == set(trees.unix()) - {"LICENSE"} and left == {}


def test_compiled_modules_stay_behind(tmp_path: Path) -> None:
    tree = trees.unix() | {f"{LIB}/__pycache__/os.cpython-314.pyc": b"x"}
    collect(installed(tmp_path / "usr", tree), tmp_path / "copy")
    assert not list(tmp_path.glob("copy/**/*.pyc"))


def test_of_an_archive_everything_is_copied(tmp_path: Path) -> None:
    tree = trees.unix() | {"share/man/python.1": b"", f"{LIB}/site-packages/pip/__init__.py": b""}
    collect(installed(tmp_path / "python", tree, packed=True), tmp_path / "copy")
    assert {"share/man/python.1", f"{LIB}/site-packages/pip/__init__.py"} <= {
        path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*")
    }


def test_what_sysconfig_names_belongs_to_it(tmp_path: Path) -> None:
    prefix = tmp_path / "usr"
    said = answer(prefix)
    odd = {"config_vars": {**said.config_vars, "LIBDIR": f"{prefix}/lib/odd", "INSTSONAME": "libpython3.14.so.1.0"}}
    tree = trees.unix() | {"lib/odd/libpython3.14.so.1.0": b"", "lib/odd/libother.so": b""}
    collect(installed(prefix, tree, answer=answer(prefix, **odd)), tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy/lib/odd").iterdir()] == ["libpython3.14.so.1.0"]


@pytest.mark.parametrize("link", ["/etc/python3.14/sitecustomize.py", "../../../secret", "../../../../etc/passwd"])
def test_what_a_link_outside_leads_to_is_not_copied(tmp_path: Path, link: str) -> None:
    (tmp_path / "secret").write_text("secret")
    names, left, _ = copied(tmp_path, **{f"{LIB}/sitecustomize.py".replace("/", "__"): ("sym", link)})
    assert f"{LIB}/sitecustomize.py" not in names
    assert "a link to" in left[f"{LIB}/sitecustomize.py"]


def test_a_link_through_another_link_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    names, left, _ = copied(
        tmp_path,
        **{"share__out": ("sym", ".."), f"{LIB}/x.py".replace("/", "__"): ("sym", "../../share/out/../secret")},
    )
    assert f"{LIB}/x.py" not in names and f"{LIB}/x.py" in left


def test_a_link_to_a_file_of_the_prefix_becomes_the_file(tmp_path: Path) -> None:
    scripts: dict[str, bytes | tuple[str, str]] = {
        "bin__python3.14-config": ("sym", "x86_64-python3.14-config"),
        "bin__x86_64-python3.14-config": b"#!/bin/sh\n",
    }
    names, left, target = copied(tmp_path, **scripts)
    assert "bin/python3.14-config" in names and left == {}
    assert (target / "bin/python3.14-config").read_bytes() == b"#!/bin/sh\n"


def test_links_that_lead_to_each_other_or_to_nothing_are_left_out(tmp_path: Path) -> None:
    links = {"one.py": "two.py", "two.py": "three.py", "three.py": "gone.py", "a.py": "b.py", "b.py": "a.py",
             "c.py": "loop.txt", "os2.py": "os3.py", "os3.py": "os.py"}  # fmt: skip
    more = {f"{LIB}/{name}".replace("/", "__"): ("sym", goal) for name, goal in links.items()}
    names, left, target = copied(tmp_path, **more, **{"lib__loop.txt": ("sym", "loop.txt")})
    assert set(left) == {f"{LIB}/{name}" for name in ("one.py", "two.py", "three.py", "a.py", "b.py", "c.py")}
    assert {f"{LIB}/os2.py", f"{LIB}/os3.py"} <= names
    assert not [path for path in target.rglob("*") if path.is_symlink() and not path.exists()]


def test_absolute_links_into_the_prefix_become_relative(tmp_path: Path) -> None:
    _, left, target = copied(tmp_path, bin__python=("sym", f"{tmp_path}/usr/bin/python3.14"))
    assert left == {} and os.readlink(target / "bin/python") == "python3.14"  # noqa: PTH115


def test_what_is_there_for_the_package_manager_stays_behind(tmp_path: Path) -> None:
    names, left, _ = copied(tmp_path, **{f"{LIB}/EXTERNALLY-MANAGED".replace("/", "__"): b""})
    assert f"{LIB}/EXTERNALLY-MANAGED" not in names
    assert "PEP 668" in left[f"{LIB}/EXTERNALLY-MANAGED"]


def test_a_header_that_leads_to_that_of_the_processor_becomes_it(tmp_path: Path) -> None:
    wrapper = b"#if defined(__x86_64__)\n# include <x86_64-linux-gnu/python3.14/pyconfig.h>\n#endif\n"
    real = "include__x86_64-linux-gnu__python3.14__pyconfig.h"
    _, _, target = copied(tmp_path, **{"include__python3.14__pyconfig.h": wrapper, real: b"#define X 1\n"})
    assert (target / "include/python3.14/pyconfig.h").read_bytes() == b"#define X 1\n"


def test_modes_are_those_of_a_distribution(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    given = installed(tmp_path / "usr", trees.unix())
    (given.prefix / f"{LIB}/os.py").chmod(0o4700)
    collect(given, target)
    assert oct((target / f"{LIB}/os.py").stat().st_mode & 0o7777) == "0o755"
    assert oct((target / "include/python3.14/Python.h").stat().st_mode & 0o7777) == "0o644"
