"""Applications in the odd surroundings of `make compatibility`: a part of it that takes a minute."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pydist.link.app import Request
from pydist.link.link import link
from pydist.store import Store

pytestmark = pytest.mark.slow

MUSL, GNU = "x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"
ROOMS = SimpleNamespace(**runpy.run_path(str(Path(__file__).resolve().parents[2] / "docs/compatibility/rooms.py")))
PLACES = """
import curses, datetime, locale, os, readline, ssl, sys, zoneinfo
print(zoneinfo.ZoneInfo("Europe/Berlin").utcoffset(datetime.datetime(2024, 7, 1)))
print(len(zoneinfo.available_timezones()) > 400, "Europe" in os.listdir("/usr/share/zoneinfo"))
print(len(ssl.create_default_context().get_ca_certs()) > 50)
curses.setupterm("xterm-256color", 1)
print(curses.tigetnum("colors"), sorted({*os.environ} - {"LC_ALL", "LANG"}))
print(sys.getfilesystemencoding(), sys.stdout.encoding, locale.getpreferredencoding().lower())
print(os.fsencode(sys.argv[1]).decode())
for name in ("", "C.UTF-8"):
    print(locale.setlocale(locale.LC_ALL, name)[0])
print(locale.getlocale()[1], locale.getencoding())
"""
FOUND = "2:00:00\nTrue True\nTrue\n256 []\nutf-8 utf-8 utf-8\nä\nC\nC\nUTF-8 UTF-8\n"
# Requirement or source, arguments of a run that ends at once, the target.
APPLICATIONS = {
    "script": ("import json; print(json.__file__)\n", (), MUSL),
    "script for glibc": ("import json; print(json.__file__)\n", (), GNU),
    "httpie": ("httpie", ("--version",), MUSL),
    "numpy": ("import numpy; print(numpy.linalg.inv(numpy.diag([2.0, 4.0])))\n", (), GNU),
}


def guest(place: Path, tree: Callable[..., Path], store: Store, name: str) -> SimpleNamespace:
    """The application `name`, linked in `place`, as rooms take it."""
    what, arguments, target = APPLICATIONS[name]
    scripts: tuple[str, ...] = ("http",)
    if "\n" in what:
        (place / "app.py").write_text(what)
        what, scripts = str(place / "app.py"), ()
    place.chmod(0o755)
    (place / "home").mkdir()
    (place / "home").chmod(0o777)
    with_ = ("numpy",) if name == "numpy" else ()
    dist = tree(target, *(("noopt",) if target == GNU else ()))
    request = Request(app=what, output=place / "app", distribution=str(dist), with_=with_, scripts=scripts)
    made: SimpleNamespace = ROOMS.Guest(
        program=place / "app",
        arguments=arguments,
        needs=link(request, store=store).needs,
        home=place / "home",
        crowd=20,
    )
    return made


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_works_in_every_room_and_writes_nothing(
    name: str, tree: Callable[..., Path], store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = guest(tmp_path_factory.mktemp("app"), tree, store, name)
    rooms = dict(ROOMS.tried(made))
    assert {room: fault for room, fault in rooms.items() if fault} == {}
    assert len(rooms) == len(ROOMS.ROOMS) if os.geteuid() == 0 else rooms
    if shutil.which("strace"):
        assert ROOMS.written(made) == ROOMS.Written(files=(), size=0)


def test_what_a_program_writes_is_noticed(tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    script = 'echo abc > "$HOME/one"; mkdir "$HOME/two"; (echo x; cat) >/dev/null; mv "$HOME/one" "$HOME/two/three"'
    arguments = ("-c", script)
    made = ROOMS.Guest(program=Path("/bin/sh"), arguments=arguments, needs=(), home=tmp_path)
    assert ROOMS.written(made) == ROOMS.Written(files=("~/one", "~/two", "~/two/three"), size=4)


@pytest.mark.parametrize("target", [MUSL, GNU])
def test_what_a_system_keeps_for_programs_is_there_where_it_has_nothing(
    target: str, tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    """Certificates, time zones, terminals, and UTF-8 without locale files; and no variable is set for it."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    (tmp_path / "app.py").write_text(PLACES)
    (tmp_path / "root/proc").mkdir(parents=True)
    dist = tree(target, *(("noopt",) if target == GNU else ()))
    request = Request(app=str(tmp_path / "app.py"), output=tmp_path / "root/app", distribution=str(dist))
    for library in ROOMS.libraries(link(request, store=store).needs):
        (tmp_path / f"root{library.parent}").mkdir(parents=True, exist_ok=True)
        shutil.copy2(library.resolve(), tmp_path / f"root{library}")
    command = [shutil.which("chroot") or "", str(tmp_path / "root"), "/app", "ä"]
    for variables in ({"LC_ALL": "C.UTF-8"}, {"LANG": "C.UTF-8"}, {}):  # what is set goes first
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode) == (FOUND, 0), (variables, done.stderr)
