"""The Dockerfiles agree with the tables."""

from __future__ import annotations

from pydist.policy import needs
from pydist.policy.needs import NeedKind
from pydist.policy.resources import containers


def test_the_build_container_installs_every_debian_package_that_building_needs() -> None:
    text = (containers() / "build.Dockerfile").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if "apt-get install" in line]
    needed = {need.package for need in needs.load() if need.kind is NeedKind.COMMAND and "build" in need.verbs}
    assert needed <= set(line.split())
