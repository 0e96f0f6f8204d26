"""Rules about each PE file by itself, and about PDBs; what it needs of others is in `pe_loading`.

What packages bring is theirs: of their files it is judged only whether they are made for the target. Programs that are
there to be copied, for whichever processor, are not judged at all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.binary.pe import Characteristic, DllCharacteristic, Machine, Pdb, Subsystem
from pydist.target import Arch, Os, Target
from pydist.validate.facts import Facts
from pydist.validate.families import pe_loading
from pydist.validate.pe_facts import PeFacts
from pydist.validate.report import Finding, found
from pydist.validate.systems import windows

__all__ = ["judge"]

_MACHINES = {Arch.X86_64: (Machine.AMD64,), Arch.I686: (Machine.I386,), Arch.AARCH64: (Machine.ARM64, Machine.ARM64X)}
_PACKAGES = "-packages/"
_EITHER = (Subsystem.WINDOWS_GUI, Subsystem.WINDOWS_CUI)
_SUBSYSTEMS = (
    (re.compile(r"(pythonw(\d[\d.]*t?)?|venvwlaunchert?|pyw)(_d)?\.exe", re.ASCII), _EITHER[:1]),
    (re.compile(r"(python(\d[\d.]*t?)?|venvlaunchert?|py)(_d)?\.exe", re.ASCII), _EITHER[1:]),
)
_PYTHON = re.compile(r"pythonw?(\d[\d.]*t?)?(_d)?\.exe", re.ASCII)
_ABSOLUTE = re.compile(r"[A-Za-z]:[\\/]|[\\/]", re.ASCII)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything wrong with PE files, objects for Windows and PDBs."""
    target = facts.target
    if target is None:
        return
    identities = _identities(facts)
    for name, file in facts.files.items():
        binary = file.binary
        if binary is None or windows().is_template(name):
            continue
        for member, machine in binary.coff:
            yield from _machine(f"{name}({member[:80]})" if member else name, machine, target)
        if binary.pe is None:
            continue
        yield from _machine(name, binary.pe.machine, target)
        if target.os is Os.WINDOWS and _PACKAGES not in name:
            yield from _file(name, binary.pe, facts)
            yield from _pdb(name, binary.pe.pdb, identities)
    if target.os is Os.WINDOWS:
        yield from pe_loading.judge(facts)


def _identities(facts: Facts) -> dict[str, dict[str, int]]:
    """The GUIDs of PDBs with their ages, by the name of the file."""
    made: dict[str, dict[str, int]] = defaultdict(dict)
    for name, file in facts.files.items():
        if file.binary is not None and file.binary.pdb is not None:
            pdb, known = file.binary.pdb, made[_last(name)]
            known[pdb.guid] = max(pdb.age, known.get(pdb.guid, 0))
    return made


def _machine(where: str, machine: int, target: Target) -> Iterator[Finding]:
    if target.os is not Os.WINDOWS:
        yield found("pe.machine", where, f"code for Windows, which {target} cannot use")
    elif machine not in (expected := _MACHINES.get(target.arch, ())):
        wanted = " or ".join(f"{int(item):#x}" for item in expected)
        yield found("pe.machine", where, f"machine {machine:#x}, expected {wanted or 'none'} for {target}")


def _file(name: str, pe: PeFacts, facts: Facts) -> Iterator[Finding]:
    yield from _type(name, pe)
    # Windows checks where the program asks for it; of all else libpython has most of such calls.
    core = name in (facts.resolve(facts.interpreter or ""), facts.resolve(facts.library or ""))
    yield from _hardening(name, pe, core)
    yield from _system(name, pe, facts)
    if pe.checksum and pe.checksum != pe.summed:
        yield found("pe.checksum", name, f"its header says {pe.checksum:#x}, its bytes make {pe.summed:#x}")
    if pe.certified is False:
        yield found("pe.signature", name, "has a certificate that was made for other bytes")


