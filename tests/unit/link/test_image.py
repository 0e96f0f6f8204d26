"""What is written to an image is read back; what is not an image is refused with a message, whatever the bytes."""

from __future__ import annotations

import io
import mmap
import random
import shutil
import struct
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.link import image
from pydist.link.image import (
    START,
    DistributionRow,
    FileRow,
    ImageInvalid,
    ImageSpec,
    ModuleFlag,
    ModuleRow,
    Section,
    checksum,
)
from pydist.link.image_read import Image
from pydist.link.image_tree import Tree
from pydist.link.image_write import write
from pydist.policy import resources, toolchain

SPEC = ImageSpec(
    python_hex=0x030E07F0,
    pyc_magic=3627,
    abi_tag="cpython-314",
    modules=(
        ModuleRow(name="__main__", path="site/app.py", code=b"main"),
        ModuleRow(name="_pydist.start", path="lib/start.py", code=b"start", flags=ModuleFlag.STDLIB),
        ModuleRow(name="json", path="lib/json/__init__.py", code=b"json!", flags=ModuleFlag.PACKAGE),
        ModuleRow(name="json.tool", path="lib/json/tool.py"),
        ModuleRow(name="ns", path="site/ns", flags=ModuleFlag.PACKAGE | ModuleFlag.NAMESPACE),
    ),
    files=(
        FileRow(path="bin/tool", data=b"#!", executable=True),
        FileRow(path="lib/json/__init__.py", data=b"# json"),
        FileRow(path="lib/json/tool.py", data=b"syntax error here"),
        FileRow(path="site/App-1.dist-info/METADATA", data="Näme: App\n".encode()),
        FileRow(path="site/ns/été.txt", data=b""),
    ),
    frozen=START,
    distributions=(DistributionRow(name="app", path="site/App-1.dist-info"),),
    config=(("sys.path", "lib"), ("sys.path", "site"), ("entry.kind", "script")),
    meta=b'{"a": 1}',
)


def written(spec: ImageSpec) -> bytes:
    file = io.BytesIO()
    write(spec, file)
    return file.getvalue()


