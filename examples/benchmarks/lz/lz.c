/* A compressor of the LZ4 kind (greedy, a hash table of positions) on text-like data: data-dependent branches, short
 * copies, unaligned words. Input: KiB to compress (at most 8192), and how often. */
#include "../benchmark.h"

enum { LIMIT = 8 << 20, HASH_BITS = 14 };
static uint8_t text[LIMIT + 64], packed[LIMIT + LIMIT / 128 + 64];
static uint32_t table[1 << HASH_BITS];

static uint32_t word_at(const uint8_t *p)
{
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
}

/* Words of a made-up vocabulary, the frequent ones more often, with some numbers between. */
static void write_text(size_t size, uint64_t seed)
{
    static const char *const syllables[] = {"tra", "ce", "work", "no", "de", "pro", "of", "un", "it", "step", "ma", "chine"};
    for (size_t at = 0; at < size;) {
        uint64_t random = next_random(&seed);
        unsigned rank = (unsigned)(random & random >> 8 & 63); /* small ranks are more likely */
        if (random >> 60 == 0) {
            for (int i = 0; i < 4 && at < size; i++)
                text[at++] = (uint8_t)('0' + (random >> (16 + 4 * i)) % 10);
        } else {
            for (unsigned part = 0; part <= rank % 3; part++) {
                const char *syllable = syllables[(rank * 7 + part * 5) % 12];
                while (*syllable && at < size)
                    text[at++] = (uint8_t)*syllable++;
            }
        }
        if (at < size)
            text[at++] = random >> 57 == 0 ? '\n' : ' ';
    }
}

static uint8_t *write_length(uint8_t *out, size_t length)
{
    for (; length >= 255; length -= 255)
        *out++ = 255;
    *out++ = (uint8_t)length;
    return out;
}

static uint8_t *write_sequence(uint8_t *out, const uint8_t *literals, size_t count, size_t offset, size_t match)
{
    uint8_t *token = out++;
    *token = (uint8_t)((count < 15 ? count : 15) << 4);
    if (count >= 15)
        out = write_length(out, count - 15);
    memcpy(out, literals, count);
    out += count;
    if (match) {
        *out++ = (uint8_t)offset;
        *out++ = (uint8_t)(offset >> 8);
        *token |= (uint8_t)(match - 4 < 15 ? match - 4 : 15);
        if (match - 4 >= 15)
            out = write_length(out, match - 4 - 15);
    }
    return out;
}

static size_t compress(size_t size)
{
    uint8_t *out = packed;
    size_t at = 0, literals = 0;
    memset(table, 0, sizeof table);
    while (size >= 13 && at < size - 12) {
        uint32_t word = word_at(text + at);
        uint32_t *slot = &table[word * 2654435761u >> (32 - HASH_BITS)];
        size_t candidate = *slot;
        *slot = (uint32_t)at;
        if (candidate >= at || at - candidate > 65535 || word_at(text + candidate) != word) {
            at += 1 + (((at - literals) >> 6));
            continue;
        }
        size_t match = 4;
        while (at + match < size - 5 && text[candidate + match] == text[at + match])
            match++;
        out = write_sequence(out, text + literals, at - literals, at - candidate, match);
        at += match;
        literals = at;
    }
    out = write_sequence(out, text + literals, size - literals, 0, 0);
    return (size_t)(out - packed);
}

int main(void)
{
    size_t size = parameter(0) << 10, rounds = parameter(1);
    uint64_t sum = 0;
    if (size > LIMIT)
        return 1;
    for (size_t round = 0; round < rounds; round++) {
        write_text(size, 5 + round);
        size_t length = compress(size);
        sum = mix(sum, length);
        for (size_t i = 0; i + 8 <= length; i += 8) {
            uint64_t word;
            memcpy(&word, packed + i, 8);
            sum = mix(sum, word);
        }
    }
    report(sum);
    return 0;
}
