/* Arithmetic of 128-bit floating-point numbers, which `long double` is on AArch64: no processor has instructions for it,
 * and compilers call these functions. Why they stand here: see divide.c.
 *
 * IEEE 754 binary128, rounded to nearest, ties to even; no exceptions are signalled.
 */
#include <stdint.h>

#if __LDBL_MANT_DIG__ == 113

typedef unsigned __int128 wide;
typedef long double quad;

enum { BIAS = 16383, SPECIAL = 0x7fff, FRACTION = 112, GUARD = 3 };
#define HIDDEN ((wide)1 << FRACTION)
#define SIGN ((wide)1 << 127)
#define INFINITE ((wide)SPECIAL << FRACTION)
#define QUIET ((wide)1 << (FRACTION - 1))

static wide bits_of(quad number)
{
    union { quad number; wide bits; } both = {number};
    return both.bits;
}

static quad of_bits(wide bits)
{
    union { wide bits; quad number; } both = {bits};
    return both.number;
}

/* A finite number other than zero as significand * 2**(exponent - BIAS - FRACTION), HIDDEN <= significand < 2 * HIDDEN. */
struct parts {
    wide significand;
    int exponent;
};

static int leading(wide number)
{
    return (uint64_t)(number >> 64) ? __builtin_clzll((uint64_t)(number >> 64)) : 64 + __builtin_clzll((uint64_t)number);
}

static struct parts parts_of(wide magnitude)
{
    struct parts parts = {magnitude & (HIDDEN - 1), (int)(magnitude >> FRACTION)};
    if (parts.exponent) {
        parts.significand |= HIDDEN;
    } else {
        int shift = leading(parts.significand) - (127 - FRACTION);
        parts.significand <<= shift;
        parts.exponent = 1 - shift;
    }
    return parts;
}

/* Bits that are shifted out leave a trace in the last one, for rounding. */
static wide shifted(wide number, int by)
{
    if (by > 127)
        return number != 0;
    return by ? number >> by | ((number << (128 - by)) != 0) : number;
}

/* A significand without its GUARD more bits. */
static wide rounded(wide significand)
{
    unsigned guard = significand & ((1 << GUARD) - 1);
    significand >>= GUARD;
    return significand + (guard > 4 || (guard == 4 && (significand & 1)));
}

static quad packed(wide sign, int exponent, wide significand)
{
    if (exponent >= SPECIAL)
        return of_bits(sign | INFINITE);
    if (exponent < 1) {
        significand = shifted(significand, 1 - exponent);
        exponent = 1;
    }
    /* The hidden bit, and the one that rounding may carry, add to the exponent. */
    return of_bits(sign | (((wide)(exponent - 1) << FRACTION) + rounded(significand)));
}

quad __addtf3(quad left, quad right)
{
    wide a = bits_of(left), b = bits_of(right);
    if ((a & ~SIGN) < (b & ~SIGN)) {
        wide other = a;
        a = b;
        b = other;
    }
    wide sign = a & SIGN, different = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE)
        return of_bits(sign | a | QUIET);
    if (a == INFINITE)
        return of_bits(b == INFINITE && different ? INFINITE | QUIET : sign | a);
    if (b == 0)
        return of_bits(a == 0 && different ? 0 : sign | a);
    struct parts more = parts_of(a), less = parts_of(b);
    wide sum = more.significand << GUARD, term = shifted(less.significand << GUARD, more.exponent - less.exponent);
    sum = different ? sum - term : sum + term;
    if (sum == 0)
        return 0;
    int shift = leading(sum) - (127 - FRACTION - GUARD);
    sum = shift < 0 ? shifted(sum, -shift) : sum << shift;
    return packed(sign, more.exponent - shift, sum);
}

quad __subtf3(quad left, quad right)
{
    return __addtf3(left, of_bits(bits_of(right) ^ SIGN));
}

