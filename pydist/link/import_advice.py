"""What to do about an import that cannot succeed: words to paste.

Invariant: an advice names what was found in the application or in the table, and never asks the registry.
"""

from __future__ import annotations

import email.parser
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pydist.link import standard_names
from pydist.link.assemble import Parts
from pydist.link.names import normalise
from pydist.link.part import Part
from pydist.policy.table import read_toml

__all__ = ["advice"]

_TABLE = Path(__file__).with_name("import_names.toml")


@cache
def _names() -> dict[str, str]:
    return {name: str(text) for name, text in read_toml(_TABLE).items()}


def advice(
    module: str, owner: str, parts: Parts, beside: Path | None, *, asked: Sequence[str] = (), dynamic: bool = False
) -> str:
    """How the application comes to have `module`, which a file of the part `owner` imports; `beside` is the folder of a
    script, `asked` are full names that the import may mean, and `dynamic` says that the application is for glibc."""
    top = module.partition(".")[0]
    silence = f'or, if it starts without it: --allow-missing {module} (allow-missing = ["{module}"])'
    if beside is not None and owner == parts.own.name:
        for place, pattern in ((f"{top}.py", f"{top}.py"), (top, f"{top}/*")):
            if (beside / place).exists():
                return f"stands beside the script and is not included: include = ['{pattern}'] in its [tool.pydist]"
    part = next((part for part in parts.packages if part.name == owner), None)
    wanted = next(filter(None, map(_package_of, (module, *asked))), "")
    standard = standard_names.load().advice(module, dynamic=dynamic)
    if standard and top not in _names():
        return f"{standard}, {silence}"
    if "." in module and not wanted:
        brought = f" of {part.facts['name']} {part.facts['version']}" if part else ""
        return f"no such module in this release{brought}: another may have it (--with 'NAME<VERSION'), {silence}"
    wanted = wanted or _names().get(top, top)
    if not wanted:
        return f"add the package that has {asked[-1] if asked else module} (--with NAME), {silence}"
    before = f"{standard}; a package stands in for it" if standard else "add its package"
    extra = next(_extras(part, wanted), None) if part else None
    ways = f"--with '{extra}' or --with {_quoted(wanted)}" if extra else f"--with {_quoted(wanted)}"
    return f'{before}: {ways} (with = ["{wanted}"]), {silence}'


def _package_of(module: str) -> str:
    """The package that the table has for `module`: of a namespace's parts (`google.protobuf`) each has its own."""
    first, dot, rest = module.partition(".")
    return _names().get(f"{first}.{rest.partition('.')[0]}", "") if dot else ""


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
