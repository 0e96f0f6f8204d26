"""What a link made, in words and numbers: the contents that travel in the image, and the report.

Invariant: sizes are those of the file that was written, and their sum is its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydist import __version__
from pydist.errors import Fault, InputError
from pydist.link.assemble import Parts
from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.entry import Entry
from pydist.link.fetch import FetchedWheel
from pydist.link.finish import Finished
from pydist.link.licences import judge
from pydist.link.names import normalise
from pydist.link.needs import needs_of
from pydist.link.part import Part
from pydist.link.report import (
    Contents,
    InterpreterFacts,
    LeftOutFacts,
    LibraryFacts,
    LicenceFacts,
    LinkReport,
    PackageFacts,
    SizeFacts,
)
from pydist.link.select import Selected
from pydist.manifest.convert import decode
from pydist.manifest.model import Manifest

__all__ = ["check_memory", "contents_of", "interpreter_facts", "licence_facts", "reasons_of", "report_of"]


def interpreter_facts(manifest: Manifest, digest: str) -> InterpreterFacts:
    """The facts of a distribution that an application carries on; `digest` identifies the distribution."""
    variants = [variant for variants in manifest.build_info.extensions.values() for variant in variants]
    licenses = {*(manifest.licenses or ()), *(name for variant in variants for name in variant.licenses or ())}
    return InterpreterFacts(
        implementation=manifest.python_implementation_name,
        version=manifest.python_version,
        target_triple=manifest.target_triple,
        build_options=manifest.build_options,
        distribution=digest,
        licenses=tuple(sorted(licenses)),
    )


def contents_of(
    name: str,
    entries: Sequence[Entry],
    distribution: Distribution,
    wheels: Sequence[FetchedWheel],
    *,
    parts: Parts,
    tree: Collected,
) -> Contents:
    """What goes into the image for `pydist inspect`."""
    fetched = {wheel.choice.package.name: wheel for wheel in wheels}
    packages = []
    for part in parts.packages:
        wheel = fetched[normalise(str(part.facts["name"]))]
        packages.append(_package(part, wheel))
    return Contents(
        pydist=__version__,
        name=name,
        entry=", ".join(entry.shown for entry in entries),
        interpreter=replace(
            interpreter_facts(distribution.manifest, distribution.identity),
            libraries=tuple(
                fact
                for part in (parts.stdlib, *((parts.brought,) if parts.brought else ()))
                for fact in decode(tuple[LibraryFacts, ...], part.facts["ingredients"], part.name)
            ),
        ),
        packages=tuple(sorted(packages, key=lambda package: normalise(package.name))),
        modules=len(tree.modules),
    )


def reasons_of(distribution: Distribution, entry: str, wheels: Sequence[FetchedWheel]) -> dict[str, str]:
    """Why each part was chosen, for `--explain`."""
    reasons = {
        "distribution": f"Python {distribution.version}, {distribution.target}, "
        f"{distribution.manifest.build_options}, from {distribution.origin}",
        "interpreter": _form(distribution),
        "entry": entry,
    }
    for wheel in wheels:
        package = wheel.choice.package
        source = wheel.choice.sdist.name if wheel.choice.sdist else ""
        why = {
            "wheel": f"{'pure-Python ' if wheel.path.stem.endswith('-any') else ''}wheel {wheel.path.name}",
            "built": f"no wheel that fits is published: built from {source}"
            + (", with its native code" if wheel.choice.native else ""),
            "project": f"built from {wheel.choice.folder}",
        }[wheel.origin]
        rest = f"; {wheel.choice.without_native}" if wheel.choice.without_native else ""
        reasons[package.name] = f"{why}{rest}"
    return reasons


def _form(distribution: Distribution) -> str:
    """How the interpreter is linked, what that costs, and why not in a better way."""
    form = distribution.form
    passed = "; ".join(f"{fault.where} {fault.message}" for fault in distribution.passed_over)
    return f"{form.words}; costs {form.cost}" + (f"; not in a better way, because of {passed}" if passed else "")


def report_of(
    finished: Finished,
    contents: Contents,
    tree: Collected,
    *,
    distribution: Distribution,
    selected: Selected,
    reasons: Mapping[str, str],
    seconds: float,
) -> LinkReport:
    """The report of a finished link."""
    parts = selected.parts
    stdlib_code, stdlib_files = _bytes((parts.stdlib, *((parts.places,) if parts.places else ())))
    packages, own = sum(_bytes(parts.packages)), sum(_bytes((parts.own,)))
    libraries = [part for part in (parts.python, parts.brought) if part]
    interpreter = finished.stub_size + sum(_bytes(libraries))
    rest = finished.size - interpreter - stdlib_code - stdlib_files - packages - own
    needs = needs_of(distribution, tree)
    notes = [
        f"{package.name} {package.version} was built without its native code: {package.without_native}"
        for package in contents.packages
        if package.without_native
    ]
    return LinkReport(
        output=str(finished.path),
        size=finished.size,
        sizes=SizeFacts(
            interpreter=interpreter, stdlib_code=stdlib_code, stdlib_files=stdlib_files,
            packages=packages, application=own, tables=max(rest, 0),
        ),
        image_sha256=finished.layout.sha256,
        contents=contents,
        needs=needs.always,
        plugin_needs=needs.plugins,
        licences=licence_facts(contents),
        touches_disk=tree.unpacked,
        left_out=_left_out(selected),
        notes=(*notes, *_of_brought(parts, tree, distribution), *tree.notes),
        reasons=reasons,
        seconds=round(seconds, 3),
    )  # fmt: skip


def _of_brought(parts: Parts, tree: Collected, distribution: Distribution) -> Iterator[str]:
    """Which libraries of this machine make the application need a newer system."""
    if parts.brought:
        files = {file.path for file in parts.brought.files}
        own = int(distribution.floor.rpartition(".")[2] or 0)
        rest = max([own, *(file.glibc for file in tree.native if file.path not in files)])
        for file in tree.native:
            if file.path in files and file.glibc > rest:
                yield f"{file.soname} of this machine needs glibc 2.{file.glibc}, the rest of the application 2.{rest}"


def licence_facts(contents: Contents) -> LicenceFacts:
    """What the licences of packages and libraries ask for."""
    copyleft: dict[str, list[str]] = {}
    unknown = []
    items: tuple[LibraryFacts | PackageFacts, ...] = (*contents.interpreter.libraries, *contents.packages)
    for item in items:
        verdict = judge(item.license)
        for name in verdict.copyleft:
            copyleft.setdefault(name, []).append(item.name)
        if verdict.unknown:
            unknown.append(item.name)
    return LicenceFacts(
        copyleft={name: tuple(dict.fromkeys(copyleft[name])) for name in sorted(copyleft)}, unknown=tuple(unknown)
    )


def check_memory(tree: Collected) -> None:
    """Raise `InputError` that names every file which has to be unpacked to a disk."""
    if tree.unpacked:
        raise InputError(
            "the application cannot run from memory alone, which --strict-memory demands; link without it, or without "
            "the packages",
            [Fault(path, f"of {tree.owner.get(path, 'the application')}") for path in tree.unpacked],
        )


def _left_out(selected: Selected) -> tuple[LeftOutFacts, ...]:
    """What the table leaves out, by what it is called and where it was."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for part, groups in selected.left_out.items():
        for group in groups:
            key = (part, group.name, group.reason)
            count, size = found.get(key, (0, 0))
            found[key] = (count + len(group.files), size + sum(size for _, size in group.files))
    return tuple(
        LeftOutFacts(part=part, name=name, reason=reason, files=count, size=size)
        for (part, name, reason), (count, size) in sorted(found.items())
    )


def _package(part: Part, wheel: FetchedWheel) -> PackageFacts:
    return PackageFacts(
        name=str(part.facts["name"]),
        version=str(part.facts["version"]),
        license=str(part.facts["license"]),
        summary=str(part.facts["summary"]),
        origin=wheel.origin,
        file=wheel.path.name,
        sha256=wheel.sha256,
        modules=sum(1 for file in part.files if file.code),
        files=len(part.files),
        size=sum(_bytes((part,))),
        without_native=wheel.choice.without_native,
        license_texts=tuple(part.facts["license_texts"]),
    )


def _bytes(parts: Sequence[Part]) -> tuple[int, int]:
    """Bytes of code and of files."""
    files = [file for part in parts for file in part.files]
    return sum(len(file.code) for file in files), sum(len(file.data) for file in files if not file.linked)
