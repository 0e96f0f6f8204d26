"""Installed Pythons of a few kilobytes, made of real bytes: prefixes of Linux, macOS and Windows, and environments."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

from tests.support import tiny
from tests.support.elf import make_elf
from tests.support.macho import make_fat, make_macho
from tests.support.pe import make_pe
from tests.support.tiny_gnu import API
from tests.support.zips import Member, archive

Tree = dict[str, "bytes | tuple[str, str]"]
LOADER, MUSL_LOADER = "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"
X86_64, ARM64 = 0x01000007, 0x0100000C


def patchlevel(version: str) -> bytes:
    return f'/* Version */\n#define PY_MAJOR_VERSION 3\n#define PY_VERSION      \t"{version}"\n'.encode()


def pyconfig(*, debug: bool = False, freethreaded: bool = False) -> bytes:
    switches = {"Py_DEBUG": debug, "Py_GIL_DISABLED": freethreaded}
    return "\n".join(f"#define {name} 1" if on else f"/* #undef {name} */" for name, on in switches.items()).encode()


def variables(*, series: str = "3.14", triplet: str = "x86_64-linux-gnu", debug: int = 0, free: int = 0) -> bytes:
    values = {"VERSION": series, "SOABI": f"cpython-{series.replace('.', '')}-{triplet}", "Py_DEBUG": debug,
              "Py_GIL_DISABLED": free, "CFLAGS": "-O2 " * 40}  # fmt: skip
    return f"# system configuration generated and used by the sysconfig module\nbuild_time_vars = {values!r}\n".encode()


def details(*, micro: int = 7, flags: tuple[str, ...] = ()) -> bytes:
    version = {"major": 3, "minor": 14, "micro": micro, "releaselevel": "final", "serial": 0}
    return json.dumps({"implementation": {"version": version}, "abi": {"flags": flags}}).encode()


def elf(version: str = "3.14.7", interp: str | None = LOADER, glibc: str = "GLIBC_2.34", machine: int = 62) -> bytes:
    """An interpreter that ends with texts: versions of Python and SQLite."""
    needs = [("libc.so.6", [glibc])] if interp == LOADER else []
    needed = ["libc.so.6"] if interp else []
    made = make_elf(interp=interp, needed=needed, needs=needs, relro=True, dynamic=[(24, 0)], machine=machine,
                    undefined=["__stack_chk_fail", "__memcpy_chk"], loadable=bool(interp),
                    versioned=["__stack_chk_fail", "__memcpy_chk"] if needs else [])  # fmt: skip
    return made + f"\0{version}\0003.50.4\0".encode()


def unix(series: str = "3.14", version: str = "3.14.7") -> Tree:
    """A prefix of Linux."""
    lib, include = f"lib/python{series}", f"include/python{series}"
    return {
        "bin/python3": ("sym", f"python{series}"),
        f"bin/python{series}": elf(version),
        f"{include}/patchlevel.h": patchlevel(version),
        f"{include}/pyconfig.h": pyconfig(),
        f"{include}/Python.h": b"",
        f"{lib}/os.py": b"",
        f"{lib}/_sysconfigdata__linux_x86_64-linux-gnu.py": variables(series=series),
        "lib/python314.zip": tiny.library(),
        "LICENSE": tiny.LICENCES,
    }


def conda() -> Tree:
    """An environment of conda with Python in it: all packages in one prefix, whose libraries are found by `$ORIGIN`."""
    home, linker = "/home/user/miniconda3/envs/work", "bin/x86_64-conda-linux-gnu-ld"
    dynload = "lib/python3.14/lib-dynload"
    shared: dict[str, Any] = {"kind": 3, "build_id": bytes(8), "loadable": True, "relro": True, "dynamic": [(24, 0)]}
    given = unix()
    return given | {
        "lib/python3.14/LICENSE.txt": given.pop("LICENSE"),
        "conda-meta/history": b"==> 2026-01-31 12:00:00 <==\n# cmd: conda create -n work python=3.14\n",
        "conda-meta/python-3.14.7-h0000000_100_cp314.json": b'{"name": "python", "version": "3.14.7"}',
        "bin/python": ("sym", "python3.14"),
        "bin/openssl": make_elf(**shared, interp=LOADER, needed=["libssl.so.3"], runpath="$ORIGIN/../lib"),
        "bin/pip": f"#!{home}/bin/python\nfrom pip import main\n".encode(),
        linker: make_elf(),
        "compiler_compat/ld": ("sym", f"../{linker}"),
        f"{dynload}/_ssl.cpython-314-x86_64-linux-gnu.so": make_elf(
            **shared, needed=["libssl.so.3"], runpath="$ORIGIN/../..", defined=["PyInit__ssl"]),
        "lib/python3.14/_sysconfigdata_x86_64_conda_linux_gnu.py": variables(),
        "lib/python3.14/site-packages/pip/__init__.py": b"",
        "lib/python3.1": ("sym", "python3.14"),
        "lib/libssl.so": ("sym", "libssl.so.3"),
        "lib/libssl.so.3": make_elf(**shared, soname="libssl.so.3", needed=["libcrypto.so.3"], runpath="$ORIGIN/."),
        "lib/libcrypto.so.3": make_elf(**shared, soname="libcrypto.so.3", needed=["libc.so.6"], runpath="$ORIGIN/."),
        "etc/conda/activate.d/openssl.sh": b"",
        "ssl/cacert.pem": b"",
    }  # fmt: skip


def windows() -> Tree:
    return {
        "python.exe": make_pe(),
        "python314.dll": make_pe(characteristics=0x2022, name="python314.dll", exports=[(name, None) for name in API])
        + b"\x003.14.7\0",
        "Lib/os.py": b"",
        "python314.zip": tiny.library(),
        "LICENSE.txt": tiny.LICENCES,
        "Lib/site-packages/other/patchlevel.h": patchlevel("3.1.1"),
        "include/patchlevel.h": patchlevel("3.14.7"),
    }


def macos() -> Tree:
    """What is in a version of a framework."""
    slices = [(kind, make_macho(cpu=kind)) for kind in (ARM64, X86_64)]
    return {
        "bin/python3": ("sym", "python3.14"),
        "bin/python3.14": make_fat(slices),
        "include/python3.14/patchlevel.h": patchlevel("3.14.7"),
        "lib/python3.14/os.py": b"",
        "lib/python3.14/_sysconfigdata__darwin_darwin.py": tiny.SETTINGS,
        "lib/python314.zip": tiny.library(),
        "LICENSE": tiny.LICENCES,
    }


def write(root: Path, tree: Tree) -> Path:
    """`tree` as a folder."""
    for name, value in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, bytes):
            path.write_bytes(value)
            path.chmod(0o755 if name.startswith("bin/") else 0o644)
        else:
            os.symlink(value[1], path)  # noqa: PTH211
    return root


def tar(path: Path, tree: Tree, mode: str = "w:gz") -> Path:
    """`tree` as an install_only archive."""
    with tarfile.open(path, mode) as made:  # type: ignore[call-overload]  # the mode is not a literal
        for name, value in tree.items():
            info = tarfile.TarInfo(f"python/{name}")
            info.mode = 0o755 if name.startswith("bin/") else 0o644
            info.mtime = 1_704_067_200  # 2024-01-01
            if isinstance(value, bytes):
                info.size = len(value)
                made.addfile(info, io.BytesIO(value))
            else:
                info.type, info.linkname = tarfile.SYMTYPE, value[1]
                made.addfile(info)
    return path


def zipped(path: Path, tree: Tree) -> Path:
    """`tree` as an install_only archive that is a zip."""
    made = [
        Member(name=f"python/{name}".encode(), data=value, mode=0o100755 if name.startswith("bin/") else 0o100644)
        if isinstance(value, bytes)
        else Member(name=f"python/{name}".encode(), data=value[1].encode(), mode=0o120777)
        for name, value in tree.items()
    ]
    path.write_bytes(archive(*made))
    return path
