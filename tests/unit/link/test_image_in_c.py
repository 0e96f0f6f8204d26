"""The run time has the same layout, hash and checksum as what writes images, and reads nothing outside of one."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

from pydist.link import image
from pydist.link.image import RehearsalKind, Section
from pydist.policy import resources, toolchain
from tests.support.images import IMAGE, sealed


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
        "image_need": (image.NEED, "entry needed name"),
        "image_rehearsal": (image.REHEARSAL, "hash offset key_size value_size kind flags"),
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
        "IMAGE_PACKAGE": 1, "IMAGE_NAMESPACE": 2, "IMAGE_STDLIB": 4, "IMAGE_EXTENSION": 8, "IMAGE_BUILTIN": 16,
        "IMAGE_FOLDER": 1, "IMAGE_NAME_ROOM": image.NAME_ROOM, "IMAGE_EXECUTABLE": 2, "IMAGE_IN_PLACE": 4,
        **{f"IMAGE_{kind.name}": int(kind) for kind in RehearsalKind},
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
            const char *fault = image_open(&image, data, size);
            if (fault) { puts(fault); return 0; }
            const char *names[] = {"json", "json.tool", "ns", "jso", ""};
            for (int i = 0; i < 5; i++) {
                const struct image_module *row = image_find_module(&image, names[i], strlen(names[i]));
                printf("%s=%s ", names[i], row ? image_text(&image, row->path) : "-");
            }
            const char *value = "";
            const struct image_rehearsal *row =
                image_find_rehearsal(&image, IMAGE_PATTERN, 32, "a+b*", 4, &value);
            printf("%.*s %d %d ", row ? (int)row->value_size : 0, value,
                   image_find_rehearsal(&image, IMAGE_PATTERN, 0, "a+b*", 4, &value) == NULL,
                   image_find_rehearsal(&image, IMAGE_EXEC, 32, "a+b*", 4, &value) == NULL);
            const struct image_entry *entry = image_find_entry(&image, "bin/tool", 8);
            printf("%.2s %s %d", (char *)image_bytes(&image, entry->data_offset, 2),
                   image_setting(&image, "sys.path"), image_find_entry(&image, "bin/too", 7) == NULL);
            return 0;
        }
        """,
        encoding="utf-8",
    )
    output = _run_c(tmp_path, source, resources.runtime() / "image.c")
    assert output == "json=lib/json/__init__.py json.tool=lib/json/tool.py ns=site/ns jso=- =- words 1 1 #! lib 1"


def test_paths_below_the_root_are_told_and_written_as_python_does_it(tmp_path: Path) -> None:
    chance = random.Random(3)  # noqa: S311
    paths = ["/opt/app" + "".join(chance.choices(["/", "//", "/.", "/..", "/a", "/bc", "/...", "x"], k=n % 7))
             for n in range(600)]  # fmt: skip
    paths += ["/opt/ap", "/opt", "", "app", "/opt/application/a", "//opt/app/a", "/opt/app/" + "long" * 20]
    (tmp_path / "paths").write_text("".join(f"{path}\n" for path in paths))
    source = tmp_path / "paths.c"
    source.write_text(
        """
        #include "image.h"
        #include <stdio.h>
        #include <string.h>
        int main(void) {
            char line[1000], out[64];
            for (FILE *file = fopen("paths", "r"); fgets(line, sizeof line, file);) {
                line[strlen(line) - 1] = 0;
                const char *rest = image_below_root("/opt/app", 8, line);
                int64_t size = rest ? image_normal_path(rest, out, sizeof out) : 0;
                if (!rest) puts("elsewhere");
                else if (size == IMAGE_PATH_LEAVES) puts("leaves");
                else if (size == IMAGE_PATH_TOO_LONG) puts("too long");
                else printf("=%.*s\\n", (int)size, out);
            }
        }
        """,
        encoding="utf-8",
    )
    found = _run_c(tmp_path, source, resources.runtime() / "image.c").split("\n")
    assert found == [_below_the_root(path) for path in paths]
    assert {"elsewhere", "leaves", "too long", "=a/bc"} <= set(found)


def _below_the_root(path: str) -> str:
    if path != "/opt/app" and not path.startswith("/opt/app/"):
        return "elsewhere"
    kept: list[str] = []
    for part in path[8:].split("/"):
        if part == ".." and not kept:
            return "leaves"
        if part == "..":
            kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    normal = "/".join(kept)
    return f"={normal}" if len(normal) < 64 else "too long"


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
                if (image_open(&image, base, size)) continue;
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
