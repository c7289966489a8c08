/* A hash table with open addressing, filled, probed and thinned at random: loads and stores all over 32 MiB.
 * Input: how many operations. */
#include "../benchmark.h"

enum { SLOTS = 1 << 21 };
static struct { uint64_t key, value; } slots[SLOTS]; /* key 0: empty */

static size_t find(uint64_t key)
{
    size_t at = (key * 0x9e3779b97f4a7c15u) >> 43;
    while (slots[at].key && slots[at].key != key)
        at = (at + 1) % SLOTS;
    return at;
}

/* Closes the gap, so that every key can still be reached from its own slot. */
static void erase(size_t gap)
{
    for (size_t at = (gap + 1) % SLOTS; slots[at].key; at = (at + 1) % SLOTS) {
        size_t home = (slots[at].key * 0x9e3779b97f4a7c15u) >> 43;
        if ((at - home) % SLOTS >= (at - gap) % SLOTS) {
            slots[gap] = slots[at];
            gap = at;
        }
    }
    slots[gap].key = slots[gap].value = 0;
}

int main(void)
{
    uint64_t operations = parameter(0), seed = 7, sum = 0, live = 0;
    for (uint64_t n = 0; n < operations; n++) {
        uint64_t random = next_random(&seed), key = 1 + (random >> 8) % (SLOTS - SLOTS / 4);
        size_t at = find(key);
        if (!slots[at].key) {
            slots[at].key = key;
            slots[at].value = n;
            live++;
        } else if (random % 4) {
            sum = mix(sum, slots[at].value++);
        } else {
            erase(at);
            live--;
        }
    }
    report(mix(sum, live));
    return 0;
}
