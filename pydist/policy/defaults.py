"""What is built and linked when nobody says anything else."""

from __future__ import annotations

__all__ = ["PYTHON", "TARGET"]

PYTHON = "3.14"
TARGET = "x86_64-unknown-linux-musl"
