"""The damaged inputs, each a function of seed and number alone, so that any of them can be made again.

Invariant: nothing here is random between runs; an input is written to one path, a file or a folder.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import random
import struct
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import zstandard

from pydist.archive.paths import name_fault
from pydist.binary.elf_edit import with_segment
from pydist.link.image import HEADER_SIZE, FileRow, ImageSpec, ModuleRow, checksum
from pydist.link.image_write import write
from pydist.link.report import Contents, InterpreterFacts
from pydist.manifest.convert import encode
from tests.support import dist, manifests, tiny

__all__ = ["damaged", "make_input"]

_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": lambda data: gzip.compress(data, 1, mtime=0),
    "tar.xz": lambda data: lzma.compress(data, preset=0),
    "tar.zst": zstandard.ZstdCompressor(level=1, write_checksum=True).compress,
}
_NAMES = ["../{e}", "/{e}", "{o}/{e}", "python/../../{e}", "python/install/lib/{e}", "python/x/{e}", "a\0b", "\x1b[31m",
          "python/" + "d/" * 200 + "{e}", "p" * 300, ".", "", "python", "python/PYTHON.json", "\udcff"]  # fmt: skip
_TARGETS = ["..", "../../..", "/", "{o}", "../{e}", "bin", ".", "python3", "x" * 5000, "a/" * 3000 + "b"]
_HOSTILE: list[Any] = [
    None, True, -1, 2**70, 1e308, 0.5, "", "..", "../../etc/passwd", "/etc/passwd", "a" * 5000, "\ud800", "\x1b[2J", [],
    {}, [[]], {"a": {"b": []}}, ["x"] * 50, "x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "static", "8",
    "PyInit_x", "install/bin/python3", "install", "build/Modules/config.c", "llvm-bitcode:1",
    "glibc-max-symbol-version:9",
]  # fmt: skip


def make_input(seed: int, number: int, path: Path, outside: Path) -> str:
    """Write input `number` to `path` and say what kind it is. Names that try to escape aim at `outside`."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311  # repeatable is what it has to be
    if number % 500 == 250:
        return _bomb(rng, path)
    if number % 100 == 60:
        return _link_bomb(rng, path)
    kind = rng.choices(["archive", "bytes", "json", "folder", "application", "noise"], [40, 20, 20, 4, 14, 2])[0]
    if kind == "application":
        path.write_bytes(_damaged_application(rng))
    elif kind == "noise":
        path.write_bytes(rng.randbytes(rng.randrange(5000)))
    else:
        content = _distribution(rng, _changed_json if kind in ("json", "folder") else _unchanged)
        if kind == "archive":
            _hostile_members(rng, content, outside)
        if kind == "folder":
            _folder(rng, content, path, outside)
        else:
            name = rng.choice(list(_COMPRESS))
            data = _COMPRESS[name](_tar(rng, content))
            path.write_bytes(damaged(rng, data) if kind == "bytes" else data)
    return kind


def _unchanged(_rng: random.Random, _manifest: dict[str, Any]) -> None:
    pass


