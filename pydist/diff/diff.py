"""`diff`: the facts and verdicts of both distributions, then what differs, then contents that are asked for.

Invariant: each input is read once, and once more for contents; the facts of the first are gone before the second is
read, so that two need hardly more memory than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydist.archive.contents import contents
from pydist.archive.paths import shown
from pydist.diff.compare import compare
from pydist.diff.names import pairs
from pydist.diff.report import DiffReport, Shown
from pydist.diff.show import show as show_content
from pydist.diff.side import INSTALL, Side, side_of
from pydist.errors import InputError
from pydist.progress import Reporter, Silent
from pydist.validate.gather import gather
from pydist.validate.judge import judge
from pydist.validate.rules import choose

__all__ = ["diff"]

_CLOSE = 5


def diff(
    first: Path,
    second: Path,
    *,
    rules: frozenset[str] | None = None,
    show: Sequence[str] = (),
    reporter: Reporter | None = None,
) -> DiffReport:
    """What differs between two distributions: full archives, `install_only` ones, folders or installed Pythons.

    `rules` are those whose verdicts are compared (default all but the ones that run the interpreter), `show` names
    files below `python/` whose contents are compared too. Nothing of the distributions is run.
    Raises `InputError` for what cannot be opened, is damaged, or is no distribution, and for names that neither has.
    """
    teller = reporter or Silent()
    wanted = choose() if rules is None else rules
    one, other = _side(first, wanted, teller), _side(second, wanted, teller)
    names = [_pair(one, other, name) for name in show]
    report = compare(one, other)
    return replace(report, shown=tuple(_shown(one.where, other.where, names))) if names else report


def _side(path: Path, rules: frozenset[str], reporter: Reporter) -> Side:
    facts = gather(path, reporter)
    return side_of(facts, judge(path, facts, rules=rules))


def _pair(first: Side, second: Side, name: str) -> tuple[str | None, str | None]:
    """The names in both of the file that is called `name` in one of them, also with `python/` as in archives."""
    names = pairs(first.files, second.files)
    for wanted in (name, name.removeprefix("python/")):
        for one, other in names:
            if wanted in (one, other):
                return one, other
    close = [path for path in (*first.files, *second.files) if path.endswith(f"/{name.rpartition('/')[2]}")]
    raise InputError(
        f"{name!r} is in neither; expected the path of a file below python/, as in the list of what differs"
        + (f", such as {', '.join(map(shown, dict.fromkeys(close[:_CLOSE])))}" if close else "")
    )


def _shown(first: Path, second: Path, names: Sequence[tuple[str | None, str | None]]) -> list[Shown]:
    before = _contents(first, [one for one, _ in names if one is not None])
    after = _contents(second, [other for _, other in names if other is not None])
    rows = []
    for one, other in names:
        path = one or other or ""
        absent = [where for where, name, found in (("first", one, before), ("second", other, after))
                  if name is not None and name not in found]  # fmt: skip
        if absent:
            lines: tuple[str, ...] = (f"not a file that can be shown in the {' and the '.join(absent)}",)
        else:
            lines = show_content(path, None if one is None else before[one], None if other is None else after[other])
        rows.append(Shown(path=path, lines=lines))
    return rows


def _contents(path: Path, names: Sequence[str]) -> dict[str, bytes]:
    """By names of a full archive; `install_only` archives have them without `install/`."""
    bare = {name: name.removeprefix(f"{INSTALL}/") for name in names}
    found = contents(path, {*names, *bare.values()})
    return {name: found[at] for name in names if (at := name if name in found else bare[name]) in found}
