"""Facts about taking build folder and prefix out of an installed tree."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pydist.build.relocate import BuildPathLeft, check_no_trace, relocate

WORK = Path("/somewhere/work/src")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An installed tree with the files that name its prefix, as `make install` leaves them."""
    library = tmp_path / "lib" / "python3.14"
    (library / "config-3.14-x").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib" / "pkgconfig").mkdir()
    (library / "config-3.14-x" / "Makefile").write_text(
        f"srcdir={WORK}\nCC=clang -pthread\nCXX=clang++\nprefix=/install\nINSTALL=/usr/bin/install -c\n"
        "CPPFLAGS=-Ideps/include/uuid -DX\n"
    )
    values = {
        "LIBDIR": "/install/lib", "INSTALL": "/usr/bin/install -c", "CC": "clang", "abs_srcdir": str(WORK), "N": 3,
        "CONFINCLUDEPY": "/install/include/python3.14", "RUN": "x='/install/bin' y", "LDFLAGS": "-Ldeps/lib -static",
        "PYTHON_FOR_FREEZE": f"{WORK}/tools/cpython/install/bin/python3.14 -E",
    }  # fmt: skip
    (library / "_sysconfigdata__linux_x.py").write_text(f"# comment\nbuild_time_vars = {values!r}\n")
    (library / "_sysconfig_vars__linux_x.json").write_text(json.dumps(values))
    (library / "build-details.json").write_text(
        json.dumps(
            {
                "base_prefix": "/install",
                "base_interpreter": "/install/bin/python3.14",
                "libpython": {
                    "dynamic": "/install/lib/libpython3.14.so",
                    "dynamic_stableabi": "/install/lib/libpython3.so",
                    "static": "/install/lib/libpython3.14.a",
                },
            }
        )
    )
    (tmp_path / "lib" / "pkgconfig" / "python-3.14.pc").write_text("prefix=/install\nlibdir=${prefix}/lib\n")
    (tmp_path / "bin" / "pydoc3.14").write_text("#!/install/bin/python3.14\nimport sys\nprint(sys.argv)\n")
    info = library / "site-packages" / "pip-1.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "bin" / "pip3").write_text(f"#!{WORK}/python\nimport sys\nprint(sys.argv)\n")
    (info.parent / "pip").mkdir()
    (info.parent / "pip" / "__init__.py").write_text("x = 1\n")
    (info / "RECORD").write_text(
        "../../../bin/pip3,sha256=AAAA,1\npip/__init__.py,sha256=AAAA,1\npip/__pycache__/__init__.cpython-314.pyc,,\n"
        "pip-1.dist-info/RECORD,,\n"
    )
    relocate(tmp_path, WORK, tmp_path / "lib" / "python3.14", "python3.14")
    return tmp_path


def test_sysconfig_follows_the_prefix(tree: Path) -> None:
    code = (tree / "lib/python3.14/_sysconfigdata__linux_x.py").read_text()
    names: dict[str, dict[str, object]] = {}
    exec(code, names)  # noqa: S102
    values = names["build_time_vars"]
    assert values["LIBDIR"] == f"{sys.base_prefix}/lib"
    assert values["CONFINCLUDEPY"] == f"{sys.base_prefix}/include/python3.14"
    assert values["RUN"] == f"x='{sys.base_prefix}/bin' y"
    assert values["INSTALL"] == "/usr/bin/install -c"
    assert values["N"] == 3
    assert values["PYTHON_FOR_FREEZE"] == "python3.14 -E"


def test_sysconfig_of_a_virtual_environment_names_the_installation(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/the/environment")
    monkeypatch.setattr(sys, "base_prefix", "/the/installation")
    names: dict[str, dict[str, object]] = {}
    exec((tree / "lib/python3.14/_sysconfigdata__linux_x.py").read_text(), names)  # noqa: S102
    assert names["build_time_vars"]["LIBDIR"] == "/the/installation/lib"


def test_the_compiler_of_the_box_is_called_cc_for_everyone_else(tree: Path) -> None:
    makefile = (tree / "lib/python3.14/config-3.14-x/Makefile").read_text()
    assert "CC=cc -pthread\nCXX=c++\n" in makefile


def test_the_folder_of_dependencies_is_gone(tree: Path) -> None:
    assert "CPPFLAGS=-DX\n" in (tree / "lib/python3.14/config-3.14-x/Makefile").read_text()
    assert json.loads((tree / "lib/python3.14/_sysconfig_vars__linux_x.json").read_text())["LDFLAGS"] == "-static"


def test_build_details_are_relative_as_pep_739_allows(tree: Path) -> None:
    details = json.loads((tree / "lib/python3.14/build-details.json").read_text())
    assert details == {
        "base_prefix": "../..",
        "base_interpreter": "bin/python3.14",
        "libpython": {"dynamic": "lib/libpython3.14.so"},
    }, "the static library is not in every archive, and that of the stable ABI was not made here"


def test_pkg_config_files_know_where_they_are(tree: Path) -> None:
    assert (tree / "lib/pkgconfig/python-3.14.pc").read_text().startswith("prefix=${pcfiledir}/../..\n")


def test_scripts_start_the_interpreter_beside_them_from_wherever_they_are_called(tree: Path, tmp_path: Path) -> None:
    (tree / "bin" / "python3.14").symlink_to(sys.executable)
    (tree / "bin" / "pydoc3.14").chmod(0o755)
    link = tmp_path / "link to it"
    link.symlink_to(tree / "bin" / "pydoc3.14")
    said = subprocess.run([str(link), "a b"], capture_output=True, text=True, check=True).stdout
    assert "'a b'" in said


def test_the_record_of_an_installed_package_lists_what_is_there_as_it_is(tree: Path) -> None:
    site = tree / "lib/python3.14/site-packages"
    rows = [line.split(",") for line in (site / "pip-1.dist-info" / "RECORD").read_text().splitlines()]
    assert [row[0] for row in rows] == ["../../../bin/pip3", "pip/__init__.py", "pip-1.dist-info/RECORD"]
    for name, digest, size in rows[:2]:
        data = (site / name).read_bytes()
        wanted = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={wanted}", str(len(data)))


@pytest.mark.parametrize("script", ["pydoc3.14", "pip3"])
def test_every_script_starts_the_interpreter_beside_it(script: str, tree: Path) -> None:
    (tree / "bin" / "python3.14").symlink_to(sys.executable)
    (tree / "bin" / script).chmod(0o755)
    said = subprocess.run([str(tree / "bin" / script), "a"], capture_output=True, text=True, check=True).stdout
    assert "'a'" in said


def test_no_file_names_the_build_folder(tree: Path) -> None:
    check_no_trace(tree, [str(WORK)])


def test_a_file_that_names_the_build_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0" + str(WORK).encode())
    with pytest.raises(BuildPathLeft, match="x"):
        check_no_trace(tmp_path, [str(WORK)])
