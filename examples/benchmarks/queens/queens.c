/* All ways to place n queens, by recursion: little but calls, returns and branches. Input: n (at most 16). */
#include "../benchmark.h"

/* Columns and both diagonals that are taken, as bits; each call fills one row. Not inlined: the calls are the point. */
__attribute__((noinline)) static uint64_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    if (columns == all)
        return 1;
    uint64_t ways = 0;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t queen = free & -free;
        ways += place(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
    }
    return ways;
}

int main(void)
{
    uint64_t n = parameter(0);
    if (n > 16)
        return 1;
    report(place((1u << n) - 1, 0, 0, 0));
    return 0;
}
