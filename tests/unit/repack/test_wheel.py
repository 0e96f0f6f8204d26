"""A wheel that brings a Python: what standards say of wheels holds, and installers install a command that is it."""

from __future__ import annotations

import base64
import csv
import hashlib
import subprocess
import sys
import zipfile
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from packaging.metadata import Metadata
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from packaging.version import Version
from uv import find_uv_bin

from pydist.errors import InputError
from pydist.manifest.compact import COMPACT, Compact, load_compact
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from pydist.repack.wheel import Wheel, platform_tags
from tests.support import tiny
from tests.support.elf import make_elf

INFO, TREE = "cpython_bundle-3.14.7.dist-info", "cpython_bundle/python"
PROGRAM = b'#!/bin/sh\necho the bundled one: "$@"\n'


def change(manifest: dict[str, Any], content: tiny.Members) -> None:
    """An interpreter that says what it is given, and links of all kinds."""
    manifest["build_options"] = manifest["optimizations"] = "noopt+static"
    content["python/install/bin/python3.14"] = PROGRAM
    content["python/install/bin/tool"] = make_elf()
    content["python/install/bin/tool1"] = ("sym", "tool")
    content["python/install/lib/data, more"] = b"x"
    content["python/install/lib/again"] = ("sym", "python3.14")
    content["python/install/lib/nowhere"] = ("sym", "gone")


