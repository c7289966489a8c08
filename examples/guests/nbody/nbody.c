/* The motion of bodies under their gravity, in double precision: a symplectic Euler integration, every pair of bodies at
 * every step. The machine has no floating point; the compiler's library computes IEEE 754 in integers, to the last bit.
 *
 * The input is text, `#` begins a comment: the number of steps, the time step, then seven numbers a body: position,
 * velocity, mass (with G = 1). The output is the energy before and after, then each body's position and velocity: each
 * number as a decimal of nine places and as the 64 bits of the double. */
#include <math.h>
#include <string.h>
#include <tracework.h>

enum { LIMIT = 256 };
typedef struct { double position[3], velocity[3], mass; } body;

static body bodies[LIMIT];
static size_t count;
static const uint8_t *text;
static size_t size;

__attribute__((noreturn)) static void fail(const char *why)
{
    tw_print("nbody: ");
    tw_print(why);
    tw_print("\n");
    tw_exit(1);
}

/* Skips blanks and comments; says whether anything is left. */
static int more(void)
{
    while (size && (*text <= ' ' || *text == '#')) {
        if (*text == '#')
            while (size && *text != '\n')
                text++, size--;
        else
            text++, size--;
    }
    return size > 0;
}

/* Reads a decimal number of at most 15 digits. Digits and power of ten are exact as doubles then, so that the one
 * division gives the nearest double, as any correct reader of decimals does. */
static double read_number(void)
{
    if (!more())
        fail("the input ends too early");
    int negative = *text == '-', digits = 0, significant = 0, places = -1;
    if (negative)
        text++, size--;
    uint64_t value = 0, power = 1;
    for (; size && *text > ' '; text++, size--) {
        if (*text == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (*text < '0' || *text > '9')
            fail("there is something in the input that is no decimal number");
        value = 10 * value + (uint64_t)(*text - '0');
        digits++;
        significant += value != 0;
        if (places >= 0) {
            places++;
            power *= 10;
        }
        if (significant > 15 || places > 15)
            fail("a number has more than 15 digits or 15 places");
    }
    if (!digits)
        fail("a number has no digits");
    double magnitude = (double)value / (double)power;
    return negative ? -magnitude : magnitude;
}

static void put(const char *string)
{
    write_output((const uint8_t *)string, strlen(string));
}

static void put_number(double x)
{
    char line[40];
    size_t at = sizeof line;
    uint64_t bits;
    memcpy(&bits, &x, 8);
    for (int i = 0; i < 16; i++)
        line[--at] = "0123456789abcdef"[bits >> 4 * i & 15];
    line[--at] = ' ';
    if (!(fabs(x) < 9e9))
        fail("a result is out of range: too close an encounter, or too large a time step");
    uint64_t places = (uint64_t)(fabs(x) * 1e9 + 0.5);
    for (int i = 0; i < 10 || places; i++) {
        if (i == 9)
            line[--at] = '.';
        line[--at] = (char)('0' + places % 10);
        places /= 10;
    }
    if (bits >> 63)
        line[--at] = '-';
    write_output((const uint8_t *)line + at, sizeof line - at);
}

/* The square of the distance of two bodies, and its components. */
static double apart(const body *a, const body *b, double difference[3])
{
    for (int k = 0; k < 3; k++)
        difference[k] = a->position[k] - b->position[k];
    return difference[0] * difference[0] + difference[1] * difference[1] + difference[2] * difference[2];
}

static double energy(void)
{
    double sum = 0, difference[3];
    for (size_t i = 0; i < count; i++) {
        const double *v = bodies[i].velocity;
        sum += 0.5 * bodies[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        for (size_t j = i + 1; j < count; j++)
            sum -= bodies[i].mass * bodies[j].mass / sqrt(apart(&bodies[i], &bodies[j], difference));
    }
    return sum;
}

static void step(double time)
{
    double difference[3];
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            double square = apart(&bodies[i], &bodies[j], difference), pull = time / (square * sqrt(square));
            for (int k = 0; k < 3; k++) {
                bodies[i].velocity[k] -= difference[k] * bodies[j].mass * pull;
                bodies[j].velocity[k] += difference[k] * bodies[i].mass * pull;
            }
        }
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 3; k++)
            bodies[i].position[k] += time * bodies[i].velocity[k];
}

int main(void)
{
    read_input(&text, &size);
    double steps = read_number(), time = read_number();
    for (; more(); count++) {
        if (count == LIMIT)
            fail("there are more than 256 bodies");
        for (int k = 0; k < 3; k++)
            bodies[count].position[k] = read_number();
        for (int k = 0; k < 3; k++)
            bodies[count].velocity[k] = read_number();
        bodies[count].mass = read_number();
    }

    put("energy before ");
    put_number(energy());
    for (uint64_t n = 0; n < (uint64_t)steps; n++)
        step(time);
    put("\nenergy after ");
    put_number(energy());
    put("\n");
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 6; k++) {
            put_number(k < 3 ? bodies[i].position[k] : bodies[i].velocity[k - 3]);
            put(k < 5 ? " " : "\n");
        }
    return 0;
}
