# /// script
# dependencies = ["cffi"]
# ///
import cffi

ffi = cffi.FFI()
ffi.cdef("int abs(int);")
assert ffi.dlopen(None).abs(-4) == 4
