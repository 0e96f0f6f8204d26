"""Licence texts that an installation has are kept; one that is not there is not made up."""

from __future__ import annotations

from pathlib import Path

from pydist.adopt.licences import find_licences
from tests.support import trees

PSF = "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2"


def test_the_text_of_python_and_those_of_packages_are_found(tmp_path: Path) -> None:
    system = trees.write(tmp_path / "system", {
        "usr/lib/x86_64-linux-gnu/libssl.so.3": b"", "usr/lib/x86_64-linux-gnu/libz.so.1.3": b"",
        "var/lib/dpkg/info/libssl3:amd64.list": b"/.\n/usr\n/usr/lib/x86_64-linux-gnu/libssl.so.3\n",
        "var/lib/dpkg/info/zlib1g:amd64.list": b"/lib/x86_64-linux-gnu/libz.so.1.3\n",
        "var/lib/dpkg/info/..:amd64.list": b"/lib/x86_64-linux-gnu/libz.so.1.3\n",
        "usr/share/doc/libssl3/copyright": b"Apache", "usr/share/doc/zlib1g/copyright": b"zlib",
    })  # fmt: skip
    root = trees.write(tmp_path / "python", {"install/lib/python3.14/LICENSE.txt": PSF.encode()})
    libraries = system / "usr/lib/x86_64-linux-gnu"
    bundled = {"lib/libssl.so.3": libraries / "libssl.so.3", "lib/libz.so.1": libraries / "libz.so.1.3",
               "lib/libown.so": tmp_path / "opt/libown.so"}  # fmt: skip
    made = find_licences(root, bundled, system)
    assert made.python == "licenses/LICENSE.cpython.txt"
    assert made.libraries == {
        "lib/libssl.so.3": "licenses/LICENSE.libssl3.txt", "lib/libz.so.1": "licenses/LICENSE.zlib1g.txt",
    }  # fmt: skip
    assert (root / "licenses/LICENSE.zlib1g.txt").read_bytes() == b"zlib"


def test_what_an_archive_brought_moves_to_its_place_in_a_full_one(tmp_path: Path) -> None:
    root = trees.write(tmp_path / "python", {"install/share/licenses/LICENSE.cpython.txt": PSF.encode(),
                                             "install/share/licenses/LICENSE.zlib.txt": b"zlib"})  # fmt: skip
    made = find_licences(root, {}, tmp_path)
    assert made.python == "licenses/LICENSE.cpython.txt"
    assert {path.name for path in (root / "licenses").iterdir()} == {"LICENSE.cpython.txt", "LICENSE.zlib.txt"}
    assert not list((root / "install/share/licenses").iterdir())


def test_without_a_text_nothing_is_said(tmp_path: Path) -> None:
    root = trees.write(tmp_path / "python", {"install/bin/python3": b""})
    made = find_licences(root, {}, tmp_path)
    assert (made.python, made.identifiers, made.libraries) == (None, None, {})


def test_a_text_that_is_another_gives_no_identifiers(tmp_path: Path) -> None:
    root = trees.write(tmp_path / "python", {"install/lib/python3.14/LICENSE.txt": b"all rights reserved"})
    assert find_licences(root, {}, tmp_path).identifiers is None