def _distribution(rng: random.Random, change: Callable[[random.Random, dict[str, Any]], None]) -> tiny.Members:
    def apply(manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = b"#!/bin/false\n"
        if rng.random() < 0.3:
            older = manifests.of_version(rng.choice(manifests.VERSIONS))
            manifest.clear()
            manifest |= older
        change(rng, manifest)

    content = tiny.distribution(apply)
    if rng.random() < 0.1:
        text: Any = content["python/PYTHON.json"]
        texts = [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 10_000, b"\xff", bytes(text)[:-9]]
        content["python/PYTHON.json"] = rng.choice(texts)
    for name in rng.sample(sorted(content), 2):
        data = content[name]
        if isinstance(data, bytes) and rng.random() < 0.3:
            content[name] = damaged(rng, data) if data else b"!"
    return content


def _changed_json(rng: random.Random, document: dict[str, Any]) -> None:
    for _ in range(rng.randrange(1, 5)):
        place: Any = document
        while isinstance(place, dict | list) and place:
            key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if not isinstance(place[key], dict | list) or not place[key] or rng.random() < 0.3:
                if rng.random() < 0.2:
                    del place[key]
                else:
                    place[key] = rng.choice(_HOSTILE)
                break
            place = place[key]


def _hostile_members(rng: random.Random, content: tiny.Members, outside: Path) -> None:
    words = {"e": "escaped", "o": str(outside)}
    for _ in range(rng.randrange(1, 4)):
        name = rng.choice([*_NAMES, *content]).format(**words)
        target = rng.choice([*_TARGETS, *content]).format(**words)
        members: list[bytes | tuple[str, str]] = [b"data", ("sym", target), ("hard", target)]
        content[name] = rng.choice(members)
        if rng.random() < 0.3:
            content[f"{name}/{rng.choice(['x', 'escaped', 'bin'])}"] = b"below"


def _tar(rng: random.Random, content: tiny.Members) -> bytes:
    buffer = io.BytesIO()
    form = rng.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as tar:
        for name, value in content.items():
            info = tarfile.TarInfo(name)
            info.mode = rng.choice([0o644, 0o755, 0o7777, 0]) if rng.random() < 0.1 else 0o755
            if isinstance(value, bytes):
                info.size = len(value)
                tar.addfile(info, io.BytesIO(value))
                continue
            info.type, info.linkname = tarfile.SYMTYPE if value[0] == "sym" else tarfile.LNKTYPE, value[1]
            if rng.random() < 0.05:
                info.type = rng.choice([tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE, b"Z"])
            tar.addfile(info)
    return buffer.getvalue()


def damaged(rng: random.Random, data: bytes, *, same_size: bool = False) -> bytes:
    """`data` with one to twenty pieces lost, repeated, blanked or overwritten; of `same_size` nothing is moved."""
    made = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at = rng.randrange(len(made)) if made else 0
        size = rng.choice([1, 1, 2, 4, 8, 64, 512])
        match rng.randrange(3 if same_size else 0, 7):
            case 0:
                del made[at:]
            case 1:
                del made[at : at + size]
            case 2:
                made[at:at] = made[at : at + size]
            case 3:
                made[at : at + size] = bytes(len(made[at : at + size]))
            case 4:
                made[at : at + size] = b"\xff" * len(made[at : at + size])
            case 5:
                made[at : at + size] = rng.randbytes(len(made[at : at + size]))
            case _:
                made[at : at + 1] = bytes([rng.randrange(256)])
    return bytes(made)


def _folder(rng: random.Random, content: tiny.Members, path: Path, outside: Path) -> None:
    for name, value in content.items():
        place = path / name
        if name_fault(name):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, bytes):
            place.write_bytes(value)
        elif value[0] == "sym":
            place.symlink_to(value[1])
    for name in rng.sample(sorted(content), 2):
        place = path / name
        if place.is_file() and rng.random() < 0.5:
            place.unlink()
            place.symlink_to(rng.choice([str(outside), "..", "/etc/passwd", place.name]))


def _damaged_application(rng: random.Random) -> bytes:
    program, image = _application()
    if rng.random() < 0.4:
        return damaged(rng, program + image)
    return program + _sealed(bytearray(damaged(rng, image, same_size=rng.random() < 0.8)))


def _sealed(image: bytearray) -> bytes:
    """`image` with the digests it should have, so that what lies behind that check is reached too."""
    if len(image) >= HEADER_SIZE:
        size, tables = struct.unpack_from("<QQ", image, 16)
        if tables <= size <= len(image) and tables % 8 == 0:
            image[40:72] = hashlib.sha256(image[tables:size]).digest()
            image[32:40] = bytes(8)
            struct.pack_into("<Q", image, 32, checksum(memoryview(image[:tables]).cast("Q")))
    return bytes(image)


@cache
def _application() -> tuple[bytes, bytes]:
    """A program with the place for an image, and the image."""
    interpreter = InterpreterFacts(
        implementation="cpython",
        version="3.14.7",
        target_triple=tiny.TRIPLE,
        build_options="noopt",
        distribution="ab" * 32,
        licenses=(),
    )
    contents = Contents(pydist="0", name="app", entry="app:main", interpreter=interpreter, packages=(), modules=1)
    spec = ImageSpec(
        python_hex=0x030E07F0,
        pyc_magic=3627,
        abi_tag="cpython-314",
        modules=(ModuleRow(name="__main__", path="site/app.py", code=b"main"),),
        files=(FileRow(path="bin/tool", data=b"#!", executable=True), FileRow(path="site/app.py", data=b"# app")),
        frozen=(),
        config=(("entry.kind", "script"),),
        meta=json.dumps(encode(contents)).encode(),
    )
    image = io.BytesIO()
    write(spec, image)
    return with_segment(dist.stub(), len(image.getvalue()), b"pydist").data, image.getvalue()


def _bomb(rng: random.Random, path: Path) -> str:
    header = tarfile.TarInfo("python/PYTHON.json")
    header.size = 300 << 20
    if rng.random() < 0.5:
        header.type, header.size = tarfile.GNUTYPE_LONGNAME, 300 << 20
    name = rng.choice(["tar.gz", "tar.xz", "tar.zst"])
    path.write_bytes(_COMPRESS[name](header.tobuf(tarfile.GNU_FORMAT) + bytes(300 << 20)))
    return "bomb"


def _link_bomb(rng: random.Random, path: Path) -> str:
    """Hard links, which unpacking makes copies of: a gigabyte out of two megabytes of headers."""

    def apply(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = b"#!/bin/false\n"
        content["python/install/0"] = bytes(512 << 10)
        content.update({f"python/install/{number}": ("hard", "python/install/0") for number in range(1, 2048)})

    name = rng.choice(["tar.gz", "tar.xz", "tar.zst"])
    tiny.pack(path, tiny.distribution(apply))
    path.write_bytes(_COMPRESS[name](path.read_bytes()))
    return "link bomb"
