# /// script
# dependencies = ["numba"]
# ///
import numba

assert numba.njit(lambda number: number + 1)(3) == 4
