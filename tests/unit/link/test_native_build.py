"""Native code is built by our compiler and nothing of the machine's, into what can be linked or loaded."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.binary.elf import ElfFile, Type
from pydist.binary.elf_rename import undefined_names
from pydist.link import native_build_cc
from pydist.link.choice import Choice, NativeBuildFailed
from pydist.link.dist import Distribution
from pydist.link.lock import LockedPackage
from pydist.link.native_build import NativeBuild
from pydist.link.native_build_tools import Tools
from pydist.policy import toolchain
from pydist.store import Store
from pydist.target import Target
from tests.support.dist import distribution

GNU = Target.parse("x86_64-unknown-linux-gnu")
BACKEND = """\
import os, pathlib, subprocess, zipfile
def build_wheel(folder, settings=None, metadata=None):
    cc = os.environ["CC"]
    subprocess.run([cc, "-g", "-O2", "-fPIC", "-c", os.path.abspath("fast.c"), "-o", "fast.o"], check=True)
    subprocess.run([cc, "-c", "lib.c", "-o", "lib.o"], check=True)
    subprocess.run([os.environ["AR"], "rcs", "libown.a", "lib.o"], check=True)
    subprocess.run([*os.environ["LDSHARED"].split(), "fast.o", "-L.", "-lown", "-lm", "-o", "fast.so"], check=True)
    with zipfile.ZipFile(pathlib.Path(folder, "p-1-cp314-cp314-linux_x86_64.whl"), "w") as file:
        file.writestr(zipfile.ZipInfo("fast.so"), pathlib.Path("fast.so").read_bytes())
    return "p-1-cp314-cp314-linux_x86_64.whl"
"""
SOURCE = """\
double sin(double); int own(int); int py(int);
const char *where = __FILE__;
int PyInit_fast(void) { return own(py((int)sin(py(0)))); }
"""


def project(folder: Path, source: str = SOURCE) -> Path:
    made = folder / "p"
    made.mkdir(parents=True)
    (made / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n'
    )
    (made / "back.py").write_text(BACKEND)
    (made / "fast.c").write_text(source)
    (made / "lib.c").write_text("int own(int x) { return x + 1; }")
    return made


def built(folder: Path, target: Distribution, source: str = SOURCE) -> bytes:
    """The extension module of the project's wheel."""
    build = NativeBuild(
        distribution=target, compiler=toolchain.locate(), store=Store(folder / "store"), fetch=lambda _: []
    )
    made = project(folder, source)
    choice = Choice(package=LockedPackage(name="p", version="1"), folder=made)
    (folder / "out").mkdir()
    with zipfile.ZipFile(build.wheel(choice, made, folder / "out")) as file:
        return file.read("fast.so")


@pytest.fixture(autouse=True)
def _caches(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache of the compiler for all tests: it makes the C library in each new one."""
    shared = Store.default()
    environment = toolchain.Toolchain.environment
    monkeypatch.setattr(toolchain.Toolchain, "environment", lambda self, _: environment(self, shared))


def test_for_a_static_target_a_module_is_one_object_with_the_packages_own_libraries_in_it(tmp_path: Path) -> None:
    data = built(tmp_path, distribution())
    assert ElfFile.parse(data).type == Type.REL
    assert set(undefined_names(data)) == {"py", "sin"}


def test_for_glibc_a_module_is_a_shared_object(tmp_path: Path) -> None:
    data = built(tmp_path, replace(distribution(), target=GNU))
    elf = ElfFile.parse(data)
    assert (elf.type, elf.needed) == (Type.DYN, ("libm.so.6",))


def test_the_bytes_are_the_same_in_every_folder_and_name_none(tmp_path: Path) -> None:
    one, two = (built(tmp_path / name, distribution()) for name in ("one", "a longer folder"))
    assert one == two
    assert b"/build/source/" in one
    assert str(tmp_path).encode() not in one
    assert b"pydist-native" not in one


def test_a_build_that_fails_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(
        NativeBuildFailed, match=r"(?s)p 1: the build of .*fast\.c.*use of undeclared identifier 'nope'"
    ):
        built(tmp_path, distribution(), "int PyInit_fast(void) { return nope; }")


def test_a_build_that_asks_for_a_library_of_the_machine_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = """
def build_wheel(folder, settings=None, metadata=None):
    for name in ("pkg-config", "xml2-config", "xslt-config", "xml2-config"):
        assert subprocess.run([name, "--version"], capture_output=True).stdout == b""
    raise ValueError("no version")
"""
    monkeypatch.setattr(sys.modules[__name__], "BACKEND", "import subprocess" + backend)
    with pytest.raises(NativeBuildFailed) as caught:
        built(tmp_path, distribution())
    (fault,) = caught.value.faults
    assert str(fault) == "p 1: it needs libxml2, libxslt, which it does not bring"


def test_a_library_that_is_not_the_packages_own_is_not_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "libown.a").touch()
    words = ["-shared", "x.o", "-L/usr/lib", "-lz", f"-L{tmp_path}", "-lown", "-lpthread", "-o", str(tmp_path / "x.so")]
    assert native_build_cc._relocatable({}, "cc", words) == 1
    assert capfd.readouterr().err == "error: unable to find library: -lz\n"


def test_folders_and_libraries_of_the_machine_are_not_seen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = [
        "-I/usr/include/x",
        "-isystem",
        "/usr/local/include",
        "-L",
        "/usr/lib",
        "-Iown",
        "-L",
        "own",
        "-DX=/usr/lib",
    ]
    left = list(native_build_cc._without_machine([*words, "-march=native", "-isystem/lib/x", "-O2"]))
    assert left == ["-Iown", "-L", "own", "-DX=/usr/lib", "-O2"]
    (tmp_path / "told.json").write_text("{}")
    (tmp_path / "objects.txt").write_text("x.o '/usr/lib/libz.so'")
    assert native_build_cc.main([str(tmp_path / "told.json"), "cc", "-shared", f"@{tmp_path}/objects.txt"]) == 1
    assert "a library of this machine, which is for another C library: /usr/lib/libz.so" in capfd.readouterr().err


def test_programs_and_variables_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", "-march=native")
    root = tmp_path / "it's a folder"
    root.mkdir()
    tools = Tools(distribution=distribution(), compiler=toolchain.locate(), root=root)
    tools.write()
    variables = tools.variables({})
    assert not variables.keys() & {"CFLAGS", "USER"}
    run = {
        "env": {**variables, **toolchain.locate().environment(Store.default())},
        "capture_output": True,
        "text": True,
    }
    for name in ("cc", "gcc", "clang"):
        done = subprocess.run([tools.bin / name, "--version"], check=True, **run)  # type: ignore[call-overload]
        assert "clang version" in done.stdout
    for name in ("pkg-config", "cargo", "pg_config"):
        assert subprocess.run([tools.bin / name, "--version"], check=False, **run).returncode == 1  # type: ignore[call-overload]
    done = subprocess.run([tools.bin / "python3", "-c", "print(1)"], check=True, **run)  # type: ignore[call-overload]
    assert done.stdout == "1\n"
