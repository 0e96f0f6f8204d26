"""What `venv` does in an application: an environment needs an interpreter that is a file, and there is none.

Invariant: nothing but `venv` itself imports this.
"""

from __future__ import annotations

__all__ = ["install"]


def install() -> None:
    """Called when `venv` is imported. It would copy an empty file, or link to what the kernel does not see."""
    import functools
    import sys
    import venv

    own, create = sys._base_executable, venv.EnvBuilder.create  # type: ignore[attr-defined]

    @functools.wraps(create)
    def refuse(self: venv.EnvBuilder, env_dir: str) -> None:
        if sys._base_executable == own:  # type: ignore[attr-defined]
            raise RuntimeError(
                "a linked application cannot make virtual environments: its Python is inside of its file"
            )
        create(self, env_dir)

    venv.EnvBuilder.create = refuse  # type: ignore[method-assign]
