"""The Dockerfiles agree with the tables."""

from __future__ import annotations

import re

from pydist.policy import needs
from pydist.policy.needs import NeedKind
from pydist.policy.resources import containers


def test_the_build_container_installs_every_debian_package_that_building_needs() -> None:
    text = (containers() / "build.Dockerfile").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if "apt-get install" in line]
    needed = {need.package for need in needs.load() if need.kind is NeedKind.COMMAND and "build" in need.verbs}
    assert needed <= set(line.split())


def test_the_base_of_the_box_is_pinned_by_digest() -> None:
    text = (containers() / "base.Dockerfile").read_text(encoding="utf-8")
    (line,) = re.findall(r"^FROM .*$", text, re.MULTILINE)
    assert re.fullmatch(r"FROM debian:12-slim@sha256:[0-9a-f]{64}", line)


def test_the_box_is_made_of_what_is_given_and_fetches_nothing() -> None:
    text = (containers() / "box.Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM .*$", text, re.MULTILINE) == ["FROM ${BASE}"]
    assert not re.search(r"apt|curl|wget|pip|https?:", "".join(line for line in text.splitlines() if line[:1] != "#"))


def test_both_images_are_made_of_the_same_system() -> None:
    base, build = ((containers() / f"{name}.Dockerfile").read_text(encoding="utf-8") for name in ("base", "build"))
    (pinned,) = re.findall(r"^FROM (.*)$", base, re.MULTILINE)
    assert re.findall(r"^ARG BASE=(.*)$", build, re.MULTILINE) == [pinned]
