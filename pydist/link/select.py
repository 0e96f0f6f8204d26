"""Which files of its parts go into an application: what the table leaves out, brought back where it is needed or
wanted, without what the settings exclude.

Invariant: a pattern of the settings that names nothing is an error, and nothing goes that every Python needs to start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.app import AppSpec
from pydist.link.assemble import Parts
from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.leftout import LeftOut, has_pattern
from pydist.link.part import Part, PartFile
from pydist.link.part_source import PartSource

__all__ = ["Selected", "select", "without_sources"]

# Below the standard library: what an interpreter imports before it runs anything.
_NEEDED = ("_pydist/*.py", "_sitebuiltins.py", "encodings/__init__.py", "encodings/aliases.py", "encodings/utf_8.py")

NO_SOURCE = b'raise ImportError("linked with --no-sources")\n'
"""Stands in a module's file in place of its source: the file is there for all who look, and running it says why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The parts with the files that go in. `left_out` says for each part, by its name, what the table leaves out of it;
    `excluded` is the number of files that the settings do; `reasons` say what came back, and for which import."""

    parts: Parts
    left_out: Mapping[str, tuple[LeftOut, ...]]
    excluded: int
    reasons: Mapping[str, str]


def select(
    sources: Sequence[PartSource], made: Sequence[Part], own: Part, app: AppSpec, distribution: Distribution, *,
    reached: Collection[str] = (),
) -> Selected:  # fmt: skip
    """The parts `made` of `sources`, the standard library first, and `own`, with the files that go in. `reached` are
    modules that are left out at first, and imported when the application starts.

    Raises `InputError` that names every idle pattern, or what must not be excluded.
    """
    include, exclude = app.settings.include, app.settings.exclude
    parts = _with_returned(sources, made, own, _Wishes(frozenset(reached), include, distribution))
    left_out = {part.name: tuple(_still_out(part)) for part in parts}
    chosen = (*parts, own)
    if include or exclude:
        names = {_name(path, distribution) for path in _all_paths(made, own)}
        _check_idle(app, names, distribution)
        _check_needed(parts[0], exclude, distribution)
        chosen = tuple(_without(part, exclude, distribution) for part in chosen)
    excluded = sum(len(part.files) for part in (*parts, own)) - sum(len(part.files) for part in chosen)
    standard, *packages, last = chosen
    return Selected(
        parts=Parts(stdlib=standard, packages=tuple(packages), own=last), left_out=left_out, excluded=excluded,
        reasons=dict(_reasons((*parts, own), reached, made[0].mentions)),
    )  # fmt: skip


def without_sources(parts: Parts, tree: Collected, scripts: Collection[str], pyc_magic: int) -> Parts:
    """The parts without the sources of modules whose code is there. `scripts` are the files that the
    application starts as: `multiprocessing` runs them by their path, for which a module has what a `.pyc` file has."""
    modules = {row.path for row in tree.modules if len(row.code)}
    header = pyc_magic.to_bytes(4, "little") + bytes(12)

    def hidden(file: PartFile) -> PartFile:
        if file.path in scripts and file.path in modules:
            return replace(file, data=memoryview(header + file.code))
        if file.path in modules and len(file.data):
            return replace(file, data=memoryview(NO_SOURCE))
        return file

    def changed(part: Part) -> Part:
        return replace(part, files=tuple(map(hidden, part.files)))

    packages = tuple(map(changed, parts.packages))
    return replace(parts, stdlib=changed(parts.stdlib), packages=packages, own=changed(parts.own))


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What brings files back besides what is imported anywhere."""

    reached: frozenset[str]
    include: Sequence[str]
    distribution: Distribution

    def files_of(
        self, group: LeftOut, imported: frozenset[str], certain: frozenset[str], later: Mapping[str, str]
    ) -> Iterator[str]:
        """The paths of `group` that come back, when the parts import `imported`, and `certain` for sure. `later` is
        what came back of the standard library imports, by which file: one of the group itself brings no others."""
        paths = [path for path, _ in group.files]
        if group.reached:
            imported = certain | self.reached
            imported |= {name for name, file in later.items() if not any(path.endswith(f"/{file}") for path in paths)}
        if _is_imported(group, imported):
            yield from paths
            return
        included = [path for path in paths if has_pattern(_name(path, self.distribution), self.include)]
        yield from paths if group.whole and included else included