quad __multf3(quad left, quad right)
{
    wide a = bits_of(left), b = bits_of(right), sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE || b > INFINITE)
        return of_bits((a > INFINITE ? bits_of(left) : bits_of(right)) | QUIET);
    if (a == INFINITE || b == INFINITE)
        return of_bits(a == 0 || b == 0 ? INFINITE | QUIET : sign | INFINITE);
    if (a == 0 || b == 0)
        return of_bits(sign);
    struct parts one = parts_of(a), two = parts_of(b);
    uint64_t one_low = (uint64_t)one.significand, one_high = (uint64_t)(one.significand >> 64);
    uint64_t two_low = (uint64_t)two.significand, two_high = (uint64_t)(two.significand >> 64);
    /* No sum overflows: the high halves have 49 bits. */
    wide middle = (wide)one_low * two_high + (wide)one_high * two_low, lowest = (wide)one_low * two_low;
    wide low = lowest + (middle << 64), high = (wide)one_high * two_high + (middle >> 64) + (low < lowest);
    /* The product has 225 or 226 bits. */
    int exponent = one.exponent + two.exponent - BIAS, spare = 2 * FRACTION - FRACTION - GUARD;
    if (high >> (2 * FRACTION + 1 - 128)) {
        exponent++;
        spare++;
    }
    return packed(sign, exponent, high << (128 - spare) | shifted(low, spare));
}

quad __divtf3(quad left, quad right)
{
    wide a = bits_of(left), b = bits_of(right), sign = (a ^ b) & SIGN;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a > INFINITE || b > INFINITE)
        return of_bits((a > INFINITE ? bits_of(left) : bits_of(right)) | QUIET);
    if (a == INFINITE || b == 0)
        return of_bits(a == b ? INFINITE | QUIET : sign | INFINITE);
    if (a == 0 || b == INFINITE)
        return of_bits(sign);
    struct parts one = parts_of(a), two = parts_of(b);
    wide rest = one.significand, quotient = 0;
    int exponent = one.exponent - two.exponent + BIAS;
    if (rest < two.significand) {
        rest <<= 1;
        exponent--;
    }
    for (int bit = 0; bit <= FRACTION + GUARD; bit++) {
        quotient <<= 1;
        if (rest >= two.significand) {
            rest -= two.significand;
            quotient |= 1;
        }
        rest <<= 1;
    }
    return packed(sign, exponent, quotient | (rest != 0));
}

quad __extenddftf2(double number)
{
    union { double number; uint64_t bits; } both = {number};
    wide sign = (wide)(both.bits >> 63) << 127, fraction = both.bits & (((uint64_t)1 << 52) - 1);
    int exponent = both.bits >> 52 & 0x7ff;
    if (exponent == 0x7ff)
        return of_bits(sign | INFINITE | fraction << (FRACTION - 52) | (fraction ? QUIET : 0));
    if (exponent == 0) {
        if (fraction == 0)
            return of_bits(sign);
        int shift = leading(fraction) - (127 - 52);
        fraction = fraction << shift & (((uint64_t)1 << 52) - 1);
        exponent = 1 - shift;
    }
    return of_bits(sign | (wide)(exponent - 1023 + BIAS) << FRACTION | fraction << (FRACTION - 52));
}

quad __extendsftf2(float number)
{
    return __extenddftf2(number);
}

/* The bits of the nearest number that has `fraction` bits behind the point and exponents up to `special`. */
static uint64_t narrowed(wide bits, int fraction, int special)
{
    wide magnitude = bits & ~SIGN;
    uint64_t infinite = (uint64_t)special << fraction, sign = bits >> 127 ? (uint64_t)(special + 1) << fraction : 0;
    if (magnitude > INFINITE) {
        uint64_t payload = (uint64_t)(magnitude >> (FRACTION - fraction)) & (((uint64_t)1 << fraction) - 1);
        return sign | infinite | (uint64_t)1 << (fraction - 1) | payload;
    }
    int exponent = (int)(magnitude >> FRACTION) - BIAS + special / 2;
    if (exponent >= special)
        return sign | infinite;
    if (magnitude < HIDDEN)
        return sign;
    wide significand = shifted((magnitude & (HIDDEN - 1)) | HIDDEN, FRACTION - fraction - GUARD);
    if (exponent < 1) {
        significand = shifted(significand, 1 - exponent);
        exponent = 1;
    }
    return sign | (((uint64_t)(exponent - 1) << fraction) + (uint64_t)rounded(significand));
}

double __trunctfdf2(quad number)
{
    union { uint64_t bits; double number; } both = {narrowed(bits_of(number), 52, 0x7ff)};
    return both.number;
}