@pytest.fixture
def full(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return tiny.pack(folder / "cpython-3.14.7+20260101-x86_64-unknown-linux-musl-noopt+static-full.tar",
                     tiny.distribution(change))  # fmt: skip


def made(source: Path, output: str) -> Path:
    return Path(repack(Request(source=source, profile=profile_named("wheel-bundle"), output=output)).output)


@pytest.fixture
def wheel(full: Path, tmp_path: Path) -> Path:
    return made(full, f"{tmp_path}/wheels/")


def test_its_name_says_what_it_runs_on(wheel: Path) -> None:
    name, version, build, tags = parse_wheel_filename(wheel.name)
    assert (name, version, build) == ("cpython-bundle", Version("3.14.7"), (20260101, "_noopt_static"))
    platforms = ("manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_1_x86_64")
    assert tags == {Tag("py3", "none", platform) for platform in platforms}


def test_every_member_is_recorded_as_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        rows = list(csv.reader(file.read(f"{INFO}/RECORD").decode().splitlines()))
        for name, digest, size in rows[:-1]:
            data = file.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={expected}", str(len(data)))
    assert [row[0] for row in rows] == names
    assert rows[-1] == [f"{INFO}/RECORD", "", ""]
    own = [name.startswith(f"{INFO}/") for name in names]
    assert own == sorted(own), ".dist-info comes last"


def test_links_that_stand_for_too_much_make_no_wheel(tmp_path: Path) -> None:
    """Each link to a folder is all of it once more: a small archive could fill any disk."""

    def many(_manifest: dict[str, Any], content: tiny.Members) -> None:
        change(_manifest, content)
        content |= {f"python/install/lib/much/{number}": b"" for number in range(200)}
        content |= {f"python/install/lib/more{number}": ("sym", "much") for number in range(101)}

    path = tiny.pack(tmp_path / "cpython-3.14.7+20260101-x86_64-unknown-linux-musl-noopt+static-full.tar",
                     tiny.distribution(many))  # fmt: skip
    with pytest.raises(InputError, match="stand for more than 20,000 files"):
        made(path, f"{tmp_path}/wheels/")
    assert list((tmp_path / "wheels").iterdir()) == []


def test_its_metadata_is_valid_and_its_licences_are_there(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        metadata = Metadata.from_email(file.read(f"{INFO}/METADATA"), validate=True)
        about: Message = BytesParser().parsebytes(file.read(f"{INFO}/WHEEL"))
        licences = {name.removeprefix(f"{INFO}/licenses/"): file.read(name) for name in file.namelist()
                    if name.startswith(f"{INFO}/licenses/")}  # fmt: skip
    assert (metadata.name, metadata.version, metadata.metadata_version) == ("cpython-bundle", Version("3.14.7"), "2.4")
    assert metadata.license_files == sorted(licences) == ["LICENSE.cpython.txt", "LICENSE.zlib.txt"]
    assert licences["LICENSE.zlib.txt"] == tiny.LICENCES
    assert metadata.license_expression is None, "the archive has no record of all that is in it"
    tags = {Tag(*text.split("-")) for text in about.get_all("Tag", [])}
    assert tags == parse_wheel_filename(wheel.name)[3]
    assert (about["Wheel-Version"], about["Root-Is-Purelib"], about["Build"]) == (
        "1.0", "false", "20260101_noopt_static")  # fmt: skip


def test_licences_are_one_expression_where_all_are_known() -> None:
    known = replace(compact(), all_licenses=("Apache-2.0 WITH LLVM-exception", "MIT OR Zlib", "Python-2.0"))
    text = "License-Expression: Apache-2.0 WITH LLVM-exception AND (MIT OR Zlib) AND Python-2.0\n"
    assert text in Wheel(known).metadata([])
    assert "License-Expression" not in Wheel(replace(known, all_licenses=("their own",))).metadata([])


def test_a_link_to_a_program_starts_it_and_others_are_copies(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        modes = {info.filename.removeprefix(f"{TREE}/"): info.external_attr >> 16 for info in file.infolist()}
        assert b'/tool" "$@"' in file.read(f"{TREE}/bin/tool1")
        assert file.read(f"{TREE}/bin/python3") == PROGRAM
        assert file.read(f"{TREE}/lib/again/os.py") == file.read(f"{TREE}/lib/python3.14/os.py")
    assert {modes[name] for name in ("bin/python3.14", "bin/python3", "bin/tool", "bin/tool1")} == {0o100755}
    assert modes["lib/python3.14/os.py"] == 0o100644
    assert "lib/nowhere" not in modes
    assert not any(mode & 0o120000 == 0o120000 for mode in modes.values())


def test_same_tree_same_bytes_from_whatever_archive(full: Path, wheel: Path, tmp_path: Path) -> None:
    less = repack(Request(source=full, profile=profile_named("install-only"), output=f"{tmp_path}/less/"))
    assert made(Path(less.output), f"{tmp_path}/again/").read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_installers_install_a_command_that_is_the_interpreter(wheel: Path, tmp_path: Path, installer: str) -> None:
    target = tmp_path / "target"
    words = ["--quiet", "--no-index", "--find-links", str(wheel.parent), "--target", str(target), "cpython-bundle"]
    subprocess.run([*install(installer), *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    environment = {"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"}
    for command in ([target / "bin/cpython3.14"], [sys.executable, "-m", "cpython_bundle"]):
        done = subprocess.run([*command, "-c", "a b"], check=True, capture_output=True, text=True, env=environment)
        assert done.stdout == "the bundled one: -c a b\n"
    asked = "import cpython_bundle as it; print(it.python().relative_to(it.prefix()))"
    said = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, env=environment)
    assert said.stdout == "bin/python3.14\n"


def install(installer: str) -> list[str]:
    if installer == "uv":
        return [find_uv_bin(), "pip", "install", "--offline", "--no-config", "--python", sys.executable]
    ensurepip = pytest.importorskip("ensurepip", reason="this Python has no pip of its own (python3-venv of Debian)")
    bundled = sorted(Path(ensurepip.__file__).with_name("_bundled").glob("pip-*.whl"))
    bundled += sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"))  # where Debian has it
    if not bundled:
        pytest.skip("this Python has no pip of its own")
    return [sys.executable, f"{bundled[0]}/pip", "install", "--isolated", "--disable-pip-version-check"]


def compact(**changes: Any) -> Compact:
    known = {
        "manifest_sha256": "a" * 64, "target_triple": "x86_64-unknown-linux-gnu", "build_options": "pgo+lto",
        "python_version": "3.14.7", "python_tag": "cp314", "python_platform_tag": "linux-x86_64",
        "python_implementation_name": "cpython", "python_implementation_cache_tag": "cpython-314",
        "python_bytecode_magic_number": "2b0e0d0a", "python_exe": "bin/python3.14",
        "python_extension_module_loading": (), "libpython_link_mode": "static",
        "crt_features": ("glibc-dynamic", "glibc-max-symbol-version:2.17"), "extensions": {},
    }  # fmt: skip
    return Compact(**{**known, **changes})


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        ({}, ("manylinux_2_17_x86_64", "manylinux2014_x86_64")),
        ({"crt_features": ("glibc-dynamic", "glibc-max-symbol-version:2.28")}, ("manylinux_2_28_x86_64",)),
        ({"crt_features": ("musl-dynamic",)}, ("musllinux_1_2_x86_64",)),
        ({"crt_features": ("musl-dynamic", "musl-version:1.1.24")}, ("musllinux_1_1_x86_64",)),
        ({"target_triple": "armv7-unknown-linux-gnueabihf", "python_platform_tag": "linux-armv7l"},
         ("manylinux_2_17_armv7l", "manylinux2014_armv7l")),
        ({"target_triple": "aarch64-apple-darwin", "python_platform_tag": "macosx-11.0-arm64"}, ("macosx_11_0_arm64",)),
        ({"target_triple": "x86_64-pc-windows-msvc", "python_platform_tag": "win-amd64"}, ("win_amd64",)),
    ],
)  # fmt: skip
def test_platforms_have_the_names_that_installers_know(changes: dict[str, Any], tags: tuple[str, ...]) -> None:
    assert platform_tags(compact(**changes)) == tags


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"target_triple": "x86_64_v3-unknown-linux-gnu"}, "level x86-64-v3"),
        ({"crt_features": ("glibc-dynamic",)}, "which glibc"),
        ({"python_version": "three"}, "expected one such as"),
        ({"build_options": "pgo\nName: other"}, "build_options"),
        ({"python_platform_tag": "linux/../x"}, "python_platform_tag"),
        ({"python_abi_tag": "t = x:main"}, "python_abi_tag"),
    ],
)
def test_what_installers_have_no_words_for_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        _ = Wheel(compact(**changes)).filename


