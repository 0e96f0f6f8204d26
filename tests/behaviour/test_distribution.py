"""Promises of a distribution that was really built: it starts from anywhere, its libraries can do what they should."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pydist.archive.extract import extract
from pydist.build.measure import check_drift, measure
from pydist.build.request import BuildRequest
from pydist.errors import InputError
from pydist.link.dist import Distribution
from pydist.policy import extensions
from pydist.store import Key, Store

pytestmark = pytest.mark.slow


def run(python: Path, code: str, *options: str) -> str:
    """Run `code` in an empty environment and return what it printed."""
    command = [str(python), *(options or ("-I",)), "-W", "error", "-c", code]
    return subprocess.run(command, env={}, capture_output=True, text=True, check=True, cwd="/").stdout.strip()


@pytest.fixture(scope="module")
def moved(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an installed tree in a place with a space and a letter beyond ASCII in its name."""
    place = tmp_path_factory.mktemp("moved") / "ein Ördner"
    shutil.copytree(distribution.root / "install", place, symlinks=True)
    return place / "bin" / "python3.14"


@pytest.fixture(scope="module")
def node(distribution: Distribution, store: Store) -> Path:
    """The store's node of the CPython that the distribution was made from."""
    record = json.loads((distribution.root / "build" / "pydist.json").read_text())
    found = store.find(Key("component", record["keys"]["cpython"]))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sqlite3; c = sqlite3.connect(':memory:'); "
         "print({r[0] for r in c.execute('pragma compile_options')} >= "
         "{'ENABLE_FTS3', 'ENABLE_FTS4', 'ENABLE_FTS5', 'ENABLE_RTREE', 'ENABLE_GEOPOLY', 'ENABLE_DBSTAT_VTAB'}, "
         "hasattr(c, 'enable_load_extension'))", "True True"),
        ("import ssl; "
         "print(ssl.OPENSSL_VERSION_INFO[:2], ssl.HAS_TLSv1_3, ssl.get_default_verify_paths().openssl_cafile)",
         "(3, 5) True /etc/ssl/cert.pem"),
        ("from compression import zstd; o = {zstd.CompressionParameter.nb_workers: 2}; d = b'x' * 10**6; "
         "print(zstd.decompress(zstd.compress(d, options=o)) == d)", "True"),
        ("import ctypes; print(ctypes.CDLL(None).strlen(b'four'), ctypes.pythonapi.Py_GetVersion is not None, "
         "ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + 1)(41))", "4 True 42"),
        ("import readline; print(readline.backend)", "editline"),
        ("import decimal, zlib, bz2, lzma, uuid, curses.panel; print(decimal.__libmpdec_version__, "
         "uuid._uuid.has_uuid_generate_time_safe)", "4.0.1 1"),
        ("import math; print(math.log2(1e-308), math.log2(2.0**-1065), math.fma(2.0, 3.0, 4.0))",
         "-1023.1538532253076 -1065.0 10.0"),
        ("import sys; print(sys._is_gil_enabled(), sys.flags.safe_path, sys.implementation.cache_tag)",
         "True True cpython-314"),
        ("import sysconfig; print(sysconfig.get_config_var('SOABI'), sysconfig.get_config_var('CC').split()[0])",
         "cpython-314-x86_64-linux-musl cc"),
    ],
)  # fmt: skip
def test_libraries_can_do_what_they_should(moved: Path, code: str, expected: str) -> None:
    assert run(moved, code) == expected


def test_ndbm_keeps_what_it_was_given(moved: Path, tmp_path: Path) -> None:
    code = f"""
import dbm.ndbm, os
name = {str(tmp_path / "data")!r}
with dbm.ndbm.open(name, 'c', 0o640) as db:
    for i in range(100): db[f'k{{i}}'] = bytes([i]) * i
    del db['k7']
    db[b'\\0a'] = b''
with dbm.ndbm.open(name) as db:
    print(len(db.keys()), db['k99'] == bytes([99]) * 99, 'k7' in db, db[b'\\0a'])
    print(dbm.whichdb(name), os.listdir({str(tmp_path)!r}))
    try: db['x'] = b'y'
    except dbm.ndbm.error as error: print('refused')
"""
    assert run(moved, code) == "100 True False b''\ndbm.ndbm ['data.db']\nrefused"


