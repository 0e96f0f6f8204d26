"""Imports that fail whenever the application starts, found before its user finds them.

Invariant: only what is certain is reported. An import counts when it is run each time its module is (see
`import_worker.py`), and its module is reached from the entry through such imports alone; what it asks for must be
nowhere in the application, and no module that is reached may be one that could make it up while it runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.app import AppKind, AppSpec
from pydist.link.assemble import Parts
from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.entry import Entry
from pydist.link.image import ModuleFlag, ModuleRow
from pydist.link.import_advice import advice
from pydist.link.import_doubts import is_made, lies_elsewhere, makes_modules, searches_elsewhere
from pydist.link.leftout import has_pattern
from pydist.link.mentions import imported_names
from pydist.link.names import normalise
from pydist.link.recipes import for_packages

__all__ = [
    "Graph",
    "Missing",
    "check_imports",
    "idle_allowances",
    "idle_names",
    "missing_imports",
    "reached_modules",
    "started_modules",
    "unmet_imports",
]

_ALWAYS = {"__main__", "_frozen_importlib", "_frozen_importlib_external"}
"""Modules that every interpreter has in `sys.modules`, and no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A module that is imported and not there. `chain` leads to the import: modules with the line of what they import
    next, the entry first. `owner` is the name of the part with the import, `asked` are full names that it may mean."""

    name: str
    chain: tuple[str, ...]
    owner: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What a search needs to know: all `modules` by name, those found in other ways (`builtin`), what each file imports
    (by path), and the `sources`."""

    modules: Mapping[str, ModuleRow]
    builtin: Collection[str]
    imports: Mapping[str, str]
    sources: Mapping[str, memoryview]
    owner: Mapping[str, str] = field(default_factory=dict)


def check_imports(app: AppSpec, entry: Entry, tree: Collected, parts: Parts, distribution: Distribution) -> None:
    """Raise `InputError` that names every import which would fail when the application starts, but those that the
    settings allow to."""
    graph = _graph(tree, parts, distribution)
    missing = [item for item in missing_imports(graph, entry) if not _is_allowed(item, app, parts)]
    if missing:
        beside = app.path.parent if app.kind is AppKind.SCRIPT and app.path else None
        what = "a module" if len(missing) == 1 else f"{len(missing)} modules"
        raise InputError(
            f"the application would fail when it starts: it imports {what} that it does not have",
            [Fault(" → ".join((*item.chain, item.name)), _advice(item, app, parts, beside, distribution))
             for item in missing],
        )  # fmt: skip


def reached_modules(
    names: Collection[str], entries: Iterable[Entry], tree: Collected, parts: Parts, distribution: Distribution
) -> frozenset[str]:
    """Those of `names`, top-level modules that are not in the tree, that are imported when the application starts."""
    graph = _graph(tree, parts, distribution)
    return frozenset(name for entry in entries for name in unmet_imports(graph, entry) if name in names)


def idle_allowances(
    app: AppSpec, entries: Iterable[Entry], tree: Collected, parts: Parts, distribution: Distribution
) -> tuple[str, ...]:
    """Those modules whose import may fail by the settings, and that nothing asks for in vain at the start."""
    names = app.settings.allow_missing
    return idle_names(names, _graph(tree, parts, distribution), entries) if names else ()


