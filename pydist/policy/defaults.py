"""What is built and linked when nobody says anything else."""

from __future__ import annotations

__all__ = ["NATIVE_TARGET", "PYTHON", "TARGET"]

PYTHON = "3.14"
TARGET = "x86_64-unknown-linux-musl"

NATIVE_TARGET = "x86_64-unknown-linux-gnu"
"""What an application is linked for whose packages have native code only."""