float __trunctfsf2(quad number)
{
    union { uint32_t bits; float number; } both = {(uint32_t)narrowed(bits_of(number), 23, 0xff)};
    return both.number;
}

/* The whole part, at least -least and at most `most`. */
static wide whole(quad number, wide least, wide most)
{
    wide bits = bits_of(number), significand = (bits & (HIDDEN - 1)) | HIDDEN;
    wide limit = bits & SIGN ? least : most, size = limit;
    int exponent = (int)((bits & ~SIGN) >> FRACTION) - BIAS;
    if (exponent < 0)
        size = 0;
    else if (exponent < 128)
        size = exponent > FRACTION ? significand << (exponent - FRACTION) : significand >> (FRACTION - exponent);
    size = size < limit ? size : limit;
    return bits & SIGN ? -size : size;
}

int32_t __fixtfsi(quad number)
{
    return (int32_t)whole(number, (wide)INT32_MAX + 1, INT32_MAX);
}

int64_t __fixtfdi(quad number)
{
    return (int64_t)whole(number, (wide)INT64_MAX + 1, INT64_MAX);
}

__int128 __fixtfti(quad number)
{
    return (__int128)whole(number, SIGN, ~SIGN);
}

uint32_t __fixunstfsi(quad number)
{
    return (uint32_t)whole(number, 0, UINT32_MAX);
}

uint64_t __fixunstfdi(quad number)
{
    return (uint64_t)whole(number, 0, UINT64_MAX);
}

wide __fixunstfti(quad number)
{
    return whole(number, 0, ~(wide)0);
}

quad __floatunditf(uint64_t number)
{
    if (number == 0)
        return 0;
    int shift = __builtin_clzll(number) + FRACTION - 63;
    return of_bits(((wide)(BIAS + FRACTION - 1 - shift) << FRACTION) + ((wide)number << shift));
}

quad __floatditf(int64_t number)
{
    quad size = __floatunditf(number < 0 ? -(uint64_t)number : (uint64_t)number);
    return number < 0 ? of_bits(bits_of(size) | SIGN) : size;
}

quad __floatunsitf(uint32_t number)
{
    return __floatunditf(number);
}

quad __floatsitf(int32_t number)
{
    return __floatditf(number);
}

quad __floatuntitf(wide number)
{
    if (number == 0)
        return 0;
    int shift = leading(number) - (127 - FRACTION - GUARD);
    return packed(0, BIAS + FRACTION + GUARD - shift, shift < 0 ? shifted(number, -shift) : number << shift);
}

quad __floattitf(__int128 number)
{
    quad size = __floatuntitf(number < 0 ? -(wide)number : (wide)number);
    return number < 0 ? of_bits(bits_of(size) | SIGN) : size;
}

quad __powitf2(quad base, int power)
{
    quad result = of_bits((wide)BIAS << FRACTION), one = result;
    for (unsigned rest = power < 0 ? -(unsigned)power : (unsigned)power; rest; rest >>= 1, base = __multf3(base, base))
        if (rest & 1)
            result = __multf3(result, base);
    return power < 0 ? __divtf3(one, result) : result;
}

int __unordtf2(quad left, quad right)
{
    return (bits_of(left) & ~SIGN) > INFINITE || (bits_of(right) & ~SIGN) > INFINITE;
}

/* -1, 0 or 1; `unordered` when one is not a number. */
static int compared(quad left, quad right, int unordered)
{
    wide a = bits_of(left), b = bits_of(right);
    if (__unordtf2(left, right))
        return unordered;
    if (a == b || ((a | b) & ~SIGN) == 0)
        return 0;
    /* Of two negative numbers the one with the larger bits is less. */
    return (a < b) != ((a & b & SIGN) || (a ^ b) & SIGN) ? -1 : 1;
}

int __letf2(quad left, quad right)
{
    return compared(left, right, 1);
}

int __getf2(quad left, quad right)
{
    return compared(left, right, -1);
}

int __lttf2(quad, quad) __attribute__((alias("__letf2")));
int __eqtf2(quad, quad) __attribute__((alias("__letf2")));
int __netf2(quad, quad) __attribute__((alias("__letf2")));
int __gttf2(quad, quad) __attribute__((alias("__getf2")));

#endif