def idle_names(names: Iterable[str], graph: Graph, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Those of `names` that are neither missing nor above what is."""
    missing = {above for entry in entries for name in unmet_imports(graph, entry) for above in _above(name)}
    return tuple(name for name in dict.fromkeys(names) if name not in missing)


def started_modules(
    entries: Iterable[Entry], tree: Collected, parts: Parts, distribution: Distribution, own: Collection[str]
) -> tuple[str, ...]:
    """The modules that are certainly imported when the application starts, in the order in which they are met, then
    those that its first module imports anywhere; but for those of the parts with the names `own`."""
    graph = _graph(tree, parts, distribution)
    names: list[str] = []
    for entry in entries:
        names += _searched(graph, entry).reached
        row = graph.modules.get(entry.module)
        path = row.path if row else entry.path
        below = path.removeprefix(f"{distribution.site_packages}/")
        names += sorted(imported_names(below, graph.sources.get(path, b"")))
    rows = (graph.modules[name] for name in dict.fromkeys(names) if name in graph.modules)
    return tuple(row.name for row in rows if tree.owner.get(row.path, "") not in {"", *own})


def _graph(tree: Collected, parts: Parts, distribution: Distribution) -> Graph:
    return Graph(
        modules={row.name: row for row in tree.modules},
        builtin=omissions.load().kept(distribution.extensions) | _ALWAYS | _added(tree),
        imports={file.path: file.imports for part in parts.all for file in part.files if file.imports},
        sources={file.path: file.data for part in parts.all for file in part.files if file.code},
        owner=tree.owner,
    )


def _added(tree: Collected) -> frozenset[str]:
    """The top-level modules in folders that `.pth` files add to `sys.path`."""
    places = [
        path[len(folder) + 1 :] for folder in tree.start.paths for path in tree.owner if path.startswith(f"{folder}/")
    ]
    return frozenset(place.partition("/")[0].removesuffix(".py") for place in places)


def _is_allowed(item: Missing, app: AppSpec, parts: Parts) -> bool:
    """Whether the settings, or a recipe of the package with the import, let it fail."""
    names = {part.name: normalise(str(part.facts["name"])) for part in parts.packages}
    packages = [names[item.owner]] if item.owner in names else []
    recipes = for_packages(packages, app.settings.recipes)
    allowed = {*app.settings.allow_missing, *(name for recipe in recipes for name in recipe.imports)}
    return not allowed.isdisjoint(_above(item.name))


def _advice(item: Missing, app: AppSpec, parts: Parts, beside: Path | None, distribution: Distribution) -> str:
    path = item.name.replace(".", "/")
    for pattern in app.settings.exclude:
        if has_pattern(f"{path}.py", (pattern,)) or has_pattern(f"{path}/__init__.py", (pattern,)):
            return f"may be what --exclude {pattern!r} leaves out"
    return advice(item.name, item.owner, parts, beside, asked=item.asked, dynamic=distribution.dynamic)


def missing_imports(graph: Graph, entry: Entry) -> Iterator[Missing]:
    """What is imported in vain, in the order in which the search from `entry` meets it."""
    yield from _searched(graph, entry).certain()


def unmet_imports(graph: Graph, entry: Entry) -> frozenset[str]:
    """All that is imported in the search from `entry` and is not there, although something might make up for it."""
    return frozenset(_searched(graph, entry).missing)


def _searched(graph: Graph, entry: Entry) -> _Search:
    search = _Search(graph)
    if entry.kind == "script":
        search.reach("__main__", entry.path, package="")
        shown = "" if entry.launcher else entry.path.rpartition("/")[2]
        search.reached["__main__"].shown = shown
    else:
        for name in _above(entry.module):
            search.reach_module(name)
        row = graph.modules.get(entry.module)
        if row is not None and row.flags & ModuleFlag.PACKAGE:
            search.reach_module(f"{entry.module}.__main__")
    search.run()
    return search


@dataclass(slots=True)
class _Reached:
    """A module that is certainly imported, and by whom: name and line, or none for the entry. `shown` is its name for
    people, empty for what the linker made."""

    name: str
    path: str
    package: str
    by: tuple[_Reached, str] | None
    shown: str


class _Search:
    """Breadth first, so that the chain shown for a module is a shortest one."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.reached: dict[str, _Reached] = {}
        self.missing: dict[str, tuple[_Reached, str, tuple[str, ...]]] = {}
        self.todo: deque[_Reached] = deque()

    def reach(self, name: str, path: str, package: str, by: tuple[_Reached, str] | None = None) -> None:
        if name not in self.reached:
            self.reached[name] = _Reached(name, path, package, by, name)
            self.todo.append(self.reached[name])

    def reach_module(self, name: str, by: tuple[_Reached, str] | None = None) -> None:
        row = self.graph.modules.get(name)
        if row is not None:
            package = name if row.flags & ModuleFlag.PACKAGE else name.rpartition(".")[0]
            self.reach(name, row.path, package, by)

    def run(self) -> None:
        while self.todo:
            module = self.todo.popleft()
            for text in self.graph.imports.get(module.path, "").splitlines():
                line, wanted, names = text.split(" ", 2)
                absolute = _absolute(wanted, module.package)
                if absolute is not None:
                    self._follow(module, line, absolute, names.split(",") if names else [])

    def _follow(self, module: _Reached, line: str, wanted: str, names: list[str]) -> None:
        modules = self.graph.modules
        for name in _above(wanted):
            if name in self.graph.builtin:
                return
            if name.endswith(".__init__"):
                return  # the package's own file, which can be imported a second time under this name
            if name not in modules:
                asked = (wanted, *(f"{wanted}.{item}" for item in names))
                self.missing.setdefault(name, (module, line, asked))
                return
            self.reach_module(name, (module, line))
            if modules[name].flags & ModuleFlag.EXTENSION:
                return  # which may make modules below its name
        for name in names:
            self.reach_module(f"{wanted}.{name}", (module, line))

    def certain(self) -> Iterator[Missing]:
        """Those of `missing` that nothing can make up for."""
        sources, owner = self.graph.sources, self.graph.owner
        for name, (module, line, asked) in self.missing.items():
            if is_made(name, sources):
                continue
            if "." in name:
                top = self.graph.modules[name.partition(".")[0]]
                possible = makes_modules(top.path.removesuffix("__init__.py"), sources)
            else:
                possible = lies_elsewhere(name, sources, owner) or self._is_searched(module)
            if not possible:
                chain = tuple(_chain(module, line))[::-1]
                yield Missing(name=name, chain=chain, owner=owner.get(module.path, ""), asked=asked)

    def _is_searched(self, module: _Reached) -> bool:
        """Whether the packages on the way to `module`, or its own, may search in further folders."""
        owner = self.graph.owner
        owners = {owner.get(step.path, "") for step in _steps(module)}
        # Without the launcher, which imports all that it needs and then calls it.
        own = [item.path for item in self.reached.values() if item.shown and owner.get(item.path, "") in owners]
        main = self.reached.get("__main__")
        return searches_elsewhere(
            (path for path in own if not self._is_stdlib(path)), self.graph.sources, main.path if main else ""
        )

    def _is_stdlib(self, path: str) -> bool:
        return "/site-packages/" not in path and path.startswith("lib/")


def _steps(module: _Reached) -> Iterator[_Reached]:
    """`module` and those that lead to it, the entry last."""
    yield module
    while module.by is not None:
        module = module.by[0]
        yield module


def _chain(module: _Reached, line: str) -> Iterator[str]:
    for step in _steps(module):
        if step.shown:
            yield f"{step.shown}:{line}"
        line = step.by[1] if step.by else ""


def _above(name: str) -> Iterator[str]:
    """`a`, `a.b` and `a.b.c` for `a.b.c`."""
    at = name.find(".")
    while at >= 0:
        yield name[:at]
        at = name.find(".", at + 1)
    yield name


def _absolute(wanted: str, package: str) -> str | None:
    """The full name of `wanted` in a module of `package`; None when it leads out of everything."""
    name = wanted.lstrip(".")
    level = len(wanted) - len(name)
    if level == 0:
        return name
    if not package or package.count(".") < level - 1:
        return None
    base = package.rsplit(".", level - 1)[0]
    return f"{base}.{name}" if name else base
