"""What the report says of an application, and what is refused for it."""

from __future__ import annotations

import pytest

from pydist.errors import InputError
from pydist.link.collect import Collected
from pydist.link.describe import check_memory


def test_a_file_that_must_be_on_a_disk_is_refused_where_none_may() -> None:
    check_memory(Collected(files=(), modules=(), owner={}, notes=()))
    tree = Collected(files=(), modules=(), owner={"lib/odd.so": "odd 1"}, notes=(), unpacked=("lib/odd.so",))
    with pytest.raises(InputError, match=r"--strict-memory demands.*\n  lib/odd\.so: of odd 1"):
        check_memory(tree)
