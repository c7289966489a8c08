/* Unpacks an LZ4 file: one frame or several, with linked blocks or not, all checksums verified. The inverse of the guest
 * lz4-compress, and of the command `lz4`. A damaged file ends with exit code 1, and the debug text says what is wrong. */
#include <string.h>
#include <tracework.h>

#include "xxh32.h"

enum { HISTORY = 64 << 10, LARGEST_BLOCK = 4 << 20 };

/* What linked blocks may refer to, then the block itself. */
static uint8_t window[HISTORY + LARGEST_BLOCK];
static uint8_t *const block = window + HISTORY;
static size_t history; /* how many bytes before the block are there */

static const uint8_t *data; /* the rest of the input */
static size_t size;

__attribute__((noreturn)) static void fail(const char *why)
{
    tw_print("lz4-decompress: ");
    tw_print(why);
    tw_print("\n");
    tw_exit(1);
}

/* The next bytes of the input. */
static const uint8_t *take(size_t count)
{
    if (count > size)
        fail("the file ends too early");
    const uint8_t *taken = data;
    data += count;
    size -= count;
    return taken;
}

static uint32_t take_word(void)
{
    return xxh32_word(take(4));
}

/* A length that did not fit in its four bits goes on in bytes until one is below 255. */
static size_t take_length(size_t length, const uint8_t **in, const uint8_t *end)
{
    if (length < 15)
        return length;
    for (;;) {
        if (*in == end)
            fail("a length ends too early");
        uint8_t more = *(*in)++;
        length += more;
        if (more < 255)
            return length;
    }
}

/* Unpacks one block, and returns the length of its content, which is at most `limit`. */
static size_t unpack(const uint8_t *in, size_t packed, size_t limit)
{
    const uint8_t *end = in + packed;
    size_t at = 0;
    for (;;) {
        if (in == end)
            fail("a block ends too early");
        uint8_t token = *in++;
        size_t literals = take_length(token >> 4, &in, end);
        if (literals > (size_t)(end - in))
            fail("a block ends inside its literals");
        if (literals > limit - at)
            fail("a block is longer than the frame allows");
        memcpy(block + at, in, literals);
        in += literals;
        at += literals;
        if (in == end)
            return at; /* the last sequence has no match */

        if (end - in < 2)
            fail("a block ends inside an offset");
        size_t offset = (size_t)in[0] | (size_t)in[1] << 8;
        in += 2;
        size_t match = take_length(token & 15, &in, end) + 4;
        if (offset == 0 || offset > at + history)
            fail("an offset points before the beginning");
        if (match > limit - at)
            fail("a block is longer than the frame allows");
        const uint8_t *from = block + at - offset;
        if (offset >= 8) {
            for (; match >= 8; match -= 8, at += 8, from += 8)
                memcpy(block + at, from, 8);
        }
        for (; match; match--)
            block[at++] = *from++; /* byte by byte: source and destination may overlap */
    }
}

static void frame(void)
{
    const uint8_t *descriptor = data;
    uint8_t flags = *take(1), kind = *take(1) >> 4;
    if (flags >> 6 != 1)
        fail("unknown version of the frame format");
    if (flags & 0x03)
        fail("dictionaries are not supported");
    if (kind < 4 || kind > 7)
        fail("unknown block size");
    int linked = !(flags & 0x20), block_checksums = flags & 0x10, content_checksum = flags & 0x04;
    size_t limit = (size_t)1 << (8 + 2 * kind);
    uint64_t promised = 0, length = 0;
    if (flags & 0x08)
        memcpy(&promised, take(8), 8);
    uint8_t check = (uint8_t)(xxh32(descriptor, (size_t)(data - descriptor)) >> 8);
    if (*take(1) != check)
        fail("the header's checksum is wrong");

    struct xxh32 content;
    xxh32_start(&content);
    history = 0;
    for (uint32_t word; (word = take_word()) != 0;) {
        size_t packed = word & 0x7fffffff, unpacked = packed;
        if (packed > limit)
            fail("a block is longer than the frame allows");
        const uint8_t *in = take(packed);
        if (word >> 31)
            memcpy(block, in, packed);
        else
            unpacked = unpack(in, packed, limit);
        if (block_checksums && take_word() != xxh32(in, packed))
            fail("a block's checksum is wrong");
        write_output(block, unpacked);
        xxh32_add(&content, block, unpacked);
        length += unpacked;
        if (linked) {
            history = history + unpacked < HISTORY ? history + unpacked : HISTORY;
            memmove(block - history, block + unpacked - history, history);
        }
    }
    if (content_checksum && take_word() != xxh32_end(&content))
        fail("the content's checksum is wrong");
    if (flags & 0x08 && promised != length)
        fail("the content has not the length that the header gives");
}

int main(void)
{
    read_input(&data, &size);
    if (!size)
        fail("the file is empty");
    while (size) {
        uint32_t magic = take_word();
        if (magic == 0x184d2204)
            frame();
        else if (magic >> 4 == 0x184d2a5) /* a frame of somebody's own, to be skipped */
            take(take_word());
        else
            fail("this is no LZ4 file");
    }
    return 0;
}
