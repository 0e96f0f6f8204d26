"""What 128-bit floating-point arithmetic must give (IEEE 754 binary128, to nearest, ties to even), with whole numbers.

`faults` reads a line that quad.c printed.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction

_BIAS, _FRACTION = 16383, 112
_INFINITE = 0x7FFF << _FRACTION
_SIGN = 1 << 127


def faults(line: str) -> list[str]:
    """The calculations of one line with another result than they must have."""
    words = line.split()
    a, b, total, difference, product, quotient, low, high, extended, single, extended_single, whole = words[:12]
    signed, lowest, cut, compared, unordered, small, of_small, *integers = words[12:24]
    bits, of_bits, of_inverted, power, raised, large = words[24:]
    left, right = int(a, 16), int(b, 16)
    checks = {
        "+": (int(total, 16), _sum(left, right)),
        "-": (int(difference, 16), _sum(left, right ^ _SIGN)),
        "*": (int(product, 16), _product(left, right)),
        "/": (int(quotient, 16), _quotient(left, right)),
        "of double": (int(extended, 16), _of_double(struct.unpack("<d", int(high, 16).to_bytes(8, "little"))[0])),
        "of float": (
            int(extended_single, 16),
            _of_double(struct.unpack("<f", int(single, 16).to_bytes(4, "little"))[0]),
        ),
        "of unsigned": (int(whole, 16), _rounded(Fraction(int(single, 16)), 0)),
        "of unsigned 64 bits": (int(large, 16), _rounded(Fraction(int(high, 16)), 0)),
        "of int": (int(of_small, 16), _rounded(Fraction(int(small)), 0)),
        "of 128 bits": (int(of_bits, 16), _rounded(Fraction(int(bits, 16)), 0)),
        "of signed 128 bits": (int(of_inverted, 16), _rounded(Fraction(_signed(~int(bits, 16))), 0)),
        f"to the power of {power}": (int(raised, 16), _power(left, int(power))),
        "of signed": (int(signed, 16), _rounded(Fraction(int.from_bytes(bytes.fromhex(high), signed=True)), 0)),
    }
    found = [f"{line}: {name}: {shown:032x}, expected {wanted:032x}" for name, (shown, wanted) in checks.items()
             if not (_nan(shown) if _nan(wanted) else shown == wanted)]  # fmt: skip
    double = struct.unpack("<d", int(low, 16).to_bytes(8, "little"))[0]
    if struct.pack("<d", double) != struct.pack("<d", _to_double(left)) and not (_nan(left) and math.isnan(double)):
        found.append(f"{line}: to double: {double}")
    if lowest != _to_float(left) and not (_nan(left) and int(lowest, 16) & 0x7FFFFFFF > 0x7F800000):
        found.append(f"{line}: to float: {lowest}, expected {_to_float(left)}")
    if compared != _compared(left, right):
        found.append(f"{line}: compared: {compared}")
    if int(unordered) != (_nan(left) or _nan(right)):
        found.append(f"{line}: unordered: {unordered}")
    if not _nan(left):
        shown = [int(cut), *map(int, integers[:3]), _signed(int(integers[3], 16)), int(integers[4], 16)]
        ranges = [(1 << 63, 63), (1 << 31, 31), (0, 32), (0, 64), (1 << 127, 127), (0, 128)]
        found += [f"{line}: to int of at most {size} bits: {value}"
                  for value, (least, size) in zip(shown, ranges, strict=True)
                  if value != _to_int(left, -least, (1 << size) - 1)]  # fmt: skip
    return found


def _nan(bits: int) -> bool:
    return bits & ~_SIGN > _INFINITE


def _value(bits: int) -> Fraction:
    magnitude = bits & ~_SIGN
    exponent, fraction = magnitude >> _FRACTION, magnitude & ((1 << _FRACTION) - 1)
    significand = fraction | (1 << _FRACTION if exponent else 0)
    number = Fraction(significand) * Fraction(2) ** (max(exponent, 1) - _BIAS - _FRACTION)
    return -number if bits & _SIGN else number


def _rounded(number: Fraction, zero: int) -> int:
    """The bits of the nearest number; `zero` when the exact result is nothing."""
    if number == 0:
        return zero
    size = abs(number)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    exponent = max(exponent, 1 - _BIAS)
    significand = round(size / Fraction(2) ** (exponent - _FRACTION))
    bits = ((exponent + _BIAS - 1) << _FRACTION) + significand
    return min(bits, _INFINITE) | (_SIGN if number < 0 else 0)


def _sum(a: int, b: int) -> int:
    infinite = [bits for bits in (a, b) if bits & ~_SIGN == _INFINITE]
    if _nan(a) or _nan(b) or (len(infinite) == 2 and a != b):
        return _INFINITE + 1
    if infinite:
        return infinite[0]
    return _rounded(_value(a) + _value(b), a & b & _SIGN)


def _product(a: int, b: int) -> int:
    sign, sizes = (a ^ b) & _SIGN, sorted((a & ~_SIGN, b & ~_SIGN))
    if sizes[1] > _INFINITE or (sizes[1] == _INFINITE and sizes[0] == 0):
        return _INFINITE + 1
    if sizes[1] == _INFINITE:
        return sign | _INFINITE
    return _rounded(_value(a) * _value(b), sign)


def _quotient(a: int, b: int) -> int:
    sign, one, other = (a ^ b) & _SIGN, a & ~_SIGN, b & ~_SIGN
    if max(one, other) > _INFINITE or (one == other and one in (0, _INFINITE)):
        return _INFINITE + 1
    if one == _INFINITE or other == 0:
        return sign | _INFINITE
    if other == _INFINITE:
        return sign
    return _rounded(_value(a) / _value(b), sign)


def _of_double(number: float) -> int:
    if math.isnan(number):
        return _INFINITE + 1
    sign = _SIGN if math.copysign(1, number) < 0 else 0
    return sign | _INFINITE if math.isinf(number) else _rounded(Fraction(number), sign)


def _to_double(bits: int) -> float:
    if _nan(bits):
        return math.nan
    sign = -1.0 if bits & _SIGN else 1.0
    try:
        size = math.inf if bits & ~_SIGN == _INFINITE else abs(float(_value(bits)))
    except OverflowError:
        size = math.inf
    return math.copysign(size, sign)


def _to_int(bits: int, least: int, most: int) -> int:
    """The whole part, or the nearest there is."""
    if bits & ~_SIGN == _INFINITE:
        return least if bits & _SIGN else most
    return min(max(math.trunc(_value(bits)), least), most)


def _signed(bits: int) -> int:
    bits &= 2 * _SIGN - 1
    return bits - 2 * _SIGN if bits & _SIGN else bits


def _power(bits: int, power: int) -> int:
    """By squares, each rounded."""
    one = result = _BIAS << _FRACTION
    for digit in reversed(f"{abs(power):b}"):
        if digit == "1":
            result = _product(result, bits)
        bits = _product(bits, bits)
    return _quotient(one, result) if power < 0 else result


def _to_float(bits: int) -> str:
    """As eight digits. The nearest float of the exact number: by way of a double it would be rounded twice."""
    if _nan(bits):
        return ""
    sign, size = (bits >> 127) << 31, bits & ~_SIGN
    if size == _INFINITE:
        return f"{sign | 0x7F800000:08x}"
    number = abs(_value(bits))
    exponent = max((size >> _FRACTION) - _BIAS, -126)
    return f"{sign | min(((exponent + 126) << 23) + round(number / Fraction(2) ** (exponent - 23)), 0x7F800000):08x}"


def _compared(a: int, b: int) -> str:
    """Whether they are <, <=, ==, !=, >=, >."""
    if _nan(a) or _nan(b):
        return "000100"
    one, other = (
        math.copysign(1, -(bits >> 127) or 1) * math.inf if bits & ~_SIGN == _INFINITE else _value(bits)
        for bits in (a, b)
    )
    return "".join(
        str(int(is_so)) for is_so in (one < other, one <= other, one == other, one != other, one >= other, one > other)
    )
