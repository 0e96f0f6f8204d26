"""What is to be adopted: a prefix, an interpreter, or an archive, and the Python that it is.

Invariant: nothing is run before its header says that it is a program for a target that pydist knows; what is no CPython
is refused with what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydist.adopt.ask import Answer, NotAdoptable, ask
from pydist.adopt.other import head_of, is_program, program_bytes, what_archive, what_folder
from pydist.archive.extract import extract
from pydist.binary.elf import ElfFile
from pydist.binary.kind import Kind
from pydist.errors import InputError
from pydist.repack.naming import tree_of
from pydist.target import Os, Target
from pydist.trial.machine import emulator_for
from pydist.validate.binary_facts import examine
from pydist.validate.documents import SAYING, read_document
from pydist.validate.identity import clue, learn
from pydist.validate.inputs import find as find_input

__all__ = ["Installed", "find", "target_of"]

_LARGEST_TEXT = 1 << 20
_PROGRAMS = ("bin/python3.[0-9]", "bin/python3.[0-9][0-9]", "bin/python3.[0-9][0-9]t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A CPython. `prefix` is its `sys.base_prefix`, `program` its interpreter, `starter` what runs it here.

    `system` is the root of the system that has the libraries it needs: `/`, or a folder with another system in it.
    `packed`: it was in an archive, so that everything in the prefix belongs to it. `notes` is what there is to say.
    """

    prefix: Path
    program: Path
    target: Target
    static: bool
    starter: tuple[str, ...]
    system: Path
    packed: bool
    answer: Answer
    notes: tuple[str, ...] = ()


def find(path: Path, work: Path) -> Installed:
    """The CPython that `path` is or has; `work` is a folder that archives are unpacked to. Its interpreter is run.

    Raises `NotAdoptable` for everything else.
    """
    if not path.exists():
        raise NotAdoptable(f"{path}: no such file or folder")
    if path.is_dir():
        return _installed(path, path, work)
    if is_program(head_of(path)):
        return _of_program(path.resolve(), work)
    tree = work / "unpacked"
    try:
        extract(path, tree)
    except InputError as error:
        if what := what_archive(path):
            raise NotAdoptable(f"{path}: {what}") from error
        raise
    return replace(_installed(tree_of(tree), path, work), packed=True)


def target_of(program: Path) -> tuple[Target, bool]:
    """What `program` runs on, and whether it is linked statically; then documents of its prefix tell C libraries apart.

    Raises `NotAdoptable` for what is no program, or one for a platform that pydist does not know.
    """
    data = program_bytes(program)
    found = clue(Kind.ELF, data)
    library = program.parent.parent.glob("lib/python3*/*")
    documents = [item for item in library if SAYING.fullmatch(item.name)]
    said = {
        f"lib/{item.name}": read_document(item.name, item.read_bytes())
        for item in documents
        if item.is_file() and item.stat().st_size <= _LARGEST_TEXT
    }
    name = "bin/python3"
    identity = learn(said=said, clues={} if found is None else {name: found},
                     binaries={name: examine(Kind.ELF, data)}, resolved={})  # fmt: skip
    target = identity.target
    if target is None or target.os is not Os.LINUX:
        raise NotAdoptable(f"{program}: its header does not say which platform it is for; expected Linux")
    return target, "static" in identity.words


def _installed(folder: Path, given: Path, work: Path) -> Installed:
    if (folder / "PYTHON.json").exists() or (folder / "python" / "PYTHON.json").exists():
        raise NotAdoptable(f"{given} has a PYTHON.json: it is a distribution already; `pydist repack` makes another")
    root = find_input(folder, whole=True).path.resolve()
    program = next(_interpreters(root), None)
    if program is None:
        raise NotAdoptable(f"{given}: {what_folder(root)}")
    made = _of_program(program, work)
    if made.prefix != root:
        raise NotAdoptable(f"the interpreter in {given} belongs to {made.prefix}; give that prefix, or the interpreter")
    lead = (f"{given} leads to {root}, which was adopted",) if root.name != "python" and root != given.resolve() else ()
    return replace(made, notes=(*lead, *made.notes))


def _interpreters(root: Path) -> Iterator[Path]:
    """`bin/python3` first, then the newest."""
    named = [item for pattern in _PROGRAMS for item in root.glob(pattern)]
    for item in (root / "bin" / "python3", *sorted(named, key=lambda item: (len(item.name), item.name), reverse=True)):
        if item.is_file():
            yield item.resolve()


def _of_program(program: Path, work: Path) -> Installed:
    loader = ElfFile.parse(program_bytes(program)).interp
    target, static = target_of(program)
    system = _system_of(program, loader) if loader else Path("/")
    own = system == Path("/")
    starter = emulator_for(target, static=static) if own else _starter(system, loader or "")
    folder = work / "run"
    folder.mkdir(exist_ok=True)
    answer = ask(program, starter, folder)
    root = Path(answer.prefix).resolve()
    if root != Path(answer.exec_prefix).resolve():
        raise NotAdoptable(f"{program} has two prefixes, {root} and {answer.exec_prefix}; expected one")
    for key in ("stdlib", "platstdlib"):
        if not Path(answer.paths.get(key, "/")).resolve().is_relative_to(root):
            raise NotAdoptable(f"{program}: {key} is {answer.paths.get(key)}, expected a folder below {root}")
    if not program.is_relative_to(root):
        raise NotAdoptable(f"{program} is not in {root}, which it says it belongs to; it would not move with it")
    notes = () if own else (f"libraries and loader are those of the system in {system}",)
    return Installed(prefix=root, program=program, target=target, static=static, starter=starter, system=system,
                     packed=False, answer=answer, notes=notes)  # fmt: skip


def _system_of(program: Path, loader: str) -> Path:
    """The folder with the system that has the loader which the program wants: `/`, or one with another system in it."""
    found = [item for item in program.parents if (item / loader.lstrip("/")).exists()]
    # Where /lib64 is a link to /usr/lib64, /usr has the loader, too, and is no system of its own.
    inner = [(item / loader.lstrip("/")).resolve() for item in found[:1]]
    return next((item for item in reversed(found) if [(item / loader.lstrip("/")).resolve()] == inner), Path("/"))


def _starter(system: Path, loader: str) -> tuple[str, ...]:
    """How a program of another system is started without entering it: by its own loader."""
    folders = [*system.glob("usr/lib/*-linux-*"), *system.glob("lib/*-linux-*")]
    folders += [system / name for name in ("usr/lib64", "lib64", "usr/lib", "lib")]
    paths = dict.fromkeys(str(item.resolve()) for item in folders)
    return (str(system / loader.lstrip("/")), "--library-path", ":".join(paths))
