"""The allocator of larger objects: all sizes have a class, and blocks do not touch each other."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from pydist.policy import resources, toolchain

# What blocks.c and the header that it includes need of Python.
_PYTHON_H = """
#include <stdlib.h>
#define Py_UNUSED(name) name __attribute__((unused))
typedef struct { int code; } PyStatus;
typedef struct { int size; } PyConfig;
typedef struct { int count; } PyObject;
typedef struct {
    void *ctx;
    void *(*malloc)(void *, size_t);
    void *(*calloc)(void *, size_t, size_t);
    void *(*realloc)(void *, void *, size_t);
    void (*free)(void *, void *);
} PyMemAllocatorEx;
enum { PYMEM_DOMAIN_RAW };
static void PyMem_GetAllocator(int domain, PyMemAllocatorEx *allocator);
static void PyMem_SetAllocator(int domain, const PyMemAllocatorEx *allocator);
"""

_PROGRAM = """
#include "blocks.c"
#include <stdio.h>

static void *plain_malloc(void *c, size_t n) { (void)c; return malloc(n); }
static void *plain_calloc(void *c, size_t k, size_t n) { (void)c; return calloc(k, n); }
static void *plain_realloc(void *c, void *p, size_t n) { (void)c; return realloc(p, n); }
static void plain_free(void *c, void *p) { (void)c; free(p); }
static PyMemAllocatorEx now = {NULL, plain_malloc, plain_calloc, plain_realloc, plain_free};
static void PyMem_GetAllocator(int domain, PyMemAllocatorEx *allocator) { (void)domain; *allocator = now; }
static void PyMem_SetAllocator(int domain, const PyMemAllocatorEx *allocator) { (void)domain; now = *allocator; }

static unsigned char *held[20001];

int main(void)
{
    blocks_install();
    for (size_t size = NOT_OURS + 1; size <= LARGEST; size++)
        if (class_of(size) >= CLASSES || size_of(class_of(size)) < size)
            return printf("%zu has class %u\\n", size, class_of(size)), 0;
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size <= 20000; size += 13) {
            held[size] = now.malloc(NULL, size);
            memset(held[size], (int)(size % 251), size);
        }
        for (size_t size = 1; size <= 20000; size += 13) {
            for (size_t at = 0; at < size; at++)
                if (held[size][at] != size % 251)
                    return printf("%zu was written over\\n", size), 0;
            held[size] = now.realloc(NULL, held[size], size / 2 + 1);
        }
        for (size_t size = 1; size <= 20000; size += 13)
            now.free(NULL, held[size]);
    }
    for (size_t page = 0; page < blocks.pages; page++)
        if (blocks.used_spans[page])
            return printf("page %zu is not given back\\n", page), 0;
    puts("right");
}
"""


def test_blocks_of_all_sizes_are_apart_and_go_back(tmp_path: Path) -> None:
    (tmp_path / "Python.h").write_text(_PYTHON_H, encoding="utf-8")
    (tmp_path / "main.c").write_text(_PROGRAM, encoding="utf-8")
    cc = shutil.which("cc")
    command = [cc] if cc else [str(toolchain.locate().path), "cc"]
    flags = ["-std=gnu11", "-O1", "-Wall", "-pthread", f"-I{tmp_path}", f"-I{resources.runtime()}"]
    subprocess.run([*command, *flags, "main.c", "-o", "program"], cwd=tmp_path, check=True)
    assert subprocess.run(["./program"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout == "right\n"