def test_sysconfig_names_the_place_where_the_tree_is_now(moved: Path) -> None:
    prefix = moved.parent.parent
    said = run(moved, "import sysconfig as s; print(s.get_config_var('LIBDIR')); print(s.get_path('include'))")
    assert said.splitlines() == [f"{prefix}/lib", f"{prefix}/include/python3.14"]


def test_scripts_and_symbolic_links_find_the_interpreter(moved: Path, tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.symlink_to(moved)
    assert run(link, "import sys, json; print(sys.prefix)") == str(moved.parent.parent)
    said = subprocess.run([moved.parent / "pydoc3.14", "abs"], capture_output=True, text=True, check=True).stdout
    assert "absolute value" in said


@pytest.mark.parametrize("name", ["nonsense", "", "/no/such/python", "./python"])
def test_the_library_is_found_whatever_argv_0_says(moved: Path, name: str) -> None:
    said = subprocess.run([name, "-I", "-c", "import sys, json; print(sys.prefix)"], executable=moved, env={},
                          capture_output=True, text=True, check=True, cwd="/").stdout  # fmt: skip
    assert said.strip() == str(moved.parent.parent)


def test_a_history_file_that_was_shortened_can_be_read_again(moved: Path, tmp_path: Path) -> None:
    code = f"""
import readline
for line in ('one', 'two words', 'three', 'four'): readline.add_history(line)
readline.set_history_length(2)
readline.write_history_file({str(tmp_path / "history")!r})
readline.clear_history()
readline.read_history_file({str(tmp_path / "history")!r})
print([readline.get_history_item(i + 1) for i in range(readline.get_current_history_length())])
"""
    assert run(moved, code) == "['three', 'four']"


def test_a_virtual_environment_works(moved: Path, tmp_path: Path) -> None:
    subprocess.run([moved, "-I", "-m", "venv", "--without-pip", tmp_path / "env"], check=True, env={})
    said = run(tmp_path / "env" / "bin" / "python", "import sys; print(sys.prefix != sys.base_prefix)")
    assert said == "True"


def test_the_interpreter_is_static_and_at_fixed_addresses(moved: Path) -> None:
    from pydist.binary.elf import ElfFile

    elf = ElfFile.parse(moved.read_bytes())
    assert elf.interp is None
    assert elf.needed == ()
    assert elf.type == 2


REQUEST = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="noopt+static")


def table() -> dict[str, extensions.ExtensionRow]:
    return extensions.for_build(REQUEST.series, REQUEST.target.target, REQUEST.options)


def test_every_module_is_either_built_in_or_named_with_a_reason(distribution: Distribution) -> None:
    built = set(run(distribution.interpreter, "import sys; print(*sys.builtin_module_names)").split())
    assert built == set(distribution.manifest.build_info.extensions)
    off = {name for name, row in table().items() if row.off}
    assert not built & off
    assert built | off == set(table())


def test_a_module_that_the_table_does_not_know_fails_the_build(node: Path, distribution: Distribution) -> None:
    facts = measure(node, distribution.root, REQUEST, {})
    rows = dict(table())
    check_drift(node, rows, facts.extensions)
    invented = rows["_ssl"]
    with pytest.raises(InputError, match="_ssl: upstream has this module, the table does not"):
        check_drift(node, {name: row for name, row in rows.items() if name != "_ssl"}, facts.extensions)
    with pytest.raises(InputError, match="_invented: the table has this module, upstream does not"):
        check_drift(node, rows | {"_invented": invented}, facts.extensions)


@pytest.mark.parametrize("kind", ["full.tar.zst", "install_only.tar.gz"])
def test_what_comes_out_of_an_archive_knows_where_it_stands(
    kind: str, distribution: Distribution, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pydist", "build", "--quiet", "--python", "3.14", "--output", str(tmp_path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    (archive,) = tmp_path.glob(f"*-{kind}")
    extract(archive, tmp_path / "out")
    prefix = tmp_path / "out" / "python" / ("install" if kind.startswith("full") else ".")
    code = "import sys; print(sys.prefix, sys.exec_prefix)"
    command = [str(prefix / "bin" / "python3"), "-I", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(prefix)] * 2
    assert not said.stderr


def test_the_interpreter_has_the_names_that_people_type(distribution: Distribution) -> None:
    folder = distribution.root / "install" / "bin"
    assert {(folder / name).resolve() for name in ("python", "python3", "python3.14")} == {folder / "python3.14"}
    said = subprocess.run([str(folder / "pip"), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("pip ")
