/* Prints numbers and what 128-bit floating-point arithmetic makes of them, as bits; test_cfloor.py knows what is right. */
#include <stdint.h>
#include <stdio.h>

typedef long double quad;
typedef union {
    unsigned __int128 bits;
    uint64_t half[2];
    quad number;
} both;

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Numbers of like size, of any size, and all kinds of special ones. */
static quad number(void)
{
    static const uint64_t high[] = {0, 1, 0x7fff000000000000, 0x7fff800000000000, 0x3fff000000000000, 0x0001000000000000,
                                    0x0000ffffffffffff, 0x7ffeffffffffffff, 0x3c00ffffffffffff, 0x43ff000000000000};
    both made;
    uint64_t how = next() % 8;
    made.half[0] = next() & -(next() & 1);
    made.half[1] = next();
    if (how == 0)
        made.half[1] = high[next() % 10];
    else if (how == 1)
        made.half[1] &= 0x0003ffffffffffff;
    else if (how < 5)
        made.half[1] = (made.half[1] & 0x0000ffffffffffff) | (0x3fff - how * 30 + next() % 60) << 48;
    else if (how == 5)
        made.half[1] = (made.half[1] & 0x0000ffffffffffff) | (0x3fff - 1085 + next() % 2200) << 48;
    made.half[1] |= next() << 63;
    return made.number;
}

static void show_bits(unsigned __int128 value)
{
    both shown = {.bits = value};
    printf("%016llx%016llx ", (unsigned long long)shown.half[1], (unsigned long long)shown.half[0]);
}

static void show(quad value)
{
    both shown = {.number = value};
    show_bits(shown.bits);
}

int main(void)
{
    static char code[1];
    __builtin___clear_cache(code, code + sizeof code);
    for (int i = 0; i < 5000; i++) {
        quad a = number(), b = i % 5 ? number() : a;
        if (i % 7 == 0)
            b = -b;
        union { uint64_t bits; double number; } from = {next()}, to;
        union { uint32_t bits; float number; } least = {(uint32_t)next()};
        int32_t small = (int32_t)least.bits;
        both whole = {.number = i % 3 ? a : b};
        whole.bits >>= next() % 128;
        int power = (int)(next() % 41) - 20;
        if (i % 2)
            from.bits &= 0x800fffffffffffff;
        to.number = (double)a;
        show(a);
        show(b);
        show(a + b);
        show(a - b);
        show(a * b);
        show(a / b);
        printf("%016llx %016llx ", (unsigned long long)to.bits, (unsigned long long)from.bits);
        show(from.number);
        printf("%08x ", (unsigned)least.bits);
        show(least.number);
        show((quad)least.bits);
        show((quad)(int64_t)from.bits);
        least.number = (float)a;
        printf("%08x ", (unsigned)least.bits);
        printf("%lld ", (long long)a);
        printf("%d%d%d%d%d%d ", a < b, a <= b, a == b, a != b, a >= b, a > b);
        printf("%d %d ", __builtin_isunordered(a, b), small);
        show((quad)small);
        printf("%d %u %llu ", (int)a, (unsigned)a, (unsigned long long)a);
        show_bits((unsigned __int128)(__int128)a);
        show_bits((unsigned __int128)a);
        show_bits(whole.bits);
        show((quad)whole.bits);
        show((quad)(__int128)~whole.bits);
        printf("%d ", power);
        show(__builtin_powil(a, power));
        show((quad)from.bits);
        printf("\n");
    }
    return 0;
}
