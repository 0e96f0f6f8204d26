"""What to do about an import that cannot succeed: words to paste.

Invariant: an advice names what was found in the application or in the table, and never asks the registry.
"""

from __future__ import annotations

import email.parser
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydist.link.assemble import Parts
from pydist.link.names import normalise
from pydist.link.part import Part
from pydist.policy.table import read_toml

__all__ = ["advice"]

_TABLE = Path(__file__).with_name("import_names.toml")


@cache
def _names() -> dict[str, str]:
    return {name: str(text) for name, text in read_toml(_TABLE).items()}


def advice(module: str, owner: str, parts: Parts, beside: Path | None) -> str:
    """How the application comes to have `module`, which a file of the part `owner` imports; `beside` is the folder of a
    script."""
    top = module.partition(".")[0]
    silence = f'or, if it starts without it: --allow-missing {module} (allow-missing = ["{module}"])'
    if beside is not None and owner == parts.own.name:
        for place, pattern in ((f"{top}.py", f"{top}.py"), (top, f"{top}/*")):
            if (beside / place).exists():
                return f"stands beside the script and is not included: include = ['{pattern}'] in its [tool.pydist]"
    part = next((part for part in parts.packages if part.name == owner), None)
    if "." in module:
        brought = f" of {part.facts['name']} {part.facts['version']}" if part else ""
        return f"no such module in this release{brought}: another may have it (--with 'NAME<VERSION'), {silence}"
    wanted = _names().get(top, top)
    extra = next(_extras(part, wanted), None) if part else None
    ways = f"--with '{extra}' or --with {_quoted(wanted)}" if extra else f"--with {_quoted(wanted)}"
    return f'add its package: {ways} (with = ["{wanted}"]), {silence}'


def _quoted(requirement: str) -> str:
    return f"'{requirement}'" if re.search(r"[<>=!\[]", requirement) else requirement


def _extras(part: Part, wanted: str) -> Iterator[str]:
    """The extras of a package that would bring `wanted` (`uvicorn[standard]`)."""
    from packaging.requirements import InvalidRequirement, Requirement

    data = next((file.data for file in part.files if file.path == f"{part.facts.get('info')}/METADATA"), b"")
    fields = email.parser.HeaderParser().parsestr(bytes(data).decode("utf-8", "replace"))
    for text in fields.get_all("Requires-Dist", []):
        try:
            requirement = Requirement(str(text))
        except InvalidRequirement:
            continue
        extra = re.search(r"extra == ['\"]([\w.-]+)['\"]", str(requirement.marker or ""))
        if extra and normalise(requirement.name) == normalise(Requirement(wanted).name):
            yield f"{part.facts['name']}[{extra[1]}]"