def _with_returned(sources: Sequence[PartSource], made: Sequence[Part], own: Part, wishes: _Wishes) -> tuple[Part, ...]:
    """The parts with what `wishes` name and what any of them imports, until nothing further is imported."""
    parts = tuple(made)
    # Of the standard library what comes back does. What is there from the beginning has functions for CPython's tests.
    at_first = made[0].mentions.keys()
    while True:
        imported = frozenset(name for part in (*parts, own) for name in part.mentions)
        surely = [part for part, source in zip(parts, sources, strict=True) if source.own]
        certain = frozenset(name for part in (*surely, own) for name in part.mentions)
        later = {name: file for name, file in parts[0].mentions.items() if name not in at_first}
        changed = []
        for source, first, part in zip(sources, made, parts, strict=True):
            have = {file.path for file in part.files}
            wanted = {path for group in first.left_out for path in wishes.files_of(group, imported, certain, later)}
            changed.append(part if wanted <= have else _joined(first, source.more(wanted)))
        if all(new is old for new, old in zip(changed, parts, strict=True)):
            return parts
        parts = tuple(changed)


def _reasons(parts: Sequence[Part], reached: Collection[str], at_first: Collection[str]) -> Iterator[tuple[str, str]]:
    """Which import brought a group back; or, where a group stays out although something imports it, why. What the
    standard library imports `at_first` brings nothing."""
    rows = [(part, name, file) for part in parts for name, file in sorted(part.mentions.items())]
    imports = [(name, file, part.name) for part, name, file in rows if part is not parts[0] or name not in at_first]
    for part in parts:
        have = {file.path for file in part.files}
        for group in part.left_out:
            own = tuple(path for path, _ in group.files)
            for name, file, by in imports:
                if _is_imported(group, frozenset({name})) and not any(path.endswith(f"/{file}") for path in own):
                    text = f"{file} of {by} imports {name}"
                    if group.reached and not have.issuperset(own):
                        text = f"left out, although {text}: not when the application starts (--include {name})"
                    elif _is_imported(group, frozenset(reached)):
                        text = "imported when the application starts"
                    yield f"{group.name} of {part.name}", text
                    break


def _joined(first: Part, more: Part) -> Part:
    files = {file.path: file for file in (*more.files, *first.files)}
    mentions = {**more.mentions, **first.mentions}
    return replace(first, files=tuple(files[path] for path in sorted(files)), facts=more.facts, mentions=mentions)


def _is_imported(group: LeftOut, imported: frozenset[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in group.imports for name in imported)


def _still_out(part: Part) -> Iterator[LeftOut]:
    have = {file.path for file in part.files}
    for group in part.left_out:
        if rest := tuple((path, size) for path, size in group.files if path not in have):
            yield replace(group, files=rest)


def _all_paths(made: Iterable[Part], own: Part) -> Iterator[str]:
    yield from (file.path for part in (*made, own) for file in part.files)
    yield from (path for part in made for group in part.left_out for path, _ in group.files)


def _name(path: str, distribution: Distribution) -> str:
    """What patterns are held against: the path below the folder of packages or of the standard library."""
    for root in (distribution.site_packages, distribution.virtual_stdlib):
        if path.startswith(f"{root}/"):
            return path[len(root) + 1 :]
    return path


def _why_idle(pattern: str, distribution: Distribution) -> str:
    """What is wrong with a pattern that names nothing that could go in."""
    table, root = omissions.load(), distribution.stdlib
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        row = table.of_file(name, distribution.extensions, dynamic=distribution.dynamic)
        if row is not None and row.final and has_pattern(name, (pattern,)):
            return f"matches only what cannot go in: {row.reason}"
    return "matches no file"


def _check_idle(app: AppSpec, names: Iterable[str], distribution: Distribution) -> None:
    names = frozenset(names)
    faults = [
        Fault(f"{key} {pattern!r}", _why_idle(pattern, distribution))
        for key, patterns in (("include", app.settings.include), ("exclude", app.settings.exclude))
        for pattern in patterns
        if not any(has_pattern(name, (pattern,)) for name in names)
    ]
    if faults:
        where = "the packages, the standard library and beside the script" if app.path else "the packages"
        raise InputError(f"patterns of {app.name} match nothing in {where}; remove them or correct them", faults)


def _without(part: Part, exclude: Sequence[str], distribution: Distribution) -> Part:
    if not exclude:
        return part
    files = tuple(file for file in part.files if not has_pattern(_name(file.path, distribution), exclude))
    return part if len(files) == len(part.files) else replace(part, files=files)


def _check_needed(standard: Part, exclude: Sequence[str], distribution: Distribution) -> None:
    names = (_name(file.path, distribution) for file in standard.files)
    faults = [
        Fault(name, "every Python imports it when it starts")
        for name in names
        if has_pattern(name, _NEEDED) and has_pattern(name, exclude)
    ]
    if faults:
        raise InputError("these files cannot be excluded", faults)
