/* Compresses the input into an LZ4 frame: a file that `lz4 -d` and the guest lz4-decompress unpack.
 *
 * Greedy matching: a table holds, by a hash of four bytes, where such bytes were seen last; the match found there is taken
 * if it is real and no more than 64 KiB back. Blocks of up to 4 MiB stand alone. */
#include <string.h>
#include <tracework.h>

#include "xxh32.h"

enum {
    BLOCK = 4 << 20,
    HASH_BITS = 14,
    SHORTEST_MATCH = 4,
    LAST_LITERALS = 5,    /* the format: a block's last 5 bytes are literals, */
    LAST_MATCH_START = 12 /* and no match begins in its last 12 */
};

static uint8_t packed[BLOCK + BLOCK / 255 + 64];
static uint32_t seen[1 << HASH_BITS];

static void put_word(uint8_t *to, uint32_t word)
{
    memcpy(to, &word, 4);
}

static void write_word(uint32_t word)
{
    uint8_t bytes[4];
    put_word(bytes, word);
    write_output(bytes, 4);
}

/* What a length exceeds its four bits in the token by, as a run of bytes that ends below 255. */
static uint8_t *put_rest(uint8_t *out, size_t rest)
{
    for (; rest >= 255; rest -= 255)
        *out++ = 255;
    *out++ = (uint8_t)rest;
    return out;
}

/* Literals, then a match of `match` bytes from `offset` back; the block's last sequence has no match. */
static uint8_t *put_sequence(uint8_t *out, const uint8_t *literals, size_t count, size_t offset, size_t match)
{
    size_t extra = match ? match - SHORTEST_MATCH : 0;
    *out++ = (uint8_t)((count < 15 ? count : 15) << 4 | (extra < 15 ? extra : 15));
    if (count >= 15)
        out = put_rest(out, count - 15);
    memcpy(out, literals, count);
    out += count;
    if (match) {
        *out++ = (uint8_t)offset;
        *out++ = (uint8_t)(offset >> 8);
        if (extra >= 15)
            out = put_rest(out, extra - 15);
    }
    return out;
}

static size_t compress(const uint8_t *data, size_t size)
{
    uint8_t *out = packed;
    size_t at = 0, literals = 0;
    memset(seen, 0, sizeof seen);
    while (at + LAST_MATCH_START < size) {
        uint32_t word = xxh32_word(data + at);
        uint32_t *slot = &seen[word * 2654435761u >> (32 - HASH_BITS)];
        size_t candidate = *slot;
        *slot = (uint32_t)at;
        if (candidate >= at || at - candidate > 65535 || xxh32_word(data + candidate) != word) {
            at++;
            continue;
        }
        size_t match = SHORTEST_MATCH;
        while (at + match < size - LAST_LITERALS && data[candidate + match] == data[at + match])
            match++;
        out = put_sequence(out, data + literals, at - literals, at - candidate, match);
        at += match;
        literals = at;
    }
    out = put_sequence(out, data + literals, size - literals, 0, 0);
    return (size_t)(out - packed);
}

int main(void)
{
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);

    /* Version 1, blocks that stand alone, content size given, content checksum at the end; blocks of 4 MiB at most. */
    uint8_t header[15] = {0x04, 0x22, 0x4d, 0x18, 0x6c, 0x70};
    put_word(header + 6, (uint32_t)size);
    put_word(header + 10, (uint32_t)((uint64_t)size >> 32));
    header[14] = (uint8_t)(xxh32(header + 4, 10) >> 8);
    write_output(header, sizeof header);

    for (size_t at = 0; at < size; at += BLOCK) {
        size_t block = size - at < BLOCK ? size - at : BLOCK;
        size_t length = compress(data + at, block);
        if (length < block) {
            write_word((uint32_t)length);
            write_output(packed, length);
        } else {
            write_word((uint32_t)block | 0x80000000u); /* stored as it is */
            write_output(data + at, block);
        }
    }
    write_word(0);
    write_word(xxh32(data, size));
    return 0;
}
