"""Facts about what a build finds out before it begins."""

from __future__ import annotations

import pytest

from pydist.build.build import check_level
from pydist.build.request import BuildRequest
from pydist.errors import EnvironmentLacking


def test_a_processor_that_lacks_the_level_of_the_target_is_found_out_before_anything_is_built() -> None:
    request = BuildRequest.parse(python="3.14", target="x86_64_v3-unknown-linux-gnu")
    with pytest.raises(EnvironmentLacking, match=r"level x86-64-v3.*level v2"):
        check_level(request, 2)
    check_level(request, 3)
    check_level(BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-gnu"), 1)
    check_level(BuildRequest.parse(python="3.14", target="aarch64-unknown-linux-gnu"), 1)


@pytest.mark.parametrize("cpu", ["x86_64", "x86_64_v3"])
def test_programs_for_glibc_need_its_loader_which_a_machine_with_another_library_lacks(cpu: str) -> None:
    request = BuildRequest.parse(python="3.14", target=f"{cpu}-unknown-linux-gnu")
    assert request.target.to_run(request.options) == {"/lib64/ld-linux-x86-64.so.2": "libc6"}
