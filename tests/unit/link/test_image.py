"""What is written to an image is read back, and what cannot be written is named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pydist.errors import InputError
from pydist.link import image
from pydist.link.image import FileRow, ImageSpec, ModuleRow, NeedRow, Section
from pydist.link.image_read import Image
from pydist.link.image_tree import Tree
from tests.support.images import IMAGE, SPEC, written


def by_path(spec: ImageSpec) -> ImageSpec:
    return replace(spec, files=tuple(sorted(spec.files, key=lambda file: file.path)))


def test_what_is_written_is_read_back() -> None:
    found = Image.parse(IMAGE)
    found.verify()
    assert by_path(found.spec) == SPEC


def test_the_order_of_rows_does_not_change_the_bytes() -> None:
    shuffled = random.Random(1).sample(SPEC.modules, len(SPEC.modules))  # noqa: S311
    assert written(replace(SPEC, modules=tuple(shuffled), files=SPEC.files[::-1])) == IMAGE


def test_sources_and_other_files_are_in_columns_of_their_own() -> None:
    sizes = Image.parse(IMAGE).layout.sections
    assert sizes[Section.SOURCE] == len(b"# jsonsyntax error here")
    assert sizes[Section.DATA] == len("#!Näme: App\nab".encode()) + 200
    assert sizes[Section.CODE] == len(b"mainstartjson!")


def test_the_children_of_a_folder_are_contiguous_and_sorted() -> None:
    tree = Tree.of(["b/y", "a", "b/x/z", "c/d"])
    assert tree.paths == ["", "a", "b", "c", "b/x", "b/y", "c/d", "b/x/z"]
    assert tree.family("b") == (0, 4, 2)
    assert tree.family("") == (image.NONE, 1, 3)


def test_what_is_in_place_begins_a_page() -> None:
    large = b"\x7fELF" * 2000
    files = (FileRow(path="a", data=b"short"), FileRow(path="b", data=large, in_place=True),
             FileRow(path="c", data=b"more"), FileRow(path="d", data=large[::-1], in_place=True))  # fmt: skip
    data = written(replace(SPEC, modules=(), frozen=(), needs=(), files=files))
    assert (data.index(large) % image.PAGE, data.index(large[::-1]) % image.PAGE) == (0, 0)
    found = Image.parse(data)
    found.verify()
    assert by_path(found.spec).files == files


def test_an_empty_image_can_be_written() -> None:
    empty = ImageSpec(python_hex=0, pyc_magic=0, abi_tag="", modules=())
    assert Image.parse(written(empty)).spec == empty


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"files": (FileRow(path="../x", data=b""),)}, "'../x' is not a relative path"),
        ({"files": (FileRow(path="/x", data=b""),)}, "'/x' is not a relative path"),
        ({"files": (FileRow(path="x\ud800", data=b""),)}, "not text that UTF-8 can hold"),
        ({"files": (FileRow(path="x", data=b""), FileRow(path="x", data=b"1"))}, "this file is given twice"),
        ({"files": (FileRow(path="x", data=b""), FileRow(path="x/y", data=b""))}, "a file and a folder at once"),
        ({"modules": (ModuleRow(name="x", path="x.py"),)}, "neither code nor a source"),
        ({"modules": SPEC.modules[1:2] * 2}, "this module is given twice"),
        ({"modules": ()}, "_pydist.start: is needed before the importer runs"),
        ({"needs": (NeedRow(path="bin/tool", needed=("bin",)),)}, "bin/tool: needs 'bin', which is no file"),
        ({"abi_tag": "a-tag-that-is-too-long"}, "longer than 15 ASCII characters"),
    ],
)
def test_rows_that_cannot_be_written_are_all_named(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match="(?s)cannot be written.*" + message):
        written(replace(SPEC, **wrong))  # type: ignore[arg-type]
