"""Trees of others find their own place after `--fix`, and what looks otherwise stays as it is."""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from pydist.policy.relocation import MARK
from pydist.repack.fix import fix, generic

VALUES = {
    "prefix": "/install",
    "CC": "/tools/llvm/bin/clang -pthread",
    "CXX": "x86_64-linux-gnu-g++-12 -pthread",
    "AR": "/tools/llvm/bin/llvm-ar",
    "LDSHARED": "clang -shared",
    "LIBDIR": "/install/lib",
    "INSTALL": "/usr/bin/install -c",
    "CFLAGS": "-O3 -I/tools/deps/include -I/install/include -fdebug-prefix-map=/build=. -L/tools/deps/lib -fPIC",
    "CONFIG_ARGS": "'--prefix=/install' 'CPPFLAGS=-I/tools/deps/include '",
    "COUNT": 3,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An installed tree as another builder leaves it."""
    library = tmp_path / "lib" / "python3.13"
    (library / "config-3.13-x").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.13").symlink_to(sys.executable)
    (tmp_path / "lib" / "pkgconfig").mkdir()
    (library / "_sysconfigdata__linux_x.py").write_text(f"# comment\nbuild_time_vars = {VALUES!r}\n")
    (library / "_sysconfig_vars__linux_x.json").write_text(json.dumps(VALUES))
    (library / "build-details.json").write_text(
        json.dumps({"base_prefix": "/install", "base_interpreter": "/install/bin/python3.13"})
    )
    makefile = (
        "prefix=\t/install\nCC=\t\tclang -pthread\nAR=\tllvm-ar\nMYCC=clang\nCPPFLAGS= -I/tools/deps/include -DX\n"
    )
    (library / "config-3.13-x" / "Makefile").write_text(makefile)
    (tmp_path / "lib" / "pkgconfig" / "python-3.13.pc").write_text(
        "prefix=/install\nlibdir=${prefix}/lib\nLibs: -L/tools/deps/lib -L${libdir} -lpython3.13\n"
    )
    (tmp_path / "bin" / "pip3").write_text("#!/install/bin/python3.13\nimport sys\nprint(sys.argv[1:])\n")
    (tmp_path / "bin" / "other").write_text("#!/usr/bin/env python3\n")
    info = library / "site-packages" / "pip-1.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text("../../../bin/pip3,sha256=AAAA,1\npip-1.dist-info/RECORD,,\n")
    return tmp_path


def table(tree: Path) -> dict[str, object]:
    path = tree / "lib" / "python3.13" / "_sysconfigdata__linux_x.py"
    values: dict[str, object] = runpy.run_path(str(path))["build_time_vars"]
    return values


def test_the_prefix_is_known_without_a_makefile(tmp_path: Path) -> None:
    library = tmp_path / "lib/python3.13"
    library.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (library / "_sysconfigdata__linux_x.py").write_text(
        "build_time_vars = {'A': '/opt/p/lib', 'B': '/install/lib',\n 'WASM_STDLIB': './opt/p/lib/os.py',\n"
        " 'WASM_ASSETS_DIR': './opt/p',\n 'prefix': '/opt/p', 'Z': 1}\n"
    )
    fix(tmp_path)
    made = (library / "_sysconfigdata__linux_x.py").read_text()
    assert "/opt/p" not in made and "/install/lib" in made
    assert "'./install/lib/os.py'" in made and "'./install'" in made, "as CPython's own build writes them"


def test_pkg_config_files_in_deeper_folders_find_the_prefix_too(tmp_path: Path) -> None:
    folder = tmp_path / "lib/x86_64-linux-gnu/pkgconfig"
    folder.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib/pkgconfig").mkdir()
    for place in (folder, tmp_path / "lib/pkgconfig"):
        (place / "python-3.13.pc").write_text("prefix=/opt/python\nlibdir=${prefix}/lib\n")
    fix(tmp_path)
    assert (folder / "python-3.13.pc").read_text() == "prefix=${pcfiledir}/../../..\nlibdir=${prefix}/lib\n"
    assert (tmp_path / "lib/pkgconfig/python-3.13.pc").read_text().startswith("prefix=${pcfiledir}/../..\n")


def test_sysconfig_follows_the_installation_and_names_common_tools(tree: Path) -> None:
    fix(tree)
    values = table(tree)
    assert values["LIBDIR"] == f"{sys.base_prefix}/lib"
    assert (values["CC"], values["CXX"], values["AR"]) == ("cc -pthread", "c++ -pthread", "ar")
    assert values["LDSHARED"] == "cc -shared"
    assert values["CFLAGS"] == f"-O3 -I{sys.base_prefix}/include -fPIC"
    assert values["CONFIG_ARGS"] == f"'--prefix={sys.base_prefix}' 'CPPFLAGS='"
    assert (values["INSTALL"], values["COUNT"]) == ("/usr/bin/install -c", 3)


def test_other_descriptions_follow_too(tree: Path) -> None:
    fix(tree)
    library = tree / "lib" / "python3.13"
    assert json.loads((library / "build-details.json").read_text()) == {
        "base_prefix": "../..", "base_interpreter": "bin/python3.13",
    }  # fmt: skip
    made = "prefix=\t/install\nCC=\t\tcc -pthread\nAR=\tar\nMYCC=clang\nCPPFLAGS= -DX\n"
    assert (library / "config-3.13-x" / "Makefile").read_text() == made
    assert (tree / "lib" / "pkgconfig" / "python-3.13.pc").read_text() == (
        "prefix=${pcfiledir}/../..\nlibdir=${prefix}/lib\nLibs: -L${libdir} -lpython3.13\n"
    )
    variables = json.loads((library / "_sysconfig_vars__linux_x.json").read_text())
    assert (variables["CC"], variables["LIBDIR"]) == ("cc -pthread", "/install/lib")


@pytest.mark.parametrize(
    "first", ["#!/install/bin/python3.13\n", "#!/usr/bin/python3.13\n",
              "#!/bin/sh\n'''exec' \"/a b/bin/python3.13\" \"$0\" \"$@\"\n' '''\n"],
)  # fmt: skip
def test_scripts_start_the_interpreter_beside_them(tree: Path, first: str) -> None:
    script = tree / "bin" / "pip3"
    script.write_text(first + "import sys\nprint(sys.argv[1:])\n")
    script.chmod(0o755)
    assert "bin/pip3" in fix(tree)
    assert subprocess.check_output([script, "a b"], text=True) == "['a b']\n"
    assert (tree / "bin" / "other").read_text() == "#!/usr/bin/env python3\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(script.read_bytes()).digest()).rstrip(b"=").decode()
    record = tree / "lib" / "python3.13" / "site-packages" / "pip-1.dist-info" / "RECORD"
    assert record.read_text().splitlines()[0] == f"../../../bin/pip3,sha256={digest},{script.stat().st_size}"


def test_what_is_fixed_is_left_as_it_is(tree: Path) -> None:
    assert len(fix(tree)) == 7
    assert fix(tree) == ()


def test_a_prefix_that_systems_have_moves_only_what_is_in_the_tree(tree: Path) -> None:
    path = tree / "lib" / "python3.13" / "_sysconfigdata__linux_x.py"
    (tree / "lib" / "python3.13" / "config-3.13-x" / "Makefile").write_text("prefix=/usr\n")
    path.write_text("build_time_vars = {'A': '/usr/lib/python3.13', 'I': '/usr/bin/install -c', 'P': '/usr'}\n")
    fix(tree)
    assert MARK not in str(table(tree)["A"])
    assert table(tree) == {"A": f"{sys.base_prefix}/lib/python3.13", "I": "/usr/bin/install -c", "P": sys.base_prefix}


@pytest.mark.parametrize(
    "text", ["build_time_vars = {'a': [", "build_time_vars = dict(a=1)\n", "import os\nbuild_time_vars = {}\n",
             "(" * 5000, "build_time_vars = {1: '/install'}\n"],
)  # fmt: skip
def test_tables_of_another_form_stay_as_they_are(tree: Path, text: str) -> None:
    path = tree / "lib" / "python3.13" / "_sysconfigdata__linux_x.py"
    path.write_text(text)
    fix(tree)
    assert path.read_text() == text


def test_records_do_not_lead_out_of_the_tree(tree: Path) -> None:
    record = tree / "lib" / "python3.13" / "site-packages" / "pip-1.dist-info" / "RECORD"
    record.write_text("../../../bin/pip3,sha256=AAAA,1\n../../../../../../../../../../etc/passwd,sha256=AAAA,1\n")
    fix(tree)
    assert "passwd" not in record.read_text()


def test_the_libraries_folder_that_config_scripts_name_is_that_of_the_tree(tree: Path) -> None:
    config = tree / "bin" / "python3.13-config"
    config.write_text('#!/bin/sh\nprefix_real=$(dirname "$(dirname "$0")")\n'
                      'LIBS="-ldl -L/install/lib -Wl,-rpath,/install/lib"\necho $LIBS\n')  # fmt: skip
    fix(tree)
    said = subprocess.check_output(["/bin/sh", config], text=True)
    assert said == f"-ldl -L{tree}/lib -Wl,-rpath,{tree}/lib\n"
    assert fix(tree) == ()


def test_a_record_that_names_one_file_again_and_again_is_not_followed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydist.repack.fix._PACKAGE", 10_000)
    (tree / "big").write_bytes(bytes(3000))
    record = tree / "lib" / "python3.13" / "site-packages" / "pip-1.dist-info" / "RECORD"
    text = "../../../bin/pip3,sha256=AAAA,1\n" + "../../../big,sha256=AAAA,1\n" * 4
    record.write_text(text)
    fix(tree)
    assert record.read_text() == text


@pytest.mark.parametrize(
    "command, name",
    [("gcc-ar", "ar"), ("musl-clang", "cc"), ("ranlib", "ranlib"), ("ccache gcc", "ccache gcc"), ("rustc", "rustc"),
     ("/opt/a/aarch64-linux-gnu-gcc -B x", "cc -B x"), ("$(PURIFY) $(CC)", "$(PURIFY) $(CC)")],
)  # fmt: skip
def test_tools_by_their_common_names(command: str, name: str) -> None:
    assert generic(command) == name


def test_a_full_tree_is_fixed_below_its_folder(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    full = tmp_path_factory.mktemp("full")
    tree.rename(full / "install")
    assert "install/bin/pip3" in fix(full)
