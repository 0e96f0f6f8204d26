"""What tests need of a Docker engine."""

from __future__ import annotations

import pytest

from pydist.policy import engine

__all__ = ["needs_engine"]

needs_engine = pytest.mark.skipif(engine.look() is None, reason="no Docker engine answers on this machine")
