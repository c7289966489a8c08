/* Sorting records by one order after another, each comparison and each key a call through a pointer: merge sort, then heap
 * sort, as a library's sort for any type does it. Input: the number of records (at most 2^20), and how many rounds. */
#include "../benchmark.h"

enum { LIMIT = 1 << 20 };
typedef struct { uint32_t id; uint16_t year; int16_t score; char name[8]; } record;
typedef int (*comparison)(const record *, const record *);
typedef void (*sorter)(record *, size_t, comparison);

static record records[LIMIT], scratch[LIMIT];

static int by_id(const record *a, const record *b) { return (a->id > b->id) - (a->id < b->id); }
static int by_name(const record *a, const record *b)
{
    int order = memcmp(a->name, b->name, sizeof a->name);
    return order ? order : by_id(a, b);
}
static int by_score(const record *a, const record *b) { return a->score != b->score ? b->score - a->score : by_id(a, b); }
static int by_year(const record *a, const record *b) { return a->year != b->year ? a->year - b->year : by_name(a, b); }

static void merge_sort(record *from, size_t count, comparison compare)
{
    if (count < 2)
        return;
    size_t half = count / 2, left = 0, right = half, at = 0;
    merge_sort(from, half, compare);
    merge_sort(from + half, count - half, compare);
    while (left < half && right < count)
        scratch[at++] = compare(&from[left], &from[right]) <= 0 ? from[left++] : from[right++];
    while (left < half)
        scratch[at++] = from[left++];
    memcpy(from, scratch, at * sizeof *from);
}

static void sink(record *heap, size_t at, size_t count, comparison compare)
{
    record moving = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(&heap[child], &heap[child + 1]) < 0)
            child++;
        if (compare(&moving, &heap[child]) >= 0)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static void heap_sort(record *from, size_t count, comparison compare)
{
    for (size_t i = count / 2; i > 0; i--)
        sink(from, i - 1, count, compare);
    for (size_t end = count; end > 1; end--) {
        record last = from[end - 1];
        from[end - 1] = from[0];
        from[0] = last;
        sink(from, 0, end - 1, compare);
    }
}

int main(void)
{
    static const comparison orders[] = {by_name, by_score, by_id, by_year};
    static const sorter sorters[] = {merge_sort, heap_sort};
    size_t count = parameter(0), rounds = parameter(1);
    uint64_t seed = 6, sum = 0;
    if (count > LIMIT)
        return 1;
    for (size_t i = 0; i < count; i++) {
        uint64_t random = next_random(&seed), letters = next_random(&seed);
        records[i] = (record){(uint32_t)random, (uint16_t)(1900 + (random >> 32) % 130), (int16_t)(random >> 48), ""};
        for (size_t j = 0; j < 7; j++)
            records[i].name[j] = (char)('a' + (letters >> 8 * j) % 5);
    }
    for (size_t round = 0; round < rounds; round++) {
        sorters[round % 2](records, count, orders[round % 4]);
        for (size_t i = 0; i < count; i += 1 + count / 64)
            sum = mix(sum, records[i].id);
        records[round % count].id ^= (uint32_t)sum;
    }
    report(sum);
    return 0;
}
