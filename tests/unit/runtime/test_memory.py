"""Files in memory: they are sealed also while something still holds a page of theirs for a moment."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from pydist.policy import resources, toolchain

_PROGRAM = """
#define _GNU_SOURCE
#include "memory.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void *hold(void *page)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    munmap(page, 4096);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    int file = memory_copy("file", "words", 5, 0);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    pthread_create(&thread, NULL, hold, page);
    int failed = memory_seal(file);
    pthread_join(thread, NULL);
    printf("%d %d ", failed, memory_is_sealed(file));
    file = memory_copy("held", "words", 5, 0);
    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    failed = memory_seal(file);
    printf("%d %s", failed, strerror(errno));
    return 0;
}
"""


def test_a_file_that_is_held_for_a_moment_is_sealed(tmp_path: Path) -> None:
    source, program = tmp_path / "held.c", tmp_path / "held"
    source.write_text(_PROGRAM, encoding="utf-8")
    compiler = shutil.which("cc")
    command = [compiler] if compiler else [str(toolchain.locate().path), "cc"]
    runtime = resources.runtime()
    subprocess.run([*command, "-pthread", f"-I{runtime}", source, runtime / "memory.c", "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "0 1 -1 Device or resource busy"
