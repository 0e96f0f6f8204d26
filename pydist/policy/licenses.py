"""Licences by their SPDX names: which expressions are right, and what a text must say to be the text of one.

Invariant: a text counts for a licence only when it has all phrases that `builders/licenses/phrases.toml` names for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from pydist.errors import FaultCollector
from pydist.policy import resources
from pydist.policy.table import Row, read_toml

__all__ = ["expression_fault", "identifiers", "missing_texts", "phrases", "spdx_text"]

_OPERATORS = {"AND", "OR", "WITH"}


def expression_fault(text: str) -> str | None:
    """What is wrong with an SPDX licence expression, or None.

    >>> expression_fault("LGPL-2.1-or-later WITH GCC-exception-2.0-note"), expression_fault("Zlib")
    (None, None)
    """
    try:
        canonical = canonicalize_license_expression(text)
    except InvalidLicenseExpression as error:
        return f"{text!r} is no SPDX expression: {error}"
    return None if canonical == text else f"{text!r} is not written as in SPDX: {canonical!r}"


def identifiers(expression: str) -> tuple[str, ...]:
    """The licences and exceptions in an expression, in order.

    >>> identifiers("MIT AND Apache-2.0 WITH LLVM-exception")
    ('MIT', 'Apache-2.0', 'LLVM-exception')
    """
    words = re.findall(r"[\w.+-]+", expression)
    return tuple(dict.fromkeys(word for word in words if word not in _OPERATORS))


@cache
def phrases() -> dict[str, tuple[str, ...]]:
    """What the text of each licence must say, by SPDX identifier. Raises `InputError` for a table that is not right."""
    path = resources.builders() / "licenses" / "phrases.toml"
    faults = FaultCollector(str(path))
    row = Row(values := read_toml(path), faults)
    table = {name: tuple(_plain(text) for text in row.texts(name)) for name in values}
    faults.raise_if_any("the table of licence texts is not right")
    return table


def missing_texts(expression: str, texts: Iterable[str]) -> tuple[str, ...]:
    """The identifiers of `expression` that none of `texts` is the text of."""
    plain = [_plain(text) for text in texts]
    table = phrases()

    def there(name: str) -> bool:
        wanted = table.get(name)
        return wanted is not None and any(all(phrase in text for phrase in wanted) for text in plain)

    return tuple(name for name in identifiers(expression) if not there(name))


def spdx_text(name: str) -> Path | None:
    """SPDX's text of a licence whose owner ships none, or None where pydist has not needed it yet."""
    path = resources.builders() / "licenses" / f"{name}.txt"
    return path if path.is_file() else None


def _plain(text: str) -> str:
    """Words only: upstreams break lines, indent and comment as they like."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))
