"""What `inspect --licences` prints: who has which licence, what is copyleft, and the texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pydist.cli.terminal import plain
from pydist.link.describe import licence_facts
from pydist.link.inspect import licence_texts
from pydist.link.licences import judge
from pydist.link.report import Contents, LibraryFacts, PackageFacts

__all__ = ["licences"]


def licences(contents: Contents, path: Path, *, texts: bool) -> Iterator[Table | str]:
    """The table, a summary, and the texts where they are asked for."""
    items: list[LibraryFacts | PackageFacts] = [*contents.interpreter.libraries, *contents.packages]
    table = Table("what", "version", "licence", "", "texts", "", box=None, pad_edge=False)
    table.columns[2].overflow = "fold"
    for item in items:
        verdict = judge(item.license)
        mark = "copyleft" if verdict.copyleft else "not known" if verdict.unknown else ""
        about = item.description if isinstance(item, LibraryFacts) else ""
        cells = (
            item.name,
            item.version,
            item.license or "not stated",
            mark,
            str(len(item.license_texts) or "none"),
            about,
        )
        table.add_row(*(Text(plain(cell)) for cell in cells))
    yield table
    facts = licence_facts(contents)
    for name, owners in facts.copyleft.items():
        yield f"copyleft: {name}: {', '.join(owners)}"
    if facts.unknown:
        yield f"not known: {', '.join(facts.unknown)}"
    if texts:
        for place, text in licence_texts(path).items():
            whose = ", ".join(item.name for item in items if place in item.license_texts)
            yield f"\n{'=' * 80}\n{whose}: {place}\n{'=' * 80}\n{text.rstrip()}"
