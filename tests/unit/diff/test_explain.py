"""Facts about explanations: each kind of file is explained by its own parts, and any bytes get an answer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pydist.diff.explain import explain
from tests.support.elf import make_ar, make_elf


def test_a_text_shows_its_first_line_that_differs() -> None:
    assert explain("os.py", b"a\nb\nc\n", b"a\nB\nC\n") == (
        "line 2 of the first:  'b\\n'",
        "line 2 of the second: 'B\\n'",
    )
    assert explain("os.py", b"a\n", b"a\nb") == ("line 2 of the first:  (ends before)", "line 2 of the second: 'b'")


def test_a_document_names_the_keys() -> None:
    one = {"toolchain": {"version": "1"}, "gone": 1, "list": [1, 2]}
    other = {"toolchain": {"version": "2"}, "new": 1, "list": [1, 3]}
    assert explain("a.json", json.dumps(one).encode(), json.dumps(other).encode()) == (
        "key gone: only in the first",
        "key list[1]: 2 and 3",
        "key new: only in the second",
        "key toolchain.version: '1' and '2'",
    )
    assert explain("a.json", b'{"a":1}', b'{"a": 1}') == ("the same values, written otherwise",)


def test_an_object_names_its_sections() -> None:
    lines = explain("a.o", make_elf(kind=1, defined=["one"]), make_elf(kind=1, defined=["other"]))
    assert any(line.startswith("section .dynstr") for line in lines)
    assert not any("only in" in line for line in lines)


def test_a_library_names_its_members_and_what_differs_in_them() -> None:
    one = make_ar({"same.o": make_elf(kind=1), "a.o": make_elf(kind=1, defined=["one"]), "gone.o": b"x"})
    other = make_ar({"same.o": make_elf(kind=1), "a.o": make_elf(kind=1, defined=["two"]), "new.o": b"x"})
    lines = explain("libz.a", one, other)
    assert lines[0].startswith("member a.o: section .dynstr")
    assert lines[1:] == ("member gone.o: only in the first", "member new.o: only in the second")
    assert explain("l.a", make_ar({"a": b"1", "b": b"2"}), make_ar({"b": b"2", "a": b"1"})) == ("order of the members",)


def test_members_that_share_a_name_are_told_apart() -> None:
    """A library of objects from several folders has them; of two with one name both are compared."""
    one, other = (make_ar({"x": text}) + make_ar({"x": b"same"})[len(b"!<arch>\n") :] for text in (b"old", b"new"))
    lines = explain("l.a", one, other)
    assert lines and lines[0].startswith("member x:")


def test_other_bytes_are_told_by_their_place() -> None:
    assert explain("x", b"\xff" * 9000, b"\xff" * 8999 + b"\0") == ("from byte 8999 on",)
    assert explain("x", b"\xff" * 5000, b"\xff" * 4096) == ("from byte 4096 on; 5000 and 4096 bytes in all",)


def test_long_explanations_end_with_how_much_is_left_out() -> None:
    one, other = ({str(number): number + offset for number in range(100)} for offset in (0, 1))
    lines = explain("a.json", json.dumps(one).encode(), json.dumps(other).encode())
    assert len(lines) == 13
    assert lines[-1] == "… and 88 more"


def test_damaged_files_are_compared_as_bytes() -> None:
    elf = make_elf(kind=1)
    assert explain("a.o", elf, elf[:50]) == (f"from byte 50 on; {len(elf)} and 50 bytes in all",)
    assert explain("a.json", b"{", b"[") == ("from byte 0 on",)
    deep = b"[" * 900 + b"1" + b"]" * 900, b"[" * 900 + b"2" + b"]" * 900
    assert len(explain("a.json", *deep)) == 1


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from(["a.json", "a.o", "a.py"]))
def test_any_bytes_get_an_answer(one: bytes, other: bytes, name: str) -> None:
    for head in (b"", b"\x7fELF\x02\x01\x01", b"!<arch>\n"):
        assert head + one == head + other or explain(name, head + one, head + other)
