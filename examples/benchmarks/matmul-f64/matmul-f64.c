/* Products of matrices of doubles, in software: the machine has no floating point, so each operation is a call into the
 * compiler's runtime library. Input: the dimension (at most 512), and how many products. */
#include "../benchmark.h"

enum { LIMIT = 512 };
static double a[LIMIT * LIMIT], b[LIMIT * LIMIT], c[LIMIT * LIMIT];

static double random_double(uint64_t *seed)
{
    return (double)(int64_t)next_random(seed) / 9223372036854775808.0;
}

int main(void)
{
    size_t n = parameter(0), products = parameter(1);
    uint64_t seed = 3, sum = 0;
    if (n > LIMIT)
        return 1;
    for (size_t i = 0; i < n * n; i++) {
        a[i] = random_double(&seed);
        b[i] = random_double(&seed);
    }
    for (size_t round = 0; round < products; round++) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double dot = 0;
                for (size_t k = 0; k < n; k++)
                    dot += a[i * n + k] * b[k * n + j];
                c[i * n + j] = dot;
            }
        for (size_t i = 0; i < n * n; i++) {
            uint64_t bits;
            memcpy(&bits, &c[i], 8);
            sum = mix(sum, bits);
            a[i] = c[i] / (1.0 + c[i] * c[i]); /* keeps the numbers small */
        }
    }
    report(sum);
    return 0;
}
