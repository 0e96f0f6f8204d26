"""What packages say of their licences: as SPDX expressions where that is known, and what is copyleft in them.

Source: PEP 639, "SPDX license expressions" of the SPDX specification. Invariant: a licence is called copyleft when
there is no choice of another by OR, and unknown unless every part of what is said is an identifier or in the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydist.policy.table import read_toml

__all__ = ["Verdict", "canonical", "is_licence_text", "judge", "stated"]

_TABLE = Path(__file__).with_name("licences.toml")
_TEXT = re.compile(r"(?:un)?licen[cs]es?\b|copying\b|copyright\b|notice\b", re.IGNORECASE)
_CODE = (".py", ".pyc", ".pyi", ".so", ".h", ".c", ".json", ".html", ".js", ".css")
_PREFIX = re.compile(r"^License :: (?:.* :: )?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The identifiers in a licence that are copyleft, sorted, and whether a part of it is not known."""

    copyleft: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    copyleft: tuple[str, ...]
    exceptions: tuple[str, ...]
    names: dict[str, str]


@cache
def _table() -> _Table:
    values = read_toml(_TABLE)
    names = {_key(name): str(text) for name, text in values["names"].items()}
    return _Table(tuple(values["copyleft"]), tuple(values["exceptions"]), names)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9.+]+", " ", name.lower()).strip()


def is_licence_text(path: str) -> bool:
    """Whether a package's file is the text of a licence, by its name.

    >>> is_licence_text("a-1.dist-info/licenses/AUTHORS"), is_licence_text("a/_vendor/LICENSE.txt")
    (True, True)
    >>> is_licence_text("a/license.py"), is_licence_text("a/notices/x.txt")
    (False, False)
    """
    folder, _, name = path.rpartition("/")
    if ".dist-info/licenses" in folder:
        return True
    return bool(_TEXT.match(name)) and not name.endswith(_CODE)


def canonical(text: str) -> str:
    """The SPDX expression that `text` is, or stands for by the table; else "".

    >>> canonical("Apache License, Version 2.0"), canonical("mit and bsd-3-clause"), canonical("see COPYING")
    ('Apache-2.0', 'MIT AND BSD-3-Clause', '')
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    text = _PREFIX.sub("", text.strip())
    if known := _table().names.get(_key(text)):
        return known
    try:
        return str(canonicalize_license_expression(text)) if text else ""
    except InvalidLicenseExpression:
        return ""


def stated(expression: str, plain: str, classifiers: Sequence[str]) -> str:
    """What a package says, from the fields License-Expression and License and its classifiers: an SPDX expression where
    one of them is one, else words, of classifiers with `; ` between them."""
    plain = "" if plain.strip() == "UNKNOWN" else plain.strip()
    if found := expression or canonical(plain):
        return found
    names = [canonical(item) or _PREFIX.sub("", item) for item in classifiers]
    return "; ".join(dict.fromkeys(names)) or plain.split("\n")[0][:100]


def judge(text: str) -> Verdict:
    """What is copyleft in a licence as `stated` returns it. Of words with `; ` between them each counts, because
    classifiers do not say whether they hold together or there is a choice."""
    verdicts = [_judge_one(part) for part in text.split("; ")]
    return Verdict(_sorted(name for item in verdicts for name in item.copyleft), any(item.unknown for item in verdicts))


def _judge_one(text: str) -> Verdict:
    expression = canonical(text)
    if not expression:
        return Verdict(unknown=True)
    return Verdict(_any_of(re.findall(r"[()]|[^\s()]+", expression)))


def _any_of(tokens: list[str]) -> tuple[str, ...]:
    """The copyleft identifiers of the alternatives that `tokens` begins with: none when one of them has none."""
    choices = [_all_of(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        choices.append(_all_of(tokens))
    return () if () in choices else _sorted(name for choice in choices for name in choice)


def _all_of(tokens: list[str]) -> tuple[str, ...]:
    found = list(_one(tokens))
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        found += _one(tokens)
    return _sorted(found)


def _one(tokens: list[str]) -> tuple[str, ...]:
    first = tokens.pop(0)
    if first == "(":
        inner = _any_of(tokens)
        tokens.pop(0)
        return inner
    exception = ""
    if tokens and tokens[0] == "WITH":
        _, exception, *tokens[:] = tokens
    if not _matches(first, _table().copyleft) or _matches(exception, _table().exceptions):
        return ()
    return (f"{first} WITH {exception}" if exception else first,)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
