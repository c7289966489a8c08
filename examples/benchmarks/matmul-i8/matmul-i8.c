/* Products of int8 matrices with int32 sums, as quantised networks have them. Input: the dimension (at most 1024), and
 * how many products. */
#include "../benchmark.h"

enum { LIMIT = 1024 };
static int8_t a[LIMIT * LIMIT], transposed[LIMIT * LIMIT];
static int32_t c[LIMIT * LIMIT];

int main(void)
{
    size_t n = parameter(0), products = parameter(1);
    uint64_t seed = 2, sum = 0;
    if (n > LIMIT)
        return 1;
    for (size_t i = 0; i < n * n; i++) {
        a[i] = (int8_t)next_random(&seed);
        transposed[i] = (int8_t)next_random(&seed);
    }
    for (size_t round = 0; round < products; round++) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                int32_t dot = 0;
                for (size_t k = 0; k < n; k++)
                    dot += a[i * n + k] * transposed[j * n + k];
                c[i * n + j] = dot;
            }
        for (size_t i = 0; i < n * n; i++) {
            sum = mix(sum, (uint32_t)c[i]);
            a[i] = (int8_t)(c[i] >> 8); /* the next product depends on this one */
        }
    }
    report(sum);
    return 0;
}
