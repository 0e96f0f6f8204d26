"""Facts about comparing an archive with its rebuild: every difference is found and explained. Nothing is built."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pydist.archive.source import ArchiveDamaged
from pydist.archive.write import TarWriter
from pydist.build.parts import parts, pinned, releases
from pydist.build.rebuild import made_from, read_record, rebuild, report_of
from pydist.build.report import ArchiveFacts, RebuildReport
from pydist.cli.rebuild import lines
from pydist.errors import InputError
from pydist.policy import recipes
from pydist.store import Store, digest_file
from tests.support import proof, tiny

OS = "python/install/lib/python3.14/os.py"


def archive(
    path: Path, change: Callable[[dict[str, Any], tiny.Members], None] = lambda _record, _members: None
) -> Path:
    """A tiny distribution; `change` gets its record and members when the record is already made."""
    members = tiny.distribution()
    text = members.pop("python/build/pydist.json")
    assert isinstance(text, bytes)
    record = json.loads(text)
    change(record, members)
    first: tiny.Members = {"python/build/pydist.json": json.dumps(record).encode()}
    with TarWriter(path, "zst") as tar:
        for name, value in (first | members).items():
            if isinstance(value, bytes):
                tar.add_bytes(name, value, 0o755 if "/bin/" in name else 0o644)
            else:
                tar.add_symlink(name, value[1])
    return path


def facts(path: Path) -> ArchiveFacts:
    return ArchiveFacts(path=str(path), size=path.stat().st_size, sha256=digest_file(path))


def compared(first: Path, second: Path) -> RebuildReport:
    return report_of(first, facts(first), second, facts(second))


def test_equal_archives_are_identical(tmp_path: Path) -> None:
    report = compared(archive(tmp_path / "a.tar.zst"), archive(tmp_path / "b.tar.zst"))
    assert report.identical
    assert report.same_tree
    assert (report.inputs, report.files, report.packing) == ((), (), ())


def test_a_byte_changed_after_the_build_is_explained_as_that_and_as_nothing_else(tmp_path: Path) -> None:
    def forged(_record: dict[str, Any], members: tiny.Members) -> None:
        members[OS] = b"import evil\n"

    report = compared(archive(tmp_path / "a.tar.zst", forged), archive(tmp_path / "b.tar.zst"))
    assert not report.identical
    assert not report.inputs
    (difference,) = report.files
    assert (difference.path, difference.change) == ("install/lib/python3.14/os.py", "bytes")
    assert difference.origin == "installation of cpython"
    assert "is what was rebuilt: it was changed after the build" in difference.details[0]
    assert difference.details[1] == "line 1 of the first:  'import evil\\n'"


def test_every_kind_of_difference_is_found(tmp_path: Path) -> None:
    def changed(_record: dict[str, Any], members: tiny.Members) -> None:
        del members["python/licenses/LICENSE.zlib.txt"]
        members["python/install/bin/python3"] = ("sym", "python3.13")
        members["python/install/lib/more.py"] = b""
        members["python/build/lib/libz.a"] = ("sym", "z.a")

    report = compared(archive(tmp_path / "a.tar.zst"), archive(tmp_path / "b.tar.zst", changed))
    assert [(row.path, row.change) for row in report.files] == [
        ("build/lib/libz.a", "kind"),
        ("install/bin/python3", "link"),
        ("install/lib/more.py", "extra"),
        ("licenses/LICENSE.zlib.txt", "missing"),
    ]
    assert report.files[0].origin == "library of zlib"


def test_a_mode_is_a_difference_of_its_own(tmp_path: Path) -> None:
    archive(tmp_path / "a.tar.zst")
    with TarWriter(tmp_path / "b.tar.zst", "zst") as tar:
        for name, value in tiny.distribution().items():
            if isinstance(value, bytes):
                tar.add_bytes(name, value)
            else:
                tar.add_symlink(name, value[1])
    report = compared(tmp_path / "a.tar.zst", tmp_path / "b.tar.zst")
    modes = [(row.path, row.first, row.second) for row in report.files if row.change == "mode"]
    assert modes == [("install/bin/python3.14", "0755", "0644")]


def test_inputs_come_first_with_their_values(tmp_path: Path) -> None:
    def newer(record: dict[str, Any], _members: tiny.Members) -> None:
        record["toolchain"]["version"] = "2"
        record["keys"]["cpython"] = "9" * 64
        record["tools"] = {"pydist": "2"}

    report = compared(archive(tmp_path / "a.tar.zst"), archive(tmp_path / "b.tar.zst", newer))
    # The older record does not say which tools wrote it.
    assert [(row.kind, row.name) for row in report.inputs] == [("toolchain", "none"), ("key", "cpython")]
    shown = lines(report)
    assert "2 inputs differ" in shown[1]
    assert "  so these steps have other keys: cpython" in shown
    assert shown.index("  build/pydist.json: other bytes (written by pydist about the build)") > 3
    assert any("key toolchain.version: '0' and '2'" in line for line in shown)


def test_one_tree_packed_in_two_ways_is_said_to_be_one(tmp_path: Path) -> None:
    first = archive(tmp_path / "a.tar.zst")
    with TarWriter(tmp_path / "b.tar.gz", "gz") as tar:
        for name, value in tiny.distribution().items():
            if isinstance(value, bytes):
                tar.add_bytes(name, value, 0o755 if "/bin/" in name else 0o644)
            else:
                tar.add_symlink(name, value[1])
    report = compared(first, tmp_path / "b.tar.gz")
    assert (report.identical, report.same_tree) == (False, True)


def test_an_archive_without_a_record_is_refused(tmp_path: Path) -> None:
    tiny.pack(tmp_path / "a.tar", {"python/PYTHON.json": b"{}"})
    with pytest.raises(InputError, match="expected a full archive"):
        read_record(tmp_path / "a.tar")
    with pytest.raises(InputError, match="no such file; expected a full archive"):
        rebuild(tmp_path / "nothing")


def test_half_an_archive_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    def large(_record: dict[str, Any], members: tiny.Members) -> None:
        members["python/install/z"] = Random(0).randbytes(4 << 20)  # noqa: S311

    made = archive(tmp_path / "a.tar.zst", large)
    made.write_bytes(made.read_bytes()[:-5])
    read_record(made)  # which is near the beginning
    with pytest.raises(ArchiveDamaged):
        rebuild(made, keep=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_what_this_pydist_cannot_build_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    def other(record: dict[str, Any], _members: tiny.Members) -> None:
        record["python_version"] = "3.14.99"

    made = archive(tmp_path / "a.tar.zst", other)
    with pytest.raises(InputError, match=r"this pydist cannot build what its record names: .*3\.14\.99"):
        rebuild(made, keep=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_an_archive_of_somebodys_own_tree_asks_for_it(tmp_path: Path) -> None:
    def own(record: dict[str, Any], _members: tiny.Members) -> None:
        record["sources"] = [{"name": "cpython", "version": "3.14.7", "sha256": "a" * 64, "licenses": [],
                              "license_paths": []}]  # fmt: skip

    with pytest.raises(InputError, match="name it with --source"):
        rebuild(archive(tmp_path / "a.tar.zst", own))


@pytest.mark.parametrize("there", [b"", b"another profile"])
def test_an_archive_without_the_profile_of_its_record_is_refused(there: bytes, tmp_path: Path) -> None:
    def optimised(record: dict[str, Any], members: tiny.Members) -> None:
        record |= {"options": "pgo+static", "profile": "a" * 64}
        if there:
            members["python/build/profile.profdata"] = there

    with pytest.raises(InputError, match="with the digest aaaa"):
        rebuild(archive(tmp_path / "a.tar.zst", optimised), keep=tmp_path / "kept", store=Store(tmp_path / "store"))


def test_a_folder_with_something_in_it_is_not_used(tmp_path: Path) -> None:
    made = archive(tmp_path / "a.tar.zst")
    with pytest.raises(InputError, match="begins from nothing"):
        rebuild(made, keep=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.zst"]


def test_the_same_archive_of_a_source_is_asked_for_where_there_are_several() -> None:
    zlib = recipes.load("zlib").releases[0]
    wanted = releases(parts(proof.REQUEST))
    pins = {"zlib": zlib.origins[-1].sha256, "openssl": "0" * 64}
    found = {recipe.name: release for recipe, release in pinned(wanted, pins)}
    assert [origin.sha256 for origin in found["zlib"].origins] == [zlib.origins[-1].sha256]
    assert found["openssl"] == recipes.load("openssl").releases[0], "an archive that is not known leaves the choice"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("build/lib/libcrypto.a", "library of openssl"),
        ("licenses/LICENSE.xz.copying.0bsd.txt", "licence text of xz"),
        ("install/bin/python3.14", "linked of cpython and all components"),
        ("install/lib/python3.14/lib-dynload/_x.so", "extension module of cpython, linked with its libraries"),
        ("build/Modules/zlibmodule.o", "object of cpython"),
        ("etc/passwd", "not a file that pydist makes"),
    ],
)
def test_what_a_file_is_made_from_is_told(path: str, words: str) -> None:
    assert made_from(path) == words
