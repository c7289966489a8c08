/* Renders one tile of a picture by path tracing, and writes it as a PNG. Integer arithmetic throughout, with 20 bits after
 * the point: a tile is the same wherever it is computed, and tiles by different workers fit together without a seam.
 *
 * The input is text: the picture's width and height, the tile's left edge, top, width and height, and samples a pixel. */
#include <stdlib.h>
#include <string.h>
#include <tracework.h>

#include "png.h"

typedef int64_t fixed; /* real numbers times 2^20; products of two stay below 2^63 as long as the product is below 2^23 */
typedef struct { fixed x, y, z; } vector;

enum { POINT = 20, LONGEST_PATH = 8 };
#define ONE ((fixed)1 << POINT)
#define REAL(x) ((fixed)((x) * (1 << POINT))) /* constants only: folded by the compiler */
#define FAR REAL(1000)
#define NEAR REAL(0.002) /* a ray that leaves a surface doesn't meet it again */

static fixed times(fixed a, fixed b)
{
    return a * b >> POINT;
}

static fixed over(fixed a, fixed b)
{
    return (a * ONE) / b;
}

/* Newton's iteration for the root of an integer, from above. */
static fixed root(fixed a)
{
    if (a <= 0)
        return 0;
    uint64_t n = (uint64_t)a << POINT, x = 1, next;
    for (uint64_t rest = n; rest; rest >>= 2)
        x <<= 1;
    while ((next = (x + n / x) >> 1) < x)
        x = next;
    return (fixed)x;
}

