"""A program that says what it was told to say: an interpreter of a few kilobytes."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.support.zig import zig

_SOURCE = r"""
#include <stdio.h>
#include <string.h>
/* python -I -B -S - MARKER: each line of PREFIX/answer behind the marker, with the prefix for each @ in it */
int main(int count, char **words) {
    static char prefix[4096], name[4200];
    strncpy(prefix, words[0], sizeof prefix - 1);
    for (int up = 0; up < 2; up++) *strrchr(prefix, '/') = 0;
    snprintf(name, sizeof name, "%s/answer", prefix);
    FILE *file = fopen(name, "r");
    printf("\n%s", words[count - 1]);
    for (int next; file && (next = fgetc(file)) != EOF;) {
        if (next == '@') printf("%s", prefix);
        else if (next == '\n') printf("\n%s", words[count - 1]);
        else putchar(next);
    }
    putchar('\n');
    return file == NULL;
}
"""


def interpreter(path: Path, *answers: dict[str, Any] | str) -> Path:
    """Make a static program that says `answers` to the probe of `pydist adopt`; `@` in them is its prefix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_program())
    path.chmod(0o755)
    lines = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in answers)
    (path.parent.parent / "answer").write_text(lines, encoding="utf-8")
    return path


@functools.cache
def _program() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "said.c"), Path(folder, "said")
        source.write_text(_SOURCE, encoding="utf-8")
        command = [str(zig()), "cc", "-target", "x86_64-linux-musl", "-O1", "-s", str(source), "-o", str(made)]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        return made.read_bytes()
