"""One image with everything that an image can hold, and how to damage it where a checksum would not tell."""

from __future__ import annotations

import io
import struct

from pydist.link.image import (
    START,
    FileRow,
    ImageSpec,
    ModuleFlag,
    ModuleRow,
    NeedRow,
    RehearsalKind,
    RehearsalRow,
    checksum,
)
from pydist.link.image_write import write

SPEC = ImageSpec(
    python_hex=0x030E07F0,
    pyc_magic=3627,
    abi_tag="cpython-314",
    modules=(
        ModuleRow(name="__main__", path="site/app.py", code=b"main"),
        ModuleRow(name="_pydist.start", path="lib/start.py", code=b"start", flags=ModuleFlag.STDLIB),
        ModuleRow(name="json", path="lib/json/__init__.py", code=b"json!", flags=ModuleFlag.PACKAGE),
        ModuleRow(name="json.tool", path="lib/json/tool.py"),
        ModuleRow(name="ns", path="site/ns", flags=ModuleFlag.PACKAGE | ModuleFlag.NAMESPACE),
        ModuleRow(name="ns.m", path="site/ns/m.so", flags=ModuleFlag.EXTENSION),
    ),
    files=(
        FileRow(path="bin/tool", data=b"#!", executable=True),
        FileRow(path="lib/json/__init__.py", data=b"# json"),
        FileRow(path="lib/json/tool.py", data=b"syntax error here"),
        FileRow(path="site/App-1.dist-info/METADATA", data="Näme: App\n".encode()),
        FileRow(path="site/ns/m.so", data=b"m" * 200),
        FileRow(path="site/ns/été.txt", data=b""),
        FileRow(path="site/x.libs/a.so", data=b"a"),
        FileRow(path="site/x.libs/b.so", data=b"b"),
    ),
    frozen=START,
    needs=(
        NeedRow(path="site/ns/m.so", needed=("site/x.libs/b.so", "site/x.libs/a.so"), names={"site/x.libs/a.so": 72}),
    ),
    rehearsals=(
        RehearsalRow(kind=RehearsalKind.PATTERN, flags=32, key=b"a+b*", value=b"words"),
        RehearsalRow(kind=RehearsalKind.EVAL, flags=0, key="lambda ä: 1".encode(), value=b"code"),
    ),
    config=(("sys.path", "lib"), ("sys.path", "site"), ("entry.kind", "script")),
    meta=b'{"a": 1}',
)


def written(spec: ImageSpec) -> bytes:
    file = io.BytesIO()
    write(spec, file)
    return file.getvalue()


def sealed(data: bytearray) -> bytes:
    """`data` with the checksum that its tables should have, so that what lies behind that check is tested too."""
    (size,) = struct.unpack_from("<Q", data, 24)
    tables = bytearray(data[: min(size, len(data)) // 8 * 8])
    tables[32:40] = bytes(8)
    struct.pack_into("<Q", data, 32, checksum(memoryview(tables).cast("Q")))
    return bytes(data)


IMAGE = written(SPEC)
