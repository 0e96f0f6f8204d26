"""library.compression: what goes in comes out, alone and in archives."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import sys
import tarfile
import zipfile
import zlib
from typing import Any

from pydist.trial.probes.say import done, expect

data = b"".join(b"%d " % number for number in range(50_000))
for module in (bz2, gzip, lzma, zlib):
    expect(
        "gives back what it was given", module.decompress(module.compress(data)) == data, True, where=module.__name__
    )
expect("CRC-32", zlib.crc32(b"123456789"), 0xCBF43926)
modes = ["gz", "bz2", "xz"]
kinds = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
if sys.version_info >= (3, 14):
    zstd: Any = importlib.import_module("compression.zstd")
    packed = zstd.compress(data, options={zstd.CompressionParameter.nb_workers: 2})
    expect(
        "gives back what it was given, with threads", zstd.decompress(packed) == data, True, where="compression.zstd"
    )
    modes.append("zst")
    kinds.append(93)
for mode in modes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{mode}") as tar:  # type: ignore[call-overload]
        member = tarfile.TarInfo("member")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        content = tar.extractfile("member")
        expect("an archive", content is not None and content.read() == data, True, where=f"tarfile, {mode}")
for kind in kinds:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        archive.writestr("member", data)
    with zipfile.ZipFile(file) as archive:
        expect("an archive", archive.read("member") == data, True, where=f"zipfile, method {kind}")
done(f"zlib {zlib.ZLIB_RUNTIME_VERSION}; tar with {', '.join(modes)}")
