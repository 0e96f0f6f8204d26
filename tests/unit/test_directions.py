"""Who may import whom: the table of design.md section 4, held against the code.

    cli -> link repack validate adopt build examine fetch diff -> trial -> policy manifest archive store sources
        -> binary -> target errors progress

A row imports only to its right. Inside a row nothing crosses but the pairs named in `_INSIDE`.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "pydist"

ROWS = (
    {"cli", "__main__"},
    {"link", "repack", "validate", "adopt", "build", "examine", "fetch", "diff"},
    {"trial"},
    {"policy", "manifest", "archive", "store", "sources"},
    {"binary"},
    {"target", "errors", "progress"},
)
"""Left to right as in the table; the package itself (its version) stands right of all."""

INSIDE = {
    ("link", "repack"): "linking slims a distribution the way repack does",
    ("link", "adopt"): "an archive without a manifest is linked with the one that is made of it",
    ("diff", "validate"): "what differs is what the judge knows of both, and its verdicts",
    ("adopt", "repack"): "trees are relocated, named, written and verified as repacking does",
    ("adopt", "validate"): "what belongs to a Python and what every system has is what the judge says, who then judges",
    ("build", "repack"): "archives of the installed tree are written as repacking writes them",
    ("build", "diff"): "what a rebuild changed is explained as in any two distributions",
    ("sources", "policy"): "what to fetch is a recipe",
    ("sources", "store"): "verified archives are kept there",
    ("target", "errors"): "a triple that is not known is an InputError",
    ("__main__", "cli"): "`python -m pydist` is the command line",
}

PROMISED = {"jsonschema", "certifi", "tzdata"}
"""Core dependencies that nothing imports: documents can be held against their schemas, and the files of the last two go
into applications."""

NAMES = {"cyclonedx": "cyclonedx-python-lib", "packageurl": "packageurl-python"}
"""Packages whose modules have another name than the package."""

STANDARD_LIBRARY_ONLY = ROWS[-1]


def sources() -> list[Path]:
    """All modules of the package but those that run inside linked applications."""
    runtime = PACKAGE / "runtime" / "python"
    return sorted(path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(runtime))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that `path` imports, with its line, wherever in the file the statement stands."""
    package = path.relative_to(CHECKOUT).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            if module == "pydist":
                yield from ((node.lineno, f"pydist.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def part_of(module: str) -> str | None:
    """The entry of the table that a dotted name below `pydist` belongs to; None for the package itself."""
    names = module.split(".")
    return names[1] if len(names) > 1 and not names[1].startswith("__version") else None


def row_of(part: str) -> int:
    return next(index for index, row in enumerate(ROWS) if part in row)


def part_of_file(path: Path) -> str | None:
    relative = path.relative_to(PACKAGE).with_suffix("")
    return None if relative.parts == ("__init__",) else relative.parts[0]


def allowed(importer: str, imported: str) -> bool:
    return importer == imported or (importer, imported) in INSIDE or row_of(imported) > row_of(importer)


def test_every_module_of_the_package_has_its_place_in_the_table() -> None:
    placed = set().union(*ROWS, {"runtime"})
    found = {part for path in sources() if (part := part_of_file(path))}
    assert found <= placed, f"not in the table of directions: {sorted(found - placed)}"


def test_a_row_imports_only_to_its_right() -> None:
    wrong = []
    for path in sources():
        importer = part_of_file(path)
        for line, module in imports(path):
            imported = part_of(module) if module.split(".")[0] == "pydist" else None
            if importer and imported and not allowed(importer, imported):
                wrong.append(f"{path.relative_to(CHECKOUT)}:{line}: {importer} imports {imported}")
    assert not wrong, "\n".join(wrong)


def test_every_exception_inside_a_row_is_used() -> None:
    """An exception that nothing needs any more goes from the table."""
    crossings = {
        (part_of_file(path), part_of(module))
        for path in sources()
        for _, module in imports(path)
        if module.startswith("pydist.")
    }
    future = {("link", "repack")}  # `repack` is not there yet
    assert set(INSIDE) - future <= crossings


def test_only_the_command_line_knows_the_terminal() -> None:
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{node.lineno}"
        for path in sources()
        if part_of_file(path) != "cli"
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    # Scripts that a child interpreter runs speak through their standard output.
    wrong = [place for place in wrong if "_worker" not in place and "_probe" not in place]
    assert not wrong, f"print() outside pydist/cli: {wrong}"


def test_the_leaves_import_the_standard_library_only() -> None:
    wrong = [
        f"{path.name}:{line}: {module}"
        for path in sources()
        if part_of_file(path) in STANDARD_LIBRARY_ONLY
        for line, module in imports(path)
        if module.split(".")[0] not in sys.stdlib_module_names | {"pydist"}
    ]
    assert not wrong


def test_what_runs_inside_applications_imports_the_standard_library_only() -> None:
    """`_pydist_image` is the run time's own built-in module, in C."""
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{line}: {module}"
        for path in sorted((PACKAGE / "runtime" / "python").rglob("*.py"))
        for line, module in imports(path)
        if module.split(".")[0] not in sys.stdlib_module_names | {"_pydist", "_pydist_image"}
    ]
    assert not wrong


def test_third_party_imports_and_declared_dependencies_are_the_same() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {Requirement(line).name for line in project["dependencies"]}
    extras = {Requirement(line).name for lines in project["optional-dependencies"].values() for line in lines}
    modules = {module.split(".")[0] for path in sources() for _, module in imports(path)}
    used = {NAMES.get(module, module) for module in modules - sys.stdlib_module_names - {"pydist"}}
    assert used - extras == declared - PROMISED, "imported and not declared, or the reverse"


@pytest.mark.parametrize(
    ("importer", "imported", "right"),
    [
        ("cli", "link", True),
        ("link", "repack", True),
        ("repack", "link", False),
        ("validate", "link", False),
        ("fetch", "sources", True),
        ("fetch", "link", False),
        ("binary", "archive", False),
        ("manifest", "binary", True),
        ("store", "errors", True),
        ("errors", "target", False),
    ],
)
def test_the_table_says_what_it_should(importer: str, imported: str, right: bool) -> None:
    assert allowed(importer, imported) is right
