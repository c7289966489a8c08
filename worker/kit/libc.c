/* The few library functions that freestanding C programs need; compilers emit calls to the first four on their own.
 * Loads and stores may be misaligned on this machine and cost one step all the same, so words are moved as they come. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct { uint64_t bits; } __attribute__((packed, may_alias)) word;

/* The named functions below mustn't be compiled into calls of themselves (build.py passes -fno-builtin). */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    for (; size >= 32; size -= 32, d += 32, s += 32) {
        uint64_t a = ((const word *)s)[0].bits, b = ((const word *)s)[1].bits;
        uint64_t c = ((const word *)s)[2].bits, e = ((const word *)s)[3].bits;
        ((word *)d)[0].bits = a;
        ((word *)d)[1].bits = b;
        ((word *)d)[2].bits = c;
        ((word *)d)[3].bits = e;
    }
    for (; size >= 8; size -= 8, d += 8, s += 8)
        ((word *)d)->bits = ((const word *)s)->bits;
    for (; size; size--)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= size) { /* the destination doesn't begin inside the source */
        for (; size >= 8; size -= 8, d += 8, s += 8)
            ((word *)d)->bits = ((const word *)s)->bits;
        for (; size; size--)
            *d++ = *s++;
        return to;
    }
    for (; size >= 8; size -= 8)
        ((word *)(d + size - 8))->bits = ((const word *)(s + size - 8))->bits;
    for (; size; size--)
        d[size - 1] = s[size - 1];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *d = to;
    uint64_t pattern = (uint8_t)value * 0x0101010101010101u;
    for (; size >= 32; size -= 32, d += 32) {
        ((word *)d)[0].bits = pattern;
        ((word *)d)[1].bits = pattern;
        ((word *)d)[2].bits = pattern;
        ((word *)d)[3].bits = pattern;
    }
    for (; size >= 8; size -= 8, d += 8)
        ((word *)d)->bits = pattern;
    for (; size; size--)
        *d++ = (uint8_t)value;
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const uint8_t *a = left, *b = right;
    for (; size >= 8 && ((const word *)a)->bits == ((const word *)b)->bits; size -= 8, a += 8, b += 8)
        ;
    for (; size; size--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

size_t strlen(const char *text)
{
    size_t size = 0;
    while (text[size])
        size++;
    return size;
}

int strcmp(const char *left, const char *right)
{
    for (; *left && *left == *right; left++, right++)
        ;
    return (uint8_t)*left - (uint8_t)*right;
}

/* A heap that only grows: blocks follow one another, 16 bytes of header each. free gives back the newest block alone. */
typedef struct { size_t size, unused; } header;

extern char __heap_start[], __heap_end[];
static char *heap_next; /* null until the first call */
static header *heap_newest;

static char *heap_top(void)
{
    return heap_next ? heap_next : __heap_start;
}

void *malloc(size_t size)
{
    char *start = heap_top();
    if (size > (size_t)(__heap_end - start) - 2 * sizeof(header))
        return NULL;
    header *block = (header *)start;
    block->size = (size + 15) & ~(size_t)15;
    heap_newest = block;
    heap_next = (char *)(block + 1) + block->size;
    return block + 1;
}

void free(void *pointer)
{
    if (pointer && (header *)pointer - 1 == heap_newest) {
        heap_next = (char *)heap_newest;
        heap_newest = NULL;
    }
}

void *calloc(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *block = malloc(count * size);
    if (block)
        memset(block, 0, count * size); /* a block that was freed may hold old bytes */
    return block;
}

void *realloc(void *pointer, size_t size)
{
    if (!pointer)
        return malloc(size);
    header *block = (header *)pointer - 1;
    if (block->size >= size)
        return pointer;
    size_t old = block->size;
    if (block == heap_newest) { /* the newest block grows where it is */
        free(pointer);
        void *same = malloc(size);
        if (!same) {
            heap_newest = block;
            heap_next = (char *)pointer + old;
        }
        return same;
    }
    void *moved = malloc(size);
    if (moved)
        memcpy(moved, pointer, old);
    return moved;
}
