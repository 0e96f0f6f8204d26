"""Applications with native code: it is loaded from memory, one file runs alone, and what it needs is said."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.app import Request
from pydist.link.link import link
from pydist.link.report import LinkReport
from pydist.store import Store

pytestmark = pytest.mark.slow

GNU = "x86_64-unknown-linux-gnu"
SCRIPT = """
import ctypes, json, os, sys
import numpy, yaml
from cryptography.fernet import Fernet

key = Fernet.generate_key()
print(Fernet(key).decrypt(Fernet(key).encrypt(b"secret")))
print(numpy.linalg.inv(numpy.diag([2.0, 4.0])).tolist(), numpy.fft.fft([1, 0]).tolist())
print(yaml.load("[1, {a: b}]", yaml.CSafeLoader))

path = numpy._core._multiarray_umath.__file__
print(os.path.isfile(path), path.startswith(sys.prefix), type(numpy._core._multiarray_umath.__loader__).__name__)
library = ctypes.CDLL(path)  # by its virtual path, and the same one
print(library._handle == ctypes.CDLL(path)._handle)

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p if name in ("name", "symbol") else ctypes.c_void_p)
                for name in ("name", "base", "symbol", "at")]
info = Info()
everything = ctypes.CDLL(None)
everything.dladdr(library.PyInit__multiarray_umath, ctypes.byref(info))
print(info.name.decode() == path)

everything.fopen.restype = ctypes.c_void_p
file = everything.fopen(json.__file__.encode(), b"r")
print(everything.fclose(ctypes.c_void_p(file)), everything.fopen(json.__file__.encode(), b"w"))
for wrong in (json.__file__, path + ".none"):
    try:
        ctypes.CDLL(wrong)
    except OSError as error:
        print(str(error).startswith(wrong))
print([name for name in os.listdir("/proc/self/fd") if "memfd" in os.path.realpath("/proc/self/fd/" + name)])
"""
EXPECTED = """\
b'secret'
[[0.5, 0.0], [0.0, 0.25]] [(1+0j), (1+0j)]
[1, {'a': 'b'}]
True True ExtensionFileLoader
True
True
0 None
True
True
[]
"""


@pytest.fixture(scope="module")
def report(tree: Callable[..., Path], store: Store, tmp_path_factory: pytest.TempPathFactory) -> LinkReport:
    folder = tmp_path_factory.mktemp("native")
    (folder / "app.py").write_text(SCRIPT)
    request = Request(
        app=str(folder / "app.py"), output=folder / "app", distribution=str(tree(GNU, "noopt")),
        with_=("numpy", "cryptography", "pyyaml"),
    )  # fmt: skip
    return link(request, store=store)


def test_packages_with_shared_objects_work(report: LinkReport) -> None:
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr


def test_nothing_is_written_to_a_disk(report: LinkReport, tmp_path: Path) -> None:
    """Where every folder is read-only, below another user's number."""
    command = [
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        'mount -o remount,bind,ro / && exec "$0"',
        report.output,
    ]
    done = subprocess.run(command, env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr


def test_what_the_system_must_have_is_said(report: LinkReport) -> None:
    assert report.needs[0].startswith("glibc ≥ 2.")
    assert "/proc, to load shared objects from memory" in report.needs
    assert report.touches_disk == ()


def test_an_application_is_linked_for_glibc_when_a_package_has_nothing_else(
    distribution: object, tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    tree(GNU)  # the store has one
    (tmp_path / "app.py").write_text("import numpy; print(numpy.zeros(2).sum())")
    report = link(Request(app=str(tmp_path / "app.py"), output=tmp_path / "app", with_=("numpy",)), store=store)
    assert report.contents.interpreter.target_triple == GNU
    assert subprocess.check_output([tmp_path / "app"]) == b"0.0\n"
    with pytest.raises(InputError, match=r"(?s)native code cannot be built.*numpy"):
        link(Request(app=str(tmp_path / "app.py"), with_=("numpy",), target="x86_64-unknown-linux-musl"), store=store)


@pytest.mark.network
def test_libraries_of_a_published_wheel_that_need_each_other_work(
    tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    """Pillow brings FreeType and HarfBuzz, each of which needs the other; and Tk stays out."""
    (tmp_path / "app.py").write_text(
        "import io\nfrom PIL import Image, ImageDraw, ImageFont, features\n"
        "image = Image.new('L', (200, 40))\n"
        "ImageDraw.Draw(image).text((5, 5), 'AVA fi', fill=255, font=ImageFont.load_default(24))\n"
        "file = io.BytesIO()\nimage.save(file, 'WEBP')\nfile.seek(0)\nImage.open(file).load()\n"
        "print(image.getbbox() is not None, features.check('freetype2'), features.check('harfbuzz'))\n"
    )
    request = Request(
        app=str(tmp_path / "app.py"), output=tmp_path / "app", distribution=str(tree(GNU, "noopt")), with_=("pillow",)
    )  # fmt: skip
    report = link(request, store=store)
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True True True\n", 0), done.stderr
    assert "tkinter and Tcl/Tk" in {row.name for row in report.left_out}


@pytest.mark.network
def test_packages_that_write_the_title_of_the_process_find_its_place(
    tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    """They look in memory for the arguments that Python says it was started with."""
    (tmp_path / "app.py").write_text(
        "import sys, setproctitle as s\nprint(s.getproctitle())\ns.setproctitle('another')\n"
        "print(open('/proc/self/cmdline').read().rstrip(chr(0)), sys.orig_argv[1:])\n"
    )
    request = Request(
        app=str(tmp_path / "app.py"), output=tmp_path / "app", distribution=str(tree(GNU, "noopt")),
        with_=("setproctitle",),
    )  # fmt: skip
    program = link(request, store=store).output
    # Behind the arguments stands the environment, by which they are found.
    done = subprocess.run([program, "a", "-b"], env={"A": "1"}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{program} a -b\nanother {[program, 'a', '-b']}\n", 0), done.stderr


@pytest.mark.network
def test_source_with_native_code_is_built_where_no_wheel_fits(
    tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    """crcmod has published source only."""
    (tmp_path / "app.py").write_text("import crcmod._crcfunext as c; print(c.__name__, type(c.__loader__).__name__)\n")
    request = Request(
        app=str(tmp_path / "app.py"), output=tmp_path / "app", distribution=str(tree(GNU, "noopt")), with_=("crcmod",)
    )  # fmt: skip
    report = link(request, store=store)
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("crcmod._crcfunext ExtensionFileLoader\n", 0), done.stderr
    assert report.needs[0] == "glibc ≥ 2.17"
