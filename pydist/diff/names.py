"""Which names of two distributions mean the same file: equal ones, and those that differ by a version or a tag alone.

Invariant: no name has two partners, and exchanging both sides exchanges the pairs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

__all__ = ["pairs", "unversioned"]

_VERSION = re.compile(r"(?<![0-9.])3\.[0-9]{1,3}(?:\.[0-9]{1,3})?(?:(?:a|b|rc)[0-9]{1,3})?t?d?(?![0-9A-Za-z])")
_SHORT = re.compile(r"(?<=python)3[0-9]{1,2}t?(?=[._])")
_TAG = re.compile(r"cpython-3[0-9]{1,3}t?d?(?:-[a-z0-9_]+(?:-[a-z0-9_]+)*)?")
_MACHINE = r"(?:x86_64|i[3-6]86|aarch64|arm|powerpc64le|riscv64|s390x|loongarch64|mips[a-z0-9]*)"
_PLATFORM = re.compile(rf"(?<![a-z0-9]){_MACHINE}-linux-[a-z]+")
_FLAGS = re.compile(r"(?<=/_sysconfig)(data|_vars)_[td]{0,2}(?=_)")


def pairs(first: Iterable[str], second: Iterable[str]) -> list[tuple[str | None, str | None]]:
    """Every name of both with its partner, or None where it has none; ordered by name."""
    one, other = set(first), set(second)
    common = one & other
    left, right = _by_form(one - common), _by_form(other - common)
    found: list[tuple[str | None, str | None]] = [(name, name) for name in common]
    found += [(left.get(form), right.get(form)) for form in left.keys() & right.keys()]
    paired = {name for pair in found for name in pair}
    found += [(name, None) for name in one - paired]
    found += [(None, name) for name in other - paired]
    return sorted(found, key=lambda pair: (pair[0] or pair[1] or "", pair[1] or ""))


def unversioned(name: str) -> str:
    """`name` without what tells versions and builds of Python apart.

    >>> unversioned("install/lib/python3.14/lib-dynload/_ssl.cpython-314-x86_64-linux-gnu.so")
    'install/lib/python*/lib-dynload/_ssl.cpython-*.so'
    """
    name = _FLAGS.sub(r"\1_", _PLATFORM.sub("*", _TAG.sub("cpython-*", name)))
    return _SHORT.sub("*", _VERSION.sub("*", name))


def _by_form(names: Iterable[str]) -> dict[str, str]:
    """Names by what they are without versions; of those that are then alike, none."""
    forms = {name: unversioned(name) for name in names}
    count = Counter(forms.values())
    return {form: name for name, form in forms.items() if count[form] == 1}
