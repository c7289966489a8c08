/* What the benchmark guests share. The input is a row of little-endian 64-bit numbers that set the size of the work; the
 * output is one line with a checksum of all that was computed, the same in a build for the host. */
#include <string.h>
#include <tracework.h>

/* The input's number at this position, counted from 0; an input that lacks it is an error. */
static inline uint64_t parameter(size_t position)
{
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size < 8 * (position + 1)) {
        tw_print("the input lacks a number\n");
        tw_exit(2);
    }
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value |= (uint64_t)data[8 * position + i] << 8 * i;
    return value;
}

/* A generator of test data (xorshift64*): small, and the same everywhere. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1du;
}

/* Folds a value into a checksum. */
static inline uint64_t mix(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 29;
}

/* Writes the output's one line. */
static inline void report(uint64_t sum)
{
    uint8_t line[17];
    for (int i = 0; i < 16; i++)
        line[i] = (uint8_t)"0123456789abcdef"[sum >> (60 - 4 * i) & 15];
    line[16] = '\n';
    write_output(line, sizeof line);
}
