"""library.ctypes: C is called, calls back, and Python's own API is reached."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

from pydist.trial.probes.say import TASK, done, expect, refuses

own = ctypes.CDLL(None, use_errno=True)
expect("strlen", own.strlen(b"four"), 4)
own.strtod.restype = ctypes.c_double
expect("a double comes back", own.strtod(b"2.5", None), 2.5)
expect("errno", (own.close(-1), ctypes.get_errno()), (-1, 9))
ORDER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 4)(3, 1, 4, 2)
own.qsort(numbers, ctypes.c_size_t(4), ctypes.c_size_t(ctypes.sizeof(ctypes.c_int)), ORDER(lambda a, b: a[0] - b[0]))
expect("qsort calls Python", list(numbers), [1, 2, 3, 4])


class Complex(ctypes.Structure):
    _fields_ = (("real", ctypes.c_double), ("imag", ctypes.c_double))


convert = ctypes.pythonapi.PyComplex_AsCComplex
convert.restype, convert.argtypes = Complex, [ctypes.py_object]
result = convert(3 + 2j)
expect("a structure comes back by value", (result.real, result.imag), (3.0, 2.0))
ctypes.pythonapi.Py_GetVersion.restype = ctypes.c_char_p
expect("Python's own API", ctypes.pythonapi.Py_GetVersion().decode(), sys.version)
refuses("a library that is not there", OSError, lambda: ctypes.CDLL("libnosuch-pydist.so"))
if TASK["linking"] == "dynamic":
    name = "libc.so.6" if TASK["libc"] == "gnu" else "libc.so"
    expect("a shared library by name", ctypes.CDLL(name).abs(-7), 7)
done()
