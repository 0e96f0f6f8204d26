"""The ways in which the interpreter of a distribution comes into an application: what each needs, and what it costs.

Invariant: a way is taken when its row finds nothing lacking, the first of the table before all others; what was lacking
is said, by the key of the manifest, to whoever asks why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydist.errors import Fault, InputError
from pydist.manifest.model import BuildInfo, ExtensionInfo, LinkInfo, Manifest
from pydist.target import Libc, Target

__all__ = ["FORMS", "Chosen", "Form", "choose_form"]

_OF_LIBC = frozenset({"c", "crypt", "dl", "m", "pthread", "resolv", "rt", "util"})
"""Libraries that the toolchain has for every C library: parts of it, or empty ones in their place."""
_WITHOUT = {Libc.GNU: frozenset({"crypt"})}  # a library of its own by now, in versions that exclude each other
_BITCODE = re.compile(r"llvm-bitcode:(\d+)(?:\.\d+)*", re.ASCII)
_NEWEST_BITCODE = 22
"""The version of LLVM that the toolchain's linker has: it reads what older ones wrote, not what newer ones did."""

Extensions = dict[str, ExtensionInfo]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way. `words` are for people, as is `cost`; `needs` is what the system must have to start what is linked so.

    `lacking` says why it cannot be taken, `holds` whether an extension module is built into the interpreter.
    `launched`: the interpreter is not in the executable but a file in the image.
    """

    name: str
    words: str
    cost: str
    lacking: Callable[[Manifest, Target], Iterator[Fault]]
    holds: Callable[[ExtensionInfo, bool], bool]
    needs: tuple[str, ...] = ()
    launched: bool = False

    def extensions(self, manifest: Manifest, *, dynamic: bool) -> Extensions:
        """The extension modules that are built in. A manifest that was measured of an installed tree names others, too;
        `dynamic` applications load those."""
        return {name: row for name, row in _variants(manifest).items() if row.in_core or self.holds(row, dynamic)}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The form that is taken, and why those before it are not."""

    form: Form
    passed_over: tuple[Fault, ...] = ()


def choose_form(manifest: Manifest, target: Target, where: str) -> Chosen:
    """The first form that `manifest` has all for. Raises `InputError` with what each lacks."""
    passed: list[Fault] = []
    for form in FORMS:
        lacking = list(form.lacking(manifest, target))
        if not lacking:
            return Chosen(form, tuple(passed))
        passed += [fault for fault in lacking if fault not in passed]
    faults = [Fault(f"{where}: PYTHON.json: {fault.where}", fault.message) for fault in passed]
    raise InputError("the distribution cannot be linked: there is no interpreter in it that can be used", faults)


def _variants(manifest: Manifest) -> Extensions:
    return {
        name: next((variant for variant in variants if variant.variant == "default"), variants[0])
        for name, variants in manifest.build_info.extensions.items()
        if variants
    }


def _objects(manifest: Manifest, target: Target) -> Iterator[Fault]:
    info = manifest.build_info
    if not info.core.objs:
        yield Fault("build_info.core.objs", "empty: it cannot be linked anew from its objects")
        return
    yield from _format(info)
    yield from _libraries(manifest, target, _has_objects)


def _archive(manifest: Manifest, target: Target) -> Iterator[Fault]:
    info = manifest.build_info
    if not info.core.static_lib:
        yield Fault("build_info.core.static_lib", "absent: there is no static libpython")
        return
    if info.object_file_format != "elf":
        yield Fault("build_info.object_file_format", f"expected 'elf' of a library; found {info.object_file_format!r}")
    yield from _libraries(manifest, target, _is_no_file)


def _library(manifest: Manifest, target: Target) -> Iterator[Fault]:
    if not manifest.build_info.core.shared_lib:
        yield Fault("build_info.core.shared_lib", "absent: there is no shared libpython")
    elif target.libc is not Libc.GNU:
        yield Fault("build_info.core.shared_lib", f"only glibc loads it from memory; the target has {target.libc}")


def _format(info: BuildInfo) -> Iterator[Fault]:
    found = _BITCODE.fullmatch(info.object_file_format)
    if info.object_file_format == "elf" or (found and int(found[1]) <= _NEWEST_BITCODE):
        return
    expected = f"expected 'elf', or 'llvm-bitcode:N' with N up to {_NEWEST_BITCODE}, which is what the linker reads"
    yield Fault("build_info.object_file_format", f"{expected}; found {info.object_file_format!r}")


def _libraries(manifest: Manifest, target: Target, holds: Callable[[ExtensionInfo, bool], bool]) -> Iterator[Fault]:
    """Libraries that an executable would have to find outside of itself before it runs."""
    core = {"build_info.core": manifest.build_info.core.links}
    dynamic = target.libc is Libc.GNU
    rows = {name: row for name, row in _variants(manifest).items() if row.in_core or holds(row, dynamic)}
    users = core | {f"build_info.extensions.{name}": row.links for name, row in rows.items()}
    seen = set()
    for user, links in users.items():
        for link in links:
            if link.name not in seen and not _comes_along(link, target):
                seen.add(link.name)
                yield Fault(f"{user}.links: {link.name}", "no path_static: only a shared library of that name is known")


def _comes_along(link: LinkInfo, target: Target) -> bool:
    return bool(link.path_static) or link.name in _OF_LIBC - _WITHOUT.get(target.libc, frozenset())


def _has_objects(row: ExtensionInfo, dynamic: bool) -> bool:
    return bool(row.objs) and not (dynamic and row.shared_lib)


def _is_no_file(row: ExtensionInfo, dynamic: bool) -> bool:
    return not row.shared_lib


FORMS = (
    Form(
        name="objects",
        words="relinked from its objects into the executable",
        cost="nothing: it starts without /proc, and only what is used of its libraries is in it",
        lacking=_objects,
        holds=_has_objects,
    ),
    Form(
        name="archive",
        words="its static libpython linked into the executable",
        cost="nothing at run time; modules of its own tests stay in, because the library is taken whole",
        lacking=_archive,
        holds=_is_no_file,
    ),
    Form(
        name="library",
        words="its shared libpython in the image, loaded from memory by a launcher",
        cost="some milliseconds of each start, in which libpython is copied and bound, and its size in memory that "
        "other processes do not share; without /proc it does not start",
        lacking=_library,
        holds=_is_no_file,
        needs=("/proc, to load Python from memory",),
        launched=True,
    ),
)
"""Best first."""
