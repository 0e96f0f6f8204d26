"""What is in a linked application or in a distribution, and giving it back.

Invariant: any bytes whatever give a report or an `InputError`; nothing of the file is executed or imported.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydist.archive.contents import ROOT
from pydist.archive.entry import Kind
from pydist.archive.paths import name_fault, shown
from pydist.archive.select import Selection
from pydist.archive.source import ArchiveDamaged, open_source
from pydist.binary.elf_edit import ElfUnfit, find_segment
from pydist.errors import Fault, InputError
from pydist.link.describe import interpreter_facts
from pydist.link.image import MAGIC
from pydist.link.image_read import Image
from pydist.link.report import Contents, InspectReport, InterpreterFacts, LibraryFacts, PackageFacts
from pydist.manifest.alone import FULL, read_alone
from pydist.manifest.compact import COMPACT, Compact, load_compact
from pydist.manifest.convert import decode, loads
from pydist.manifest.load import load_any
from pydist.store import Key

__all__ = ["INPUTS", "Unstated", "extract_application", "image_of", "inspect", "licence_texts"]

INPUTS = "a file that pydist linked, or a distribution: an archive, a folder, an installed Python, or PYTHON.json alone"
"""What `inspect` takes, for people."""

_OTHERS = "of an installed Python, give the prefix, such as /usr"
_LARGEST_MANIFEST = 16 << 20  # bytes; the largest real one is 150 kB
_ELF = b"\x7fELF"


class Unstated(InputError):
    """There is no manifest in it: only its content says what it is."""


def inspect(path: Path) -> InspectReport:
    """Say what `path` is and contains.

    Raises `Unstated` for folders and archives without a manifest, `InputError` for what is nothing of that.
    """
    if path.is_file() and _starts_with(path, _ELF):
        with image_of(path) as image:
            return _application(path, image)
    if path.exists():
        return _distribution(path)
    raise InputError(f"{path}: no such file or folder")


def extract_application(path: Path, folder: Path) -> int:
    """Write the files of the application `path` below `folder` as they stand below its virtual root; return how many.

    Raises `InputError` when `folder` is not empty, when the image is damaged, or when a name in it is not safe.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already; give an empty or a new folder")
    if not path.is_file() or not _starts_with(path, _ELF):
        raise InputError(f"{path} is not an application that pydist linked: only those can be extracted")
    with image_of(path) as image:
        faults = [Fault(shown(file.path), fault) for file in image.spec.files if (fault := name_fault(file.path))]
        if faults:
            raise InputError(f"{path} names files that cannot be written safely", faults)
        for file in image.spec.files:
            place = folder / file.path
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as out:
                    out.write(file.data)
                place.chmod(0o755 if file.executable else 0o644)
            except OSError as error:
                raise InputError(f"{place} cannot be written: {error.strerror}") from None
        return len(image.spec.files)


def licence_texts(path: Path) -> dict[str, str]:
    """The licence texts in the application `path`, by their paths below its virtual root.

    Raises `InputError` when the image is damaged or names a text that is not there.
    """
    if not path.is_file() or not _starts_with(path, _ELF):
        raise InputError(f"{path} is not an application that pydist linked: only those have texts to show")
    with image_of(path) as image:
        contents = _contents(path, image)
        items: list[LibraryFacts | PackageFacts] = [*contents.interpreter.libraries, *contents.packages]
        wanted = {text for item in items for text in item.license_texts}
        files = {file.path: bytes(file.data) for file in image.spec.files if file.path in wanted}
    if lost := sorted(wanted - files.keys()):
        raise InputError(
            f"{path} names licence texts that are not in it", [Fault(shown(name), "no such file") for name in lost]
        )
    return {name: files[name].decode("utf-8", "replace") for name in sorted(files)}


@contextmanager
def image_of(path: Path) -> Iterator[Image]:
    """The verified image of the application `path`. Raises `InputError` when it is none, or damaged."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    try:
        segment = find_segment(memoryview(mapped), MAGIC)
    except ElfUnfit as error:
        raise InputError(f"{path} is not an application that pydist linked: {error}") from None
    if segment is None:
        raise InputError(
            f"{path} is an executable, but not one that pydist linked: it has no image (strip takes "
            f"that away); {_OTHERS}"
        )
    image = Image.parse(segment)
    image.verify()
    yield image


def _contents(path: Path, image: Image) -> Contents:
    return decode(Contents, loads(bytes(image.spec.meta), f"{path}: contents"), f"{path}: contents")


def _application(path: Path, image: Image) -> InspectReport:
    contents = _contents(path, image)
    return InspectReport(
        path=str(path),
        kind="application",
        size=path.stat().st_size,
        interpreter=contents.interpreter,
        contents=contents,
        sections={section.name.lower(): size for section, size in image.layout.sections.items()},
        modules=tuple(row.name for row in image.spec.modules),
        image_sha256=image.layout.sha256,
    )


def _distribution(path: Path) -> InspectReport:
    if path.is_dir() and not (path / ROOT).is_dir() and path.absolute().name == ROOT.rstrip("/"):
        path = path.absolute().parent
    try:
        name, data = _manifest_bytes(path)
    except ArchiveDamaged as error:
        raise InputError(f"{error}; expected {INPUTS}") from None
    if name == COMPACT:
        return _installed(path, load_compact(data, f"{path}: {name}"))
    manifest = load_any(data, f"{path}: {name}").manifest
    return InspectReport(
        path=str(path),
        kind="distribution",
        size=_size(path),
        interpreter=interpreter_facts(manifest, Key.of("manifest", {"text": data.decode("utf-8")}).digest),
        extensions=tuple(sorted(manifest.build_info.extensions)),
    )


def _installed(path: Path, made: Compact) -> InspectReport:
    return InspectReport(
        path=str(path),
        kind="installed",
        size=_size(path),
        interpreter=InterpreterFacts(
            implementation=made.python_implementation_name,
            version=made.python_version,
            target_triple=made.target_triple,
            build_options=made.build_options,
            distribution=made.manifest_sha256,
            licenses=tuple(sorted({*(made.licenses or ()),
                                   *(name for item in made.extensions.values() for name in item.licenses or ())})),
        ),
        extensions=tuple(sorted(made.extensions)),
        components=made.components,
        left_out=made.left_out,
    )  # fmt: skip


def _manifest_bytes(path: Path) -> tuple[str, bytes]:
    """The manifest, or a compact one, with its name; an archive is read no further than to it, and it comes first in
    those made well."""
    if (document := read_alone(path)) is not None:
        return document
    names = {f"{root}{name}": name for name in (FULL, COMPACT) for root in ("", ROOT)}
    with open_source(path, selection=Selection(patterns=tuple(names))) as source:
        for member in source.members():
            name = names.get(member.entry.path.removeprefix("./"))
            if name is None or member.entry.kind is not Kind.FILE:
                continue
            if member.entry.size > _LARGEST_MANIFEST:
                raise InputError(f"{path}: {name} has {member.entry.size} bytes: more than a manifest may have")
            return name, member.read()
    raise Unstated(f"{path} does not say what it is: no {FULL} and no {COMPACT} in it")


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(item.lstat().st_size for item in path.rglob("*") if not item.is_dir())


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
