"""What is not an image is refused with a message, whatever the bytes."""

from __future__ import annotations

import mmap
import struct
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pydist.link import image
from pydist.link.image import ImageInvalid, Section
from pydist.link.image_read import Image
from tests.support.images import IMAGE, sealed


@pytest.mark.parametrize("size", [0, 7, 8, 100, image.HEADER_SIZE, len(IMAGE) // 2, len(IMAGE) - 1])
def test_a_truncated_image_is_refused(size: int) -> None:
    with pytest.raises(ImageInvalid):
        Image.parse(IMAGE[:size])


def test_bytes_behind_the_image_do_not_matter() -> None:
    assert Image.parse(IMAGE + b"signature").spec == Image.parse(IMAGE).spec


def test_damaged_code_is_found_by_verify_only() -> None:
    data = bytearray(IMAGE)
    data[IMAGE.index(b"json!")] ^= 1
    with pytest.raises(ImageInvalid, match="SHA-256"):
        Image.parse(bytes(data)).verify()


@given(st.integers(0, len(IMAGE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, flip: int) -> None:
    data = bytearray(IMAGE)
    data[at] ^= flip
    with pytest.raises(ImageInvalid):
        Image.parse(bytes(data)).verify()


@given(st.lists(st.tuples(st.integers(0, len(IMAGE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@example([(image.HEADER.size + 8, 255)])
def test_damage_with_a_right_checksum_is_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    data = bytearray(IMAGE)
    for at, value in changes:
        data[at] = value
    try:
        spec = Image.parse(sealed(data)).spec
    except ImageInvalid:
        return
    assert all(len(bytes(row.code)) <= len(IMAGE) for row in spec.modules)


@given(st.binary(max_size=600))
def test_noise_is_no_image(noise: bytes) -> None:
    with pytest.raises(ImageInvalid):
        Image.parse(noise)


@pytest.mark.parametrize("sections", [0, 1 << 30])
def test_tables_of_a_gigabyte_are_refused_before_they_are_read(sections: int) -> None:
    """Of an empty mapping: reading it would take minutes and two gigabytes."""
    size = (1 << 30) + 8192
    with mmap.mmap(-1, size) as mapped, memoryview(mapped) as view:
        view[: image.HEADER_SIZE] = IMAGE[: image.HEADER_SIZE]
        struct.pack_into("<QQ", view, 16, size, 1 << 30)
        if sections:
            struct.pack_into("<Q", view, image.HEADER.size + Section.STRINGS * image.SECTION.size + 8, sections)
        view[-16:] = struct.pack("<Q8s", size, image.MAGIC)
        began = time.process_time()
        with pytest.raises(ImageInvalid, match="bytes of tables; expected at most"):
            Image.parse(view)
        assert time.process_time() - began < 1
