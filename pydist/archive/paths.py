"""Which names and links of an archive are safe to act on.

Invariant: a name that `check_name` returned, joined to a folder without symbolic links on the way, is inside that
folder; on Windows too, where it may not be possible (`archive.windows-name` of `pydist validate` says so). A link that
`link_escapes` clears cannot lead out of the root, whatever other cleared links are followed on the way.
"""

from __future__ import annotations

from pydist.errors import InputError

__all__ = ["UnsafeName", "check_name", "link_escapes", "name_fault", "shown"]

_LONGEST_NAME = 4096  # PATH_MAX of Linux
_LONGEST_PART = 255  # NAME_MAX of every file system in use


class UnsafeName(InputError):
    """A member name that could end up outside the folder it is unpacked into, or that cannot be a file name."""


def name_fault(name: str) -> str | None:
    """Say what is wrong with a member name, or None when it is safe."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    drive = bool(parts) and len(parts[0]) > 1 and parts[0][0].isalpha() and parts[0][1] == ":"
    checks = (
        (not parts, "is empty"),
        (name.startswith("/") or drive, "is absolute"),
        (".." in parts, "contains '..'"),
        (any(_is_dots(part) for part in parts), "has a part of full stops and spaces, which Windows takes for another"),
        *_character_checks(name),
        (any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts),
         f"has a part longer than {_LONGEST_PART} bytes"),
    )  # fmt: skip
    return next((fault for wrong, fault in checks if wrong), None)


def _is_dots(part: str) -> bool:
    """Windows leaves out full stops and spaces at the end of a name, and of `.. ` remains the way up."""
    return not part.strip(". ") and part not in (".", "..")


def _character_checks(text: str) -> tuple[tuple[bool, str], ...]:
    # Neither is printable; asking that first makes names without them, nearly all, a hundred times faster to check.
    odd = "" if text.isprintable() else text
    return (
        ("\\" in text, "contains a backslash, a separator on Windows"),
        (any(ord(char) < 32 or ord(char) == 127 for char in odd), "contains a control character"),
        (any(0xD800 <= ord(char) <= 0xDFFF for char in odd), "is not UTF-8"),
        (len(text) > _LONGEST_NAME, f"is longer than {_LONGEST_NAME} characters"),
    )


def check_name(name: str) -> str:
    """The safe, normal form of a member name (`./a//b/` becomes `a/b`).

    Raises `UnsafeName` for what is absolute, climbs, is empty or over-long, or has characters no name may have.

    >>> check_name("./python//PYTHON.json")
    'python/PYTHON.json'
    """
    if fault := name_fault(name):
        raise UnsafeName(f"the name {shown(name)} {fault}; expected a relative path inside the archive")
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def link_escapes(path: str, link: str) -> bool:
    """Whether the symbolic link `link`, standing at the safe name `path`, may lead out of the root.

    `..` is allowed in front only: the parents of `path` are folders, so climbing from there is exact, while climbing
    after a name may start from wherever another link leads (`a/b -> ..` makes `a/b/../x` leave the root).

    >>> link_escapes("bin/python", "../lib/python3"), link_escapes("bin/python", "../../etc/passwd")
    (False, True)
    """
    if not link or link.startswith("/") or any(wrong for wrong, _ in _character_checks(link)):
        return True
    depth = len([part for part in path.split("/") if part not in ("", ".")]) - 1
    parts = [part for part in link.split("/") if part not in ("", ".")]
    climbs = 0
    while climbs < len(parts) and parts[climbs] == "..":
        climbs += 1
    return climbs > depth or ".." in parts[climbs:] or any(map(_is_dots, parts))


def shown(name: str) -> str:
    """A name for a message: quoted, printable, and cut where it is very long."""
    text = ascii(name)
    return text if len(text) <= 200 else f"{text[:160]}…{text[-30:]}"
