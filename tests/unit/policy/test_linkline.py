"""A recorded link line is run again only when it can do nothing but link: whoever wrote the Makefile wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.build.runtime import linked_files
from pydist.errors import InputError
from pydist.policy import targets, toolchain
from pydist.policy.linkline import LinkLine

OURS = """
    cc -target x86_64-linux-gnu.2.17 -fno-sanitize=undefined -fomit-frame-pointer -Wno-unused-command-line-argument
    -Wno-date-time -Wno-error=date-time -fPIC -mcpu=x86_64_v3 -fstack-protector-strong -fstack-clash-protection
    -D_FORTIFY_SOURCE=2 -O3 -Wl,--strip-debug -g -Wl,-export-dynamic -no-pie -o install/bin/python3.14
    build/Programs/python.o build/Modules/_hacl/Hacl_Hash_MD5.o -lmuslm -lncursesw -ltk8.6 -lm -g0 -Lbuild/lib
""".split()  # noqa: SIM905


def test_one_of_ours_is_linked_with_another_compiler_and_output() -> None:
    line = LinkLine.parse(OURS, "here")
    assert line.target == "x86_64-linux-gnu.2.17"
    command = line.command(["/bin/zig", "cc", "-target", "other"], "out/python")
    assert command[:4] == ["/bin/zig", "cc", "-target", "other"]
    assert command[-2:] == ["-o", "out/python"]
    assert command[4:-2] == [word for word in OURS[3:] if word not in ("-o", "install/bin/python3.14")]


def test_flags_of_every_target_of_ours_are_let_through() -> None:
    for triple, row in targets.load().items():
        for way in filter(None, (row.dynamic, row.static)):
            LinkLine.parse(["cc", "-target", row.zig, *way.cflags, *way.ldflags, "-o", "python"], triple)


@pytest.mark.parametrize(
    "word",
    ["-o/home/me/.profile", "--output=/x", "@file", "-Wl,-Map=/x", "-Wl,-o,/x", "-Wl,--strip-debug,-o,/x", "-Xlinker",
     "/usr/lib/crt1.o", "../a.o", "build/../../a.o", "build//a.o", "-L/usr/lib", "-L../lib", "-Lbuild/../../lib",
     "-l:../../x.a", "-l/x", "-T", "x.ld", "-c", "-S", "-MF", "-MD", "-save-temps", "-fplugin=build/x.so",
     "-fprofile-generate=/x", "-ftime-trace=/x", "-Wp,-MD,/x", "-wrapper", "-B/x", "--sysroot=/x", "a\n.o", "", "-"],
)  # fmt: skip
def test_any_other_word_is_refused_by_its_name(word: str) -> None:
    with pytest.raises(InputError) as caught:
        LinkLine.parse([*OURS, word], "the trace")
    assert f"{word!r} is none of the words that link an interpreter" in str(caught.value)


@pytest.mark.parametrize(
    "words",
    ["cc a.o", "cc -target x86_64-linux-musl a.o", "cc -target x86_64-linux-musl -o",
     "cc -target x86_64-linux-musl -o a -o b", "cc -target x86_64-linux-musl -o ../a",
     "cc -target x86_64-linux-musl -o /a", "cc -target -o -o a", "cc -target x86_64-windows-gnu -o a",
     "ar -target x86_64-linux-musl -o a", ""],
)  # fmt: skip
def test_it_names_one_compiler_one_target_and_one_output_inside(words: str) -> None:
    with pytest.raises(InputError):
        LinkLine.parse(words.split(), "the trace")


def test_nothing_is_written_by_a_build_whose_makefile_says_where_to(tmp_path: Path) -> None:
    """The compiler takes the last of two outputs."""
    victim = tmp_path / "profile"
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.o").write_bytes(b"")
    line = ["cc", "-target", "x86_64-linux-musl", "-r", "-o", "python", "a.o", f"-o{victim}"]
    with pytest.raises(InputError, match=r"'-o.*profile' is none of the words"):
        linked_files(tmp_path / "tree", line, toolchain.locate(), tmp_path / "cache")
    assert not victim.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tree"]
