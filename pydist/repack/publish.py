"""Results get their names: the archive and its debug files all together, or none of them.

Invariant: nothing that was there is touched before everything is written beside its place; where a name cannot be
given, those given before are taken back.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydist.errors import InputError

__all__ = ["debug_files", "staged"]


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A file of the same name in a folder beside `path`, so that what judges it sees its name."""
    folder = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:80]}.", dir=path.parent))
        yield folder / path.name
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; name another place with --output") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def debug_files(made: Path, target: Path | None) -> Iterator[None]:
    """The files of the folder `made`, if there are any, are in `target` in the block, and stay when it ends well.

    Raises `InputError` where they cannot be written.
    """
    if target is None or not made.is_dir():
        yield
        return
    with ExitStack() as always:
        try:
            target.mkdir(parents=True, exist_ok=True)
            beside = tempfile.TemporaryDirectory(prefix=".pydist-", dir=target, ignore_cleanup_errors=True)
            fresh = Path(always.enter_context(beside), "fresh")
            shutil.copytree(made, fresh)
            undo = always.enter_context(ExitStack())
            for path in sorted(path for path in fresh.rglob("*") if path.is_file()):
                _name(path, target / path.relative_to(fresh), undo)
        except OSError as error:
            where, reason = error.filename2 or error.filename or target, error.strerror or error
            raise InputError(f"{where}: cannot be written: {reason}; name another folder with --debug-files") from error
        yield
        undo.pop_all()


def _name(fresh: Path, place: Path, undo: ExitStack) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_file():
        kept = fresh.with_name(f"{fresh.name}.before")
        place.rename(kept)
        undo.callback(kept.replace, place)
        fresh.rename(place)
    else:
        fresh.rename(place)
        undo.callback(place.unlink)
