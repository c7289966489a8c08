/* The sieve of Eratosthenes, a byte a number: writes all over a large array, with little arithmetic between.
 * Input: how many numbers (at most 2^25: 32 MiB), and how often. */
#include "../benchmark.h"

static uint8_t composite[1 << 25];

int main(void)
{
    uint64_t count = parameter(0), rounds = parameter(1), sum = 0;
    if (count > sizeof composite)
        return 1;
    for (uint64_t round = 0; round < rounds; round++) {
        memset(composite, 0, count);
        for (uint64_t i = 2; i * i < count; i++)
            if (!composite[i])
                for (uint64_t j = i * i; j < count; j += i)
                    composite[j] = 1;
        uint64_t primes = 0, last = 0;
        for (uint64_t i = 2; i < count; i++)
            if (!composite[i])
                primes++, last = i;
        sum = mix(mix(sum, primes), last);
    }
    report(sum);
    return 0;
}
