"""Whether a module that is nowhere might still be found while the application runs.

Invariant: the answer is no only when no code that runs before the import adds a folder that it could be in, and no
package has code that makes modules of this name. Source that cannot be read (newer syntax than ours) is a doubt.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["is_made", "lies_elsewhere", "makes_modules", "searches_elsewhere"]

_MAKES = re.compile(rb"sys\.modules|\bmodules\[|meta_path|path_hooks|\b__path__\b|ModuleType")
_SEARCHES = re.compile(rb"\bpath\s*(?:\.\s*(?:insert|append|extend)|\[|\+?=)|addsitedir|meta_path|path_hooks")
_PATHS = frozenset({"sys.path", "_sys.path", "path"})
_MADE_BY = frozenset({"__new__", "__init__", "__post_init__"})
_Sources = Mapping[str, memoryview]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def makes_modules(folder: str, sources: _Sources) -> bool:
    """Whether code below `folder`, or in the file of this name, makes modules or searches more folders for them."""
    return any(path.startswith(folder) and _MAKES.search(source) for path, source in sources.items())


def is_made(name: str, sources: _Sources) -> bool:
    """Whether a package has code that makes modules and names this one."""
    quoted = re.compile(rb"['\"]%s['\".]" % re.escape(name).encode())
    return any(
        quoted.search(source) and _MAKES.search(source)
        for path, source in sources.items()
        if "/site-packages/" in path
    )  # fmt: skip


def lies_elsewhere(name: str, sources: _Sources, owner: Mapping[str, str]) -> bool:
    """Whether a package that adds folders to `sys.path` has a file that would be this module in one of them."""
    place = re.compile(rf"/{re.escape(name)}(?:/|\.py$|\.(?:.+\.)?so$)")
    owners = {part for path, part in owner.items() if place.search(path)}
    return bool(owners) and any(owner[path] in owners and _SEARCHES.search(source)
                                for path, source in sources.items() if path in owner)  # fmt: skip


def searches_elsewhere(paths: Iterable[str], sources: _Sources, main: str) -> bool:
    """Whether the modules `paths` add folders to `sys.path` while they are imported; `main` is the script that runs."""
    texts = {path: sources[path] for path in paths if path in sources}
    if not any(_SEARCHES.search(source) for source in texts.values()):
        return False
    trees: dict[str, ast.Module] = {}
    for path, source in texts.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trees[path] = ast.parse(bytes(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            if _SEARCHES.search(source):
                return True
    names = _names_that_search(trees.values())
    return any(_searches(node, names) for path, tree in trees.items() for node in _run(tree.body, path == main))


def _names_that_search(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The functions that add folders, by themselves or by calling one that does; and classes that do when they are
    called."""
    rows: list[tuple[str, list[ast.AST]]] = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, _Function):
            rows.append((node.name, list(ast.walk(node))))
        elif isinstance(node, ast.ClassDef):
            made = [item for item in node.body if isinstance(item, _Function) and item.name in _MADE_BY]
            rows.append((node.name, [part for item in made for part in ast.walk(item)]))
    names: frozenset[str] = frozenset()
    while True:
        more = {name for name, nodes in rows if name not in names and any(_searches(node, names) for node in nodes)}
        if not more:
            return names
        names |= more


def _searches(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether `node` adds folders: changes `sys.path`, makes finders, or calls one of `names`."""
    if isinstance(node, ast.Attribute):
        return node.attr in ("meta_path", "path_hooks")
    if isinstance(node, ast.Call):
        called = _dotted(node.func)
        above, _, last = called.rpartition(".")
        return (
            (last in names and last not in _MADE_BY)
            or last == "addsitedir"
            or (last in ("insert", "append", "extend") and above in _PATHS)
        )
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    return any(_dotted(target.value if isinstance(target, ast.Subscript) else target) in ("sys.path", "_sys.path")
               for target in targets)  # fmt: skip


def _dotted(node: ast.expr) -> str:
    """`sys.path` for the expression of that form; of others what stands behind the last dot, or ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _run(body: Iterable[ast.AST], main: bool) -> Iterator[ast.AST]:
    """All that runs when a module with this body is imported, or, if `main`, run."""
    for node in body:
        if isinstance(node, (_Function, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and not main and "__name__" in {_dotted(part) for part in _expressions(node.test)}:
            yield from _run(node.orelse, main)
            continue
        yield node
        yield from _run(ast.iter_child_nodes(node), main)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    return (part for part in ast.walk(node) if isinstance(part, ast.expr))
