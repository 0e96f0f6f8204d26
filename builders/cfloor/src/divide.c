/* Division of 128-bit integers, for which processors have no instruction and compilers call functions.
 *
 * The toolchain has these functions, in one object with some of the C library's (exp, log2, sin, memcpy, ...). Whoever
 * takes one takes all, and then they stand in the place of the C library's own: off in the last digits, log2(1e-308) by
 * millions of units, and slower. With these, nothing of that object is needed on x86-64.
 *
 * No division of 128-bit integers stands below: it would call the function that it is in.
 */
#include <stdint.h>

typedef unsigned __int128 wide;

/* (high << 64 | low) / by, where high < by, so that the quotient has 64 bits. */
static uint64_t divide_long(uint64_t high, uint64_t low, uint64_t by, uint64_t *rest)
{
    uint64_t quotient = 0;
#if defined(__x86_64__) && !defined(PORTABLE)
    __asm__("divq %4" : "=a"(quotient), "=d"(*rest) : "a"(low), "d"(high), "r"(by) : "cc");
#else
    for (int bit = 0; bit < 64; bit++) {
        uint64_t carry = high >> 63;
        high = high << 1 | low >> 63;
        low <<= 1;
        quotient <<= 1;
        if (carry || high >= by) {
            high -= by;
            quotient |= 1;
        }
    }
    *rest = high;
#endif
    return quotient;
}

static wide divide(wide number, wide by, wide *rest)
{
    uint64_t high = (uint64_t)(number >> 64), by_high = (uint64_t)(by >> 64), left;
    wide quotient = 0;
    if (by_high == 0) {
        uint64_t divisor = (uint64_t)by;
        quotient = (wide)(high / divisor) << 64;
        quotient |= divide_long(high % divisor, (uint64_t)number, divisor, &left);
        *rest = left;
        return quotient;
    }
    if (number >= by) {
        int shift = __builtin_clzll(by_high) - __builtin_clzll(high);
        for (by <<= shift; shift >= 0; shift--, by >>= 1) {
            quotient <<= 1;
            if (number >= by) {
                number -= by;
                quotient |= 1;
            }
        }
    }
    *rest = number;
    return quotient;
}

static wide size_of(__int128 number)
{
    return number < 0 ? -(wide)number : (wide)number;
}

wide __udivmodti4(wide number, wide by, wide *rest)
{
    wide left, quotient = divide(number, by, &left);
    if (rest)
        *rest = left;
    return quotient;
}

wide __udivti3(wide number, wide by)
{
    wide rest;
    return divide(number, by, &rest);
}

wide __umodti3(wide number, wide by)
{
    wide rest;
    divide(number, by, &rest);
    return rest;
}

__int128 __divti3(__int128 number, __int128 by)
{
    wide rest, quotient = divide(size_of(number), size_of(by), &rest);
    return (__int128)((number < 0) != (by < 0) ? -quotient : quotient);
}

__int128 __modti3(__int128 number, __int128 by)
{
    wide rest;
    divide(size_of(number), size_of(by), &rest);
    return (__int128)(number < 0 ? -rest : rest);
}