def sealed(data: bytearray) -> bytes:
    """`data` with the checksum that its tables should have, so that what lies behind that check is tested too."""
    (size,) = struct.unpack_from("<Q", data, 24)
    tables = bytearray(data[: min(size, len(data)) // 8 * 8])
    tables[32:40] = bytes(8)
    struct.pack_into("<Q", data, 32, checksum(memoryview(tables).cast("Q")))
    return bytes(data)


def by_path(spec: ImageSpec) -> ImageSpec:
    return replace(spec, files=tuple(sorted(spec.files, key=lambda file: file.path)))


IMAGE = written(SPEC)


def test_the_structs_are_those_of_the_c_header(tmp_path: Path) -> None:
    structs = {
        "image_header": (image.HEADER, "magic format header_size image_size tables_size tables_checksum "
                         "content_sha256 python_hex pyc_magic abi_tag"),
        "image_section": (image.SECTION, "offset size count row_size"),
        "image_module": (image.MODULE, "name.offset name.size path.offset path.size code_offset code_size entry flags "
                         "hash"),
        "image_entry": (image.ENTRY, "path.offset path.size data_offset data_size flags parent first_child child_count "
                        "module hash"),
        "image_trailer": (image.TRAILER, "image_size magic"),
        "image_frozen": (image.FROZEN, "name.offset name.size module"),
        "image_setting": (image.SETTING, "key.offset key.size value.offset value.size"),
        "image_distribution": (image.DISTRIBUTION, "name.offset name.size entry hash"),
    }  # fmt: skip
    expected = []
    lines = ['#include "image.h"', "#include <stdio.h>", "int main(void) {"]
    for name, (layout, fields) in structs.items():
        at = 0
        for field, code in zip(fields.split(), _codes(layout.format), strict=True):
            size = struct.calcsize(f"<{code}")
            expected.append(f"{name}.{field} {at} {size}")
            lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof(struct {name}, {field}), '
                         f"sizeof ((struct {name} *)0)->{field});")  # fmt: skip
            at += size
        if name != "image_header":
            expected.append(f"{name} {layout.size}")
            lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
    constants = {
        "sizeof(struct image_header)": image.HEADER_SIZE, "IMAGE_FORMAT": image.FORMAT, "IMAGE_NONE": image.NONE,
        "IMAGE_SECTION_COUNT": len(Section), **{f"IMAGE_{section.name}": int(section) for section in Section},
        "IMAGE_PACKAGE": 1, "IMAGE_NAMESPACE": 2, "IMAGE_STDLIB": 4, "IMAGE_FOLDER": 1, "IMAGE_EXECUTABLE": 2,
    }  # fmt: skip
    for name, value in constants.items():
        expected.append(f"{name} {value}")
        lines.append(f'printf("{name} %zu\\n", (size_t)({name}));')
    expected.append(f"magic {image.MAGIC.hex()}")
    lines.append('printf("magic "); for (int i = 0; i < 8; i++) printf("%02x", IMAGE_MAGIC[i]);')
    source = tmp_path / "layout.c"
    source.write_text("\n".join([*lines, "return 0; }"]), encoding="utf-8")
    assert _run_c(tmp_path, source).split("\n") == expected


def test_hash_and_checksum_are_those_of_c(tmp_path: Path) -> None:
    (tmp_path / "image.bin").write_bytes(IMAGE)
    source = tmp_path / "check.c"
    source.write_text(
        """
        #include "image.h"
        #include <stdio.h>
        #include <string.h>
        static _Alignas(16) unsigned char data[1 << 16];
        int main(void) {
            struct image image;
            FILE *file = fopen("image.bin", "rb");
            size_t size = fread(data, 1, sizeof data, file);
            const char *fault = image_open(&image, data, size, 0x030E07F0);
            if (fault) { puts(fault); return 0; }
            const char *names[] = {"json", "json.tool", "ns", "jso", ""};
            for (int i = 0; i < 5; i++) {
                const struct image_module *row = image_find_module(&image, names[i], strlen(names[i]));
                printf("%s=%s ", names[i], row ? image_text(&image, row->path) : "-");
            }
            const struct image_entry *entry = image_find_entry(&image, "bin/tool", 8);
            printf("%.2s %s %d", (char *)image_bytes(&image, entry->data_offset, 2),
                   image_setting(&image, "sys.path"), image_find_entry(&image, "bin/too", 7) == NULL);
            return 0;
        }
        """,
        encoding="utf-8",
    )
    output = _run_c(tmp_path, source, resources.runtime() / "image.c")
    assert output == "json=lib/json/__init__.py json.tool=lib/json/tool.py ns=site/ns jso=- =- #! lib 1"


def test_the_run_time_reads_nothing_outside_of_a_damaged_image(tmp_path: Path) -> None:
    """Each image ends where readable memory ends, so one byte too far ends the program."""
    chance = random.Random(7)  # noqa: S311
    for number in range(3000):
        data = bytearray(IMAGE)
        for _ in range(chance.randrange(1, 5)):
            at = chance.choice((chance.randrange(len(data)), chance.randrange(image.HEADER_SIZE)))
            data[at] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
        (tmp_path / str(number)).write_bytes(sealed(data))
    source = tmp_path / "hostile.c"
    source.write_text(
        """
        #define _DEFAULT_SOURCE
        #include "image.h"
        #include <stdio.h>
        #include <string.h>
        #include <sys/mman.h>
        static unsigned long sum;
        static void use(const void *bytes, size_t size) {
            for (size_t i = 0; bytes && i < size; i++) sum += ((const unsigned char *)bytes)[i];
        }
        static void text(struct image *image, struct image_string string) {
            const char *found = image_text(image, string);
            if (found) sum += strlen(found);
        }
        int main(void) {
            int good = 0;
            size_t room = 1 << 16;
            char *memory = mmap(0, room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            mprotect(memory + room, 4096, PROT_NONE);
            for (int number = 0; number < 3000; number++) {
                char name[20];
                struct image image;
                snprintf(name, sizeof name, "%d", number);
                FILE *file = fopen(name, "rb");
                static char buffer[1 << 16];
                size_t size = fread(buffer, 1, sizeof buffer, file);
                fclose(file);
                char *base = memcpy(memory + room - size, buffer, size);
                if (image_open(&image, base, size, 0x030E07F0)) continue;
                good++;
                const char *names[] = {"json", "json.tool", "bin/tool", "nothing", ""};
                for (int i = 0; i < 5; i++) {
                    image_find_module(&image, names[i], strlen(names[i]));
                    image_find_entry(&image, names[i], strlen(names[i]));
                    image_setting(&image, names[i]);
                }
                for (uint32_t row = 0; row < 100; row++) {
                    const struct image_module *module = image_module_at(&image, row);
                    const struct image_entry *entry = image_entry_at(&image, row);
                    if (module) { text(&image, module->name); text(&image, module->path);
                        use(image_bytes(&image, module->code_offset, module->code_size), module->code_size); }
                    if (entry) { text(&image, entry->path);
                        use(image_bytes(&image, entry->data_offset, entry->data_size), entry->data_size); }
                }
            }
            printf("%s", good > 300 && good < 3000 ? "done" : "too few images pass the first checks");
            return sum == 1;
        }
        """,
        encoding="utf-8",
    )
    assert _run_c(tmp_path, source, resources.runtime() / "image.c") == "done"


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
    assert sizes[Section.DATA] == len("#!Näme: App\n".encode())
    assert sizes[Section.CODE] == len(b"mainstartjson!")


def test_the_children_of_a_folder_are_contiguous_and_sorted() -> None:
    tree = Tree.of(["b/y", "a", "b/x/z", "c/d"])
    assert tree.paths == ["", "a", "b", "c", "b/x", "b/y", "c/d", "b/x/z"]
    assert tree.family("b") == (0, 4, 2)
    assert tree.family("") == (image.NONE, 1, 3)


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
        ({"distributions": (DistributionRow(name="x", path="x.dist-info"),)}, "'x.dist-info' holds no file"),
        ({"abi_tag": "a-tag-that-is-too-long"}, "longer than 15 ASCII characters"),
    ],
)
def test_rows_that_cannot_be_written_are_all_named(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match="(?s)cannot be written.*" + message):
        written(replace(SPEC, **wrong))  # type: ignore[arg-type]


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


def _codes(layout: str) -> list[str]:
    """The fields of a struct's format: `<8sII` has three."""
    codes, count = [], ""
    for letter in layout[1:]:
        if letter.isdigit():
            count += letter
        else:
            codes.append(count + letter)
            count = ""
    return codes


def _run_c(folder: Path, *sources: Path) -> str:
    # The system's compiler when there is one: the wheel's would have to build a C library first.
    cc = shutil.which("cc")
    command = [cc] if cc else [str(toolchain.locate().path), "cc"]
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{resources.runtime()}"]
    subprocess.run([*command, *flags, *map(str, sources), "-o", "program"], cwd=folder, check=True)
    return subprocess.run(["./program"], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


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
        began = time.monotonic()
        with pytest.raises(ImageInvalid, match="bytes of tables; expected at most"):
            Image.parse(view)
        assert time.monotonic() - began < 1