def test_another_python_is_another_project_and_another_build_is_not() -> None:
    other = Wheel(compact(build_options="freethreaded+pgo+lto", python_abi_tag="t"))
    assert (other.name, other.package, other.command) == (
        "cpython-bundle-freethreaded", "cpython_bundle_freethreaded", "cpython3.14t")  # fmt: skip
    assert Wheel(compact(build_options="noopt")).name == Wheel(compact()).name
    assert Wheel(compact(python_version="3.15.0a1+"), "x1").filename.startswith(
        "cpython_bundle-3.15.0a1+source-0_pgo_lto"
    )


def test_the_name_of_a_wheel_is_not_free(full: Path, wheel: Path, tmp_path: Path) -> None:
    assert made(full, str(tmp_path / wheel.name)).read_bytes() == wheel.read_bytes()
    with pytest.raises(InputError, match=wheel.name.replace("+", ".")):
        made(full, str(tmp_path / "python.whl"))
    with pytest.raises(InputError, match="--format says zip"):
        repack(Request(source=full, profile=profile_named("wheel-bundle"), output=f"{tmp_path}/", suffix="zip"))


def test_a_tree_that_does_not_say_what_it_is_makes_no_wheel(tmp_path: Path) -> None:
    content = {
        name.replace("/install/", "/"): data for name, data in tiny.distribution().items() if "/install/" in name
    }
    with pytest.raises(InputError, match="which version and target"):
        made(tiny.pack(tmp_path / "a.tar", content), f"{tmp_path}/wheels/")


def test_its_command_is_never_a_program_outside_of_the_tree(tmp_path: Path) -> None:
    def lie(manifest: dict[str, Any], _: tiny.Members) -> None:
        manifest["python_exe"] = "../../../bin/sh"

    with pytest.raises(InputError, match=r"no file '\.\./\.\./\.\./bin/sh'"):
        made(tiny.pack(tmp_path / "a.tar", tiny.distribution(lie)), f"{tmp_path}/wheels/")
    assert not list((tmp_path / "wheels").iterdir())


def test_the_tree_in_it_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        about = load_compact(file.read(f"{TREE}/{COMPACT}"), COMPACT)
        names = set(file.namelist())
    assert about.left_out == ("static libraries", "headers")
    assert {f"{TREE}/{path}" for path in (about.python_exe, str(about.license_path))} <= names
