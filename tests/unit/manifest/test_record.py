"""The build record reads back as it was written and refuses what is not one."""

from __future__ import annotations

import dataclasses
import json

import pytest

from pydist.manifest.load import ManifestInvalid
from pydist.manifest.record import (
    BuildRecord,
    FileRecord,
    LeftOutRecord,
    PatchRecord,
    SourceRecord,
    ToolchainRecord,
    dump_record,
    load_record,
)

DIGEST = "ab" * 32
RECORD = BuildRecord(
    name="cpython-3.14.7+20260101-x86_64-unknown-linux-musl-noopt+static-full",
    python_version="3.14.7",
    target_triple="x86_64-unknown-linux-musl",
    options="noopt+static",
    sources=(
        SourceRecord(
            name="zlib",
            version="1.3.1",
            filename="zlib.tar.gz",
            sha256=DIGEST,
            size=10,
            licenses=("Zlib",),
            license_paths=("licenses/LICENSE.zlib.txt",),
        ),
    ),
    toolchain=ToolchainRecord(name="ziglang", version="1", digest=DIGEST),
    patches=(PatchRecord(component="cpython", name="a.patch", sha256=DIGEST),),
    flags={"CFLAGS": ("-O2",)},
    link_line=("-o", "python", "b.o", "a.o"),
    extensions_left_out=(LeftOutRecord(name="_tkinter", reason="no display"),),
    files={"install/bin/python3.14": FileRecord(sha256=DIGEST, size=1, mode=0o755)},
    links={"install/bin/python3": "python3.14"},
    keys={"cpython": DIGEST},
)


def test_a_record_reads_back_as_written() -> None:
    assert load_record(dump_record(RECORD), "build/pydist.json") == RECORD


def test_equal_records_give_equal_bytes() -> None:
    assert dump_record(dataclasses.replace(RECORD)) == dump_record(RECORD)
    assert json.loads(dump_record(RECORD))["format_version"] == 1


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("format_version", 2, "format_version: expected 1, found 2"),
        ("format_version", True, "format_version: expected 1, found true"),
        ("files", {"x": {"sha256": "AB", "size": 1, "mode": 1}}, "files.x.sha256: expected 64 hexadecimal digits"),
        ("link_line", "cc", "link_line: expected an array"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(key: str, value: object, place: str) -> None:
    data = json.loads(dump_record(RECORD)) | {key: value}
    with pytest.raises(ManifestInvalid) as caught:
        load_record(json.dumps(data).encode(), "build/pydist.json")
    assert str(caught.value.faults[0]).startswith(f"build/pydist.json: {place}")