def _type(name: str, pe: PeFacts) -> Iterator[Finding]:
    program = name.lower().endswith((".exe", ".com"))
    if Characteristic.EXECUTABLE_IMAGE not in pe.characteristics:
        yield found("pe.type", name, "is not marked as linked: the loader refuses it")
    elif pe.is_dll is program:
        yield found("pe.type", name, f"is {'a library' if pe.is_dll else 'a program'}, which its name does not say")


def _hardening(name: str, pe: PeFacts, core: bool) -> Iterator[Finding]:
    flags = pe.dll_characteristics
    for section in pe.writable_code:
        yield found("pe.writable-code", name, f"section {shown(section)} is writable and executable")
    if DllCharacteristic.DYNAMIC_BASE not in flags:
        yield found("pe.aslr", name, "is loaded at the same address each time")
    if Characteristic.RELOCS_STRIPPED in pe.characteristics:
        yield found("pe.relocations", name, "has no relocations, so that it can be loaded at one address only")
    wanted = {"high entropy": DllCharacteristic.HIGH_ENTROPY_VA in flags,
              "large addresses": Characteristic.LARGE_ADDRESS_AWARE in pe.characteristics}  # fmt: skip
    if pe.bits == 64 and not all(wanted.values()):
        lacking = " and ".join(word for word, there in wanted.items() if not there)
        yield found("pe.high-entropy", name, f"is not marked for {lacking}")
    if DllCharacteristic.NX_COMPAT not in flags:
        yield found("pe.dep", name, "is not marked as working where data is never executed")
    if not pe.code:
        return  # a library that only passes on what others have
    if DllCharacteristic.GUARD_CF in flags and not pe.guarded:
        yield found("pe.control-flow", name, "asks for checks of indirect calls without a table of their targets")
    elif core and not pe.guarded:
        yield found("pe.control-flow", name, "does not check the targets of indirect calls")
    if pe.load_config is None or not pe.load_config.security_cookie:
        yield found("pe.stack-cookie", name, "has no security cookie")
    safe = DllCharacteristic.NO_SEH in flags or (pe.load_config is not None and pe.load_config.safe_handlers)
    if pe.machine == Machine.I386 and not safe:
        yield found("pe.safe-handlers", name, "does not list its exception handlers")


def _system(name: str, pe: PeFacts, facts: Facts) -> Iterator[Finding]:
    wanted = next((wanted for pattern, wanted in _SUBSYSTEMS if pattern.fullmatch(_last(name))), _EITHER)
    if pe.subsystem not in wanted:
        expected = " or ".join(f"{int(item)} ({item.name})" for item in wanted)
        yield found("pe.subsystem", name, f"subsystem {pe.subsystem}, expected {expected}")
    lacking = [word for word, there in (("long paths", pe.long_paths), ("Windows 10", pe.windows_10)) if not there]
    beside = name.rpartition("/")[0] == facts.resolve(facts.interpreter or "").rpartition("/")[0]
    if beside and lacking and _PYTHON.fullmatch(_last(name)):
        yield found("pe.manifest", name, f"does not say that it works with {' and '.join(lacking)}")
    oldest = windows().oldest_for(facts.series)
    if pe.system > oldest:
        text = f"needs Windows {_dotted(pe.system)}, but Python {facts.series[:20]} runs on {_dotted(oldest)}"
        yield found("pe.minimum-os", name, text)


def _pdb(name: str, pdb: Pdb | None, identities: dict[str, dict[str, int]]) -> Iterator[Finding]:
    if pdb is None:
        return
    if _ABSOLUTE.match(pdb.path):
        yield found("pe.pdb-path", name, f"says that its PDB is at {shown(pdb.path)}")
    there = identities.get(_last(pdb.path.replace("\\", "/")), {})
    if there and there.get(pdb.guid, -1) < pdb.age:
        guid, age = next(iter(there.items()))
        text = f"was linked with {pdb.guid}, age {pdb.age}; the PDB of its name is {guid}, age {age}"
        yield found("pe.pdb", name, text)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _last(name: str) -> str:
    return name.rpartition("/")[2].lower()
