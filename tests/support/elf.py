"""Small ELF files made from their facts, with every structure a reader looks at."""

from __future__ import annotations

import struct
from collections.abc import Sequence

PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 3, 4, 0x6474E551, 0x6474E552
PT_GNU_PROPERTY = 0x6474E553
R, W, X = 4, 2, 1
_BASE = 0x400000


def make_elf(  # a file format in one piece
    *,
    bits: int = 64,
    little: bool = True,
    machine: int = 62,
    kind: int = 2,
    load_flags: int = R | X,
    stack_flags: int | None = R | W,
    interp: str | None = None,
    needed: Sequence[str] = (),
    soname: str | None = None,
    runpath: str | None = None,
    dynamic: Sequence[tuple[int, int]] = (),
    needs: Sequence[tuple[str, Sequence[str]]] = (),
    defined: Sequence[str] = (),
    undefined: Sequence[str] = (),
    weak: Sequence[str] = (),
    hidden: Sequence[str] = (),
    sections: Sequence[tuple[str, int]] = (),
    relro: bool = False,
    properties: Sequence[tuple[int, int]] = (),
    loadable: bool = False,
    versioned: Sequence[str] = (),
    build_id: bytes | None = None,
    headless: bool = False,
) -> bytes:
    """An ELF file. `dynamic` adds entries (tag, value), `needs` version needs, `sections` names with their flags.

    `weak` are symbols that it can do without, `hidden` those that it defines with hidden visibility. `properties` are
    types and values of GNU properties. Symbols of a `loadable` file are in .dynsym, too; `versioned` ones of them have
    the first version of `needs`, which loaders find too. `headless` files have lost their section headers.
    """
    order, wide = "<" if little else ">", bits == 64
    address = "Q" if wide else "I"
    linked = kind != 1
    strings = bytearray(b"\0")

    def text(value: str) -> int:
        strings.extend(value.encode() + b"\0")
        return len(strings) - len(value.encode()) - 1

    entries = [(1, text(name)) for name in needed]
    entries += [(tag, text(value)) for tag, value in ((14, soname), (29, runpath)) if value is not None]
    entries += list(dynamic)
    verneed = bytearray()
    for place, (library, versions) in enumerate(needs):
        step = 0 if place == len(needs) - 1 else 16 + 16 * len(versions)
        verneed += struct.pack(f"{order}HHIII", 1, len(versions), text(library), 16, step)
        for number, version in enumerate(versions):
            last = number == len(versions) - 1
            verneed += struct.pack(f"{order}IHHII", 0, 0, 2 + number, text(version), 0 if last else 16)
    symbols = [(0, 0, 0, 0)] + [(text(name), 1, 0x12, 0) for name in defined]
    symbols += [(text(name), 0, 0x10, 0) for name in undefined] + [(text(name), 0, 0x20, 0) for name in weak]
    symbols += [(text(name), 1, 0x12, 2) for name in hidden]
    if wide:
        rows = [struct.pack(f"{order}IBBHQQ", name, info, other, at, 0, 0) for name, at, info, other in symbols]
    else:
        rows = [struct.pack(f"{order}IIIBBH", name, 0, 0, info, other, at) for name, at, info, other in symbols]
    symtab = b"".join(rows)
    names_of = ["", *defined, *undefined, *weak, *hidden]
    versym = struct.pack(f"{order}{len(rows)}H", *(2 if name in versioned else bool(name) for name in names_of))
    header_size, phentsize, shentsize = (64, 56, 64) if wide else (52, 32, 40)
    optional = (stack_flags is not None, interp is not None, entries, relro, properties, build_id)
    phnum = 1 + sum(map(bool, optional)) if linked else 0
    position = header_size + phnum * phentsize
    body = bytearray()

    def put(data: bytes) -> int:
        body.extend(data)
        return position + len(body) - len(data)

    interp_at = put((interp or "").encode() + b"\0")
    if entries:
        entries += [*([(0x6FFFFFFE, 0)] if loadable and needs else []), (5, 0), (10, 0), (0, 0)]
    loaded = [".dynsym", ".gnu.version"] if loadable else []
    names = [".dynamic", ".dynstr", ".symtab", ".gnu.version_r", ".shstrtab", *loaded, *(name for name, _ in sections)]
    name_at = [text(name) for name in names]
    strings_at = put(bytes(strings))
    verneed_at = put(bytes(verneed))
    if entries:
        fixed = {5: _BASE + strings_at, 10: len(strings), 0x6FFFFFFE: _BASE + verneed_at}
        entries = [(tag, fixed.get(tag, value) if value == 0 else value) for tag, value in entries]
    dynamic_data = b"".join(struct.pack(f"{order}{address}{address}", *entry) for entry in entries)
    dynamic_at, symtab_at = put(dynamic_data), put(symtab)
    versym_at = put(versym)
    item = b"".join(struct.pack(f"{order}III", what, 4, value) + bytes(4 * wide) for what, value in properties)
    note = struct.pack(f"{order}III", 4, len(item), 5) + b"GNU\0" + item
    note_at = put(note)
    identity = struct.pack(f"{order}III", 4, len(build_id or b""), 3) + b"GNU\0" + (build_id or b"")
    identity_at = put(identity)
    shoff = position + len(body)
    end = shoff + (1 + len(names)) * shentsize

    def section(name: int, what: int, offset: int, size: int, link: int = 0, *, flags: int = 0) -> bytes:
        form = f"{order}IIQQQQIIQQ" if wide else f"{order}IIIIIIIIII"
        return struct.pack(form, name, what, flags, 0, offset, size, link, 1, 1, 0)

    table = [
        section(0, 0, 0, 0),
        section(name_at[0], 6, dynamic_at, len(dynamic_data), 2),
        section(name_at[1], 3, strings_at, len(strings)),
        section(name_at[2], 2, symtab_at, len(symtab), 2),
        section(name_at[3], 0x6FFFFFFE if verneed else 1, verneed_at, len(verneed), 2),
        section(name_at[4], 3, strings_at, len(strings)),
        *(
            section(at, what, offset, size, link)
            for at, (what, offset, size, link) in zip(
                name_at[5:], [(11, symtab_at, len(symtab), 2), (0x6FFFFFFF, versym_at, len(versym), 6)], strict=False
            )
            if loadable
        ),
        *(
            section(at, 1, 0, 0, flags=flags)
            for at, (_, flags) in zip(name_at[-len(sections) :], sections, strict=False)
        ),
    ]

    def segment(what: int, flags: int, offset: int, size: int) -> bytes:
        if wide:
            return struct.pack(f"{order}IIQQQQQQ", what, flags, offset, _BASE + offset, 0, size, size, 1)
        return struct.pack(f"{order}IIIIIIII", what, offset, _BASE + offset, 0, size, size, flags, 1)

    segments = []
    if linked:
        segments.append(segment(PT_LOAD, load_flags, 0, end))
        wanted = (
            (stack_flags is not None, (PT_GNU_STACK, stack_flags or 0, 0, 0)),
            (interp is not None, (PT_INTERP, R, interp_at, len(interp or "") + 1)),
            (entries, (PT_DYNAMIC, R, dynamic_at, len(dynamic_data))),
            (relro, (PT_GNU_RELRO, R, dynamic_at, len(dynamic_data))),
            (properties, (PT_GNU_PROPERTY, R, note_at, len(note))),
            (build_id, (PT_NOTE, R, identity_at, len(identity))),
        )
        segments += [segment(*row) for asked, row in wanted if asked]
    head = b"\x7fELF" + bytes([2 if wide else 1, 1 if little else 2, 1]) + bytes(9)
    phoff = header_size if segments else 0
    count, shoff = (0, 0) if headless else (len(table), shoff)
    rest = (kind, machine, 1, _BASE, phoff, shoff, 0, header_size, phentsize, len(segments), shentsize, count, 5)
    head += struct.pack(f"{order}HHI{address}{address}{address}IHHHHHH", *rest)
    return head + b"".join(segments) + bytes(body) + b"".join(table)


def make_ar(members: dict[str, bytes]) -> bytes:
    """A static library in the GNU dialect, with a symbol index and a table of long names."""
    longs, parts = b"", [b"!<arch>\n", b"%-16s%-32s%-10d`\n" % (b"/", b"0", 4), bytes(4)]
    named = []
    for name, data in members.items():
        if len(name) > 15:
            named.append((f"/{len(longs)}", data))
            longs += name.encode() + b"/\n"
        else:
            named.append((f"{name}/", data))
    everything = [("//", longs), *named] if longs else named
    for name, data in everything:
        parts.append(b"%-16s%-32s%-10d`\n" % (name.encode(), b"0", len(data)))
        parts.append(data + b"\n" * (len(data) & 1))
    return b"".join(parts)
