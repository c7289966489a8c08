/* XXH32 with seed 0: the checksum that the LZ4 frame format uses. */
#ifndef XXH32_H
#define XXH32_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct xxh32 {
    uint32_t lane[4];
    uint8_t rest[16]; /* bytes that don't fill a stripe of 16 yet */
    uint64_t size;
};

#define XXH32_P1 2654435761u
#define XXH32_P2 2246822519u
#define XXH32_P3 3266489917u
#define XXH32_P4 668265263u
#define XXH32_P5 374761393u

static inline uint32_t xxh32_word(const uint8_t *p)
{
    uint32_t word;
    memcpy(&word, p, 4); /* little-endian, as the format has it and the machine is */
    return word;
}

static inline uint32_t xxh32_rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static inline void xxh32_start(struct xxh32 *x)
{
    *x = (struct xxh32){.lane = {XXH32_P1 + XXH32_P2, XXH32_P2, 0, 0 - XXH32_P1}};
}

static inline void xxh32_stripe(struct xxh32 *x, const uint8_t *data)
{
    for (int i = 0; i < 4; i++)
        x->lane[i] = xxh32_rotate(x->lane[i] + xxh32_word(data + 4 * i) * XXH32_P2, 13) * XXH32_P1;
}

static inline void xxh32_add(struct xxh32 *x, const uint8_t *data, size_t size)
{
    size_t held = x->size % 16;
    x->size += size;
    if (held + size < 16) {
        memcpy(x->rest + held, data, size);
        return;
    }
    if (held) {
        memcpy(x->rest + held, data, 16 - held);
        xxh32_stripe(x, x->rest);
        data += 16 - held;
        size -= 16 - held;
    }
    for (; size >= 16; size -= 16, data += 16)
        xxh32_stripe(x, data);
    memcpy(x->rest, data, size);
}

static inline uint32_t xxh32_end(const struct xxh32 *x)
{
    uint32_t sum = XXH32_P5;
    if (x->size >= 16)
        sum = xxh32_rotate(x->lane[0], 1) + xxh32_rotate(x->lane[1], 7) + xxh32_rotate(x->lane[2], 12) +
              xxh32_rotate(x->lane[3], 18);
    sum += (uint32_t)x->size;
    size_t held = x->size % 16, i = 0;
    for (; i + 4 <= held; i += 4)
        sum = xxh32_rotate(sum + xxh32_word(x->rest + i) * XXH32_P3, 17) * XXH32_P4;
    for (; i < held; i++)
        sum = xxh32_rotate(sum + x->rest[i] * XXH32_P5, 11) * XXH32_P1;
    sum = (sum ^ sum >> 15) * XXH32_P2;
    sum = (sum ^ sum >> 13) * XXH32_P3;
    return sum ^ sum >> 16;
}

/* Of bytes that are all at hand. */
static inline uint32_t xxh32(const uint8_t *data, size_t size)
{
    struct xxh32 x;
    xxh32_start(&x);
    xxh32_add(&x, data, size);
    return xxh32_end(&x);
}

#endif