static vector add(vector a, vector b) { return (vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static vector subtract(vector a, vector b) { return (vector){a.x - b.x, a.y - b.y, a.z - b.z}; }
static vector scale(vector a, fixed by) { return (vector){times(a.x, by), times(a.y, by), times(a.z, by)}; }
static vector filter(vector a, vector b) { return (vector){times(a.x, b.x), times(a.y, b.y), times(a.z, b.z)}; }
static fixed dot(vector a, vector b) { return (a.x * b.x + a.y * b.y + a.z * b.z) >> POINT; }

static vector unit(vector a)
{
    fixed length = root(dot(a, a));
    return length ? (vector){over(a.x, length), over(a.y, length), over(a.z, length)} : (vector){0, ONE, 0};
}

static vector mirrored(vector direction, vector normal)
{
    return subtract(direction, scale(normal, 2 * dot(direction, normal)));
}

/* Random numbers: a stream for each sample of each pixel of the whole picture. */
static uint64_t stream;

static fixed chance(void)
{
    stream ^= stream << 13;
    stream ^= stream >> 7;
    stream ^= stream << 17;
    return (fixed)(stream * 0x2545f4914f6cdd1du >> (64 - POINT));
}

static void start_stream(uint64_t x, uint64_t y, uint64_t sample)
{
    uint64_t mixed = (y << 40 ^ x << 20 ^ sample) + 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    stream = (mixed ^ mixed >> 31) | 1;
}

static vector in_ball(void)
{
    for (;;) {
        vector v;
        v.x = 2 * chance() - ONE;
        v.y = 2 * chance() - ONE;
        v.z = 2 * chance() - ONE;
        if (dot(v, v) < ONE)
            return v;
    }
}

/* The scene: spheres on a chequered floor, under a sky with a sun. */
enum material { MATT, METAL, GLASS };

static const struct sphere {
    vector centre;
    fixed radius;
    vector colour;
    enum material material;
    fixed roughness;
} spheres[] = {
    {{REAL(0.0), REAL(1.05), REAL(0.9)}, REAL(1.05), {REAL(0.93), REAL(0.93), REAL(0.95)}, METAL, 0},
    {{REAL(-2.15), REAL(0.8), REAL(0.4)}, REAL(0.8), {REAL(0.80), REAL(0.26), REAL(0.16)}, MATT, 0},
    {{REAL(2.05), REAL(0.75), REAL(0.2)}, REAL(0.75), {REAL(0.10), REAL(0.45), REAL(0.50)}, MATT, 0},
    {{REAL(-0.95), REAL(0.42), REAL(-0.9)}, REAL(0.42), {REAL(0.95), REAL(0.70), REAL(0.30)}, METAL, REAL(0.12)},
    {{REAL(0.85), REAL(0.5), REAL(-1.1)}, REAL(0.5), {REAL(0.98), REAL(0.99), REAL(1.0)}, GLASS, 0},
    {{REAL(0.05), REAL(0.24), REAL(-1.75)}, REAL(0.24), {REAL(0.20), REAL(0.28), REAL(0.75)}, MATT, 0},
    {{REAL(-1.75), REAL(0.22), REAL(-1.35)}, REAL(0.22), {REAL(0.88), REAL(0.80), REAL(0.72)}, METAL, REAL(0.3)},
    {{REAL(1.75), REAL(0.26), REAL(-1.2)}, REAL(0.26), {REAL(0.90), REAL(0.62), REAL(0.10)}, MATT, 0},
    {{REAL(-3.4), REAL(1.3), REAL(3.2)}, REAL(1.3), {REAL(0.30), REAL(0.55), REAL(0.22)}, MATT, 0},
    {{REAL(3.3), REAL(1.1), REAL(2.9)}, REAL(1.1), {REAL(0.85), REAL(0.55), REAL(0.48)}, METAL, REAL(0.05)},
};
enum { SPHERES = sizeof spheres / sizeof *spheres };
static const vector SUN = {REAL(-0.5112), REAL(0.6390), REAL(-0.5751)}; /* of length 1 */
static const vector SUNLIGHT = {REAL(2.3), REAL(2.05), REAL(1.65)};

struct hit {
    fixed distance;
    vector normal; /* towards the outside of what was hit */
    vector colour;
    enum material material;
    fixed roughness;
};

/* The distance to a sphere along a ray of length 1, or FAR. */
static fixed meet(const struct sphere *sphere, vector from, vector direction)
{
    vector to = subtract(sphere->centre, from);
    fixed along = dot(to, direction);
    fixed inside = times(sphere->radius, sphere->radius) - (dot(to, to) - times(along, along));
    if (inside <= 0)
        return FAR;
    fixed half = root(inside);
    if (along - half > NEAR)
        return along - half;
    return along + half > NEAR ? along + half : FAR;
}

static fixed meet_floor(vector from, vector direction)
{
    if (direction.y >= -REAL(0.0005) || from.y <= 0)
        return FAR;
    fixed distance = over(from.y, -direction.y);
    return distance > NEAR && distance < REAL(60) ? distance : FAR;
}

static int nearest(vector from, vector direction, struct hit *hit)
{
    const struct sphere *best = NULL;
    hit->distance = FAR;
    for (int i = 0; i < SPHERES; i++) {
        fixed distance = meet(&spheres[i], from, direction);
        if (distance < hit->distance) {
            hit->distance = distance;
            best = &spheres[i];
        }
    }
    fixed floor = meet_floor(from, direction);
    if (floor < hit->distance) {
        vector at = add(from, scale(direction, floor));
        int odd = ((at.x >> POINT) ^ (at.z >> POINT)) & 1;
        hit->distance = floor;
        hit->normal = (vector){0, ONE, 0};
        hit->colour = odd ? (vector){REAL(0.62), REAL(0.60), REAL(0.57)} : (vector){REAL(0.16), REAL(0.17), REAL(0.20)};
        hit->material = MATT;
        return 1;
    }
    if (!best)
        return 0;
    vector out = subtract(add(from, scale(direction, hit->distance)), best->centre);
    hit->normal = unit(out);
    hit->colour = best->colour;
    hit->material = best->material;
    hit->roughness = best->roughness;
    return 1;
}

static int in_shadow(vector from, vector direction)
{
    for (int i = 0; i < SPHERES; i++)
        if (meet(&spheres[i], from, direction) < FAR)
            return 1;
    return 0;
}

static vector sky(vector direction, int with_sun)
{
    fixed height = direction.y > 0 ? direction.y : 0, haze = ONE - height;
    haze = times(haze, times(haze, haze));
    vector colour = {
        REAL(0.28) + times(haze, REAL(0.62)), REAL(0.47) + times(haze, REAL(0.40)), REAL(0.82) + times(haze, REAL(0.10)),
    };
    if (with_sun && dot(direction, SUN) > REAL(0.9985))
        colour = (vector){REAL(14), REAL(13), REAL(11)};
    return colour;
}

/* Where a ray goes on when it meets glass: through, or back, at random in the right proportion (Schlick). */
static vector through_glass(vector direction, vector normal)
{
    fixed cosine = -dot(direction, normal), ratio = REAL(1 / 1.5);
    if (cosine < 0) {
        normal = scale(normal, -ONE);
        cosine = -cosine;
        ratio = REAL(1.5);
    }
    fixed inside = ONE - times(times(ratio, ratio), ONE - times(cosine, cosine));
    fixed slant = ONE - cosine, square = times(slant, slant);
    fixed reflected = REAL(0.04) + times(REAL(0.96), times(times(square, square), slant));
    if (inside < 0 || chance() < reflected)
        return mirrored(direction, normal);
    return unit(add(scale(direction, ratio), scale(normal, times(ratio, cosine) - root(inside))));
}

/* The light that comes along one random path, backwards. */
static vector trace(vector from, vector direction)
{
    vector light = {0, 0, 0}, carried = {ONE, ONE, ONE};
    int sees_sun = 1;
    for (int length = 0; length < LONGEST_PATH; length++) {
        struct hit hit;
        if (!nearest(from, direction, &hit))
            return add(light, filter(carried, sky(direction, sees_sun)));
        from = add(from, scale(direction, hit.distance));
        carried = filter(carried, hit.colour);
        if (hit.material == GLASS) {
            direction = through_glass(direction, hit.normal);
            sees_sun = 1;
        } else if (hit.material == METAL) {
            direction = unit(add(mirrored(direction, hit.normal), scale(in_ball(), hit.roughness)));
            if (dot(direction, hit.normal) <= 0)
                return light;
            sees_sun = hit.roughness == 0;
        } else {
            vector sun = unit(add(SUN, scale(in_ball(), REAL(0.035)))); /* a disc: soft shadows */
            fixed facing = dot(sun, hit.normal);
            if (facing > 0 && !in_shadow(from, sun))
                light = add(light, scale(filter(carried, SUNLIGHT), facing));
            direction = unit(add(hit.normal, unit(in_ball())));
            sees_sun = 0; /* its light has just been counted */
        }
    }
    return light;
}

static uint8_t tone(fixed light, fixed samples)
{
    fixed value = root(light / samples) * 255 >> POINT; /* a gamma of 2 */
    return (uint8_t)(value > 255 ? 255 : value);
}

static const uint8_t *text;
static size_t size;

static uint64_t read_number(uint64_t least, uint64_t most)
{
    uint64_t number = 0;
    while (size && (*text < '0' || *text > '9'))
        text++, size--;
    int given = size > 0;
    for (; size && *text >= '0' && *text <= '9' && number <= most; text++, size--)
        number = 10 * number + (uint64_t)(*text - '0');
    if (!given || number < least || number > most) {
        tw_print("render: the input is: width height left top columns rows samples\n");
        tw_exit(1);
    }
    return number;
}

int main(void)
{
    read_input(&text, &size);
    fixed width = (fixed)read_number(1, 16384), height = (fixed)read_number(1, 16384);
    fixed left = (fixed)read_number(0, (uint64_t)width - 1), top = (fixed)read_number(0, (uint64_t)height - 1);
    fixed columns = (fixed)read_number(1, (uint64_t)(width - left)), rows = (fixed)read_number(1, (uint64_t)(height - top));
    fixed samples = (fixed)read_number(1, 65536);

    const vector eye = {REAL(0.3), REAL(1.75), REAL(-6.2)};
    const vector ahead = {REAL(-0.04598), REAL(-0.15327), REAL(0.98711)}; /* these three are of length 1, at right angles */
    const vector right = {REAL(0.99892), REAL(0.0), REAL(0.04653)};
    const vector up = {REAL(0.00713), REAL(0.98818), REAL(0.15311)};
    uint8_t *row = malloc((size_t)(3 * columns));
    if (!row)
        abort();

    png_start((uint32_t)columns, (uint32_t)rows);
    for (fixed y = top; y < top + rows; y++) {
        for (fixed x = left; x < left + columns; x++) {
            vector sum = {0, 0, 0};
            for (fixed sample = 0; sample < samples; sample++) {
                start_stream((uint64_t)x, (uint64_t)y, (uint64_t)sample);
                fixed across = (2 * (x * ONE + chance()) - width * ONE) / height;
                fixed down = (2 * (y * ONE + chance()) - height * ONE) / height;
                vector direction = add(ahead, scale(add(scale(right, across), scale(up, -down)), REAL(0.46)));
                sum = add(sum, trace(eye, unit(direction)));
            }
            uint8_t *pixel = row + 3 * (x - left);
            pixel[0] = tone(sum.x, samples);
            pixel[1] = tone(sum.y, samples);
            pixel[2] = tone(sum.z, samples);
        }
        png_row(row, y + 1 == top + rows);
    }
    png_end();
    return 0;
}
