"""What the report says of an application, and what is refused for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pydist.errors import InputError
from pydist.link.collect import Collected
from pydist.link.describe import check_memory, licence_facts
from tests.support.contents import CONTENTS


def test_a_file_that_must_be_on_a_disk_is_refused_where_none_may() -> None:
    check_memory(Collected(files=(), modules=(), owner={}, notes=()))
    tree = Collected(files=(), modules=(), owner={"lib/odd.so": "odd 1"}, notes=(), unpacked=("lib/odd.so",))
    with pytest.raises(InputError, match=r"--strict-memory demands.*\n  lib/odd\.so: of odd 1"):
        check_memory(tree)


def test_copyleft_and_unknown_licences_are_named_with_whom_they_are_of() -> None:
    packages = tuple(
        replace(CONTENTS.packages[0], name=name, license=text)
        for name, text in (
            ("a", "MPL-2.0"),
            ("b", "MIT OR GPL-2.0-only"),
            ("c", ""),
            ("d", "MPL-2.0 AND LGPL-3.0-only"),
        )
    )
    facts = licence_facts(replace(CONTENTS, packages=packages))
    assert facts.copyleft == {"LGPL-3.0-only": ("d",), "MPL-2.0": ("a", "d")}
    assert facts.unknown == ("musl", "odd", "c")
