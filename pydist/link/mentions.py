"""Which modules the import statements of a source name, as far as somebody wants to know.

Invariant: too much rather than too little: statements in functions, behind conditions and in texts count, too. What a
program computes (`importlib.import_module(name)`) is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["imported_names", "mentions"]

_REST = rb"(\([^)]*\)|(?:\\\n|[^\n#;])*)"
_STATEMENT = re.compile(
    rb"(?:^|[:;])[ \t]*(?:from[ \t]+(\.*[ \t]*[\w.]*)[ \t]+import[ \t]*" + _REST + rb"|import[ \t]+" + _REST + rb")",
    re.MULTILINE,
)
_NAME = re.compile(r"[\w.]+")


def mentions(path: str, source: bytes | memoryview, words: Collection[str]) -> set[str]:
    """The dotted names that the source at `path` below its entry of sys.path (`a/b.py`) imports and that have one of
    `words` among their parts; relative ones are made absolute.

    >>> sorted(mentions("a/b.py", b"from . import tests, x\\nimport a.tests.y as z, os", {"tests"}))
    ['a.tests', 'a.tests.y']
    """
    if not any(word.encode() in bytes(source) for word in words):
        return set()
    wanted = frozenset(words)
    return {name for name in imported_names(path, source) if wanted.intersection(name.split("."))}


def imported_names(path: str, source: bytes | memoryview) -> set[str]:
    """All dotted names that the source at `path`, as for `mentions`, imports; what is taken from a module counts as one
    below it."""
    package = path.removesuffix(".py").split("/")[:-1]
    found: set[str] = set()
    for origin, names, plain in _STATEMENT.findall(bytes(source)):
        if plain:
            found.update(part.split()[0] for part in _clean(plain).split(",") if part.strip())
            continue
        above = _absolute(origin.decode("ascii", "replace").replace(" ", ""), package)
        found.add(above)
        found.update(f"{above}.{part.split()[0]}" for part in _clean(names).split(",") if part.strip())
    return {name.strip(".") for name in found if _NAME.fullmatch(name)}


def _absolute(origin: str, package: list[str]) -> str:
    name = origin.lstrip(".")
    levels = len(origin) - len(name)
    if not levels:
        return name
    above = package[: len(package) - levels + 1]
    return ".".join([*above, name] if name else above)


def _clean(names: bytes) -> str:
    text = re.sub(rb"#[^\n]*", b"", names.strip(b"()"))
    return text.decode("ascii", "replace").replace("\\\n", " ")
