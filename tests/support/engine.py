"""What tests need of a Docker engine."""

from __future__ import annotations

import os

import pytest

from pydist.policy import engine

__all__ = ["REQUIRED", "needs_engine"]

REQUIRED = "PYDIST_TEST_ENGINE"
"""With this variable set to `required`, as CI does, tests without an engine fail and are not skipped."""

needs_engine = pytest.mark.skipif(
    os.environ.get(REQUIRED) != "required" and engine.look() is None,
    reason="no Docker engine answers on this machine",
)
