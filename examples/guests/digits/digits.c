/* Recognises digits: a network of two convolutions and a linear layer, in int8 weights and 32-bit sums, as accelerators
 * run it. The input is a file of 16x16 images in the IDX format of the MNIST set; the output has a line for each: the
 * digit, then the score of each of the ten. weights.h is by train.py. */
#include <string.h>
#include <tracework.h>

#include "weights.h"

enum { SIDE = 16, FIRST = 8, SECOND = 16, CLASSES = 10 };

static uint8_t first[FIRST][SIDE / 2][SIDE / 2];
static uint8_t second[SECOND][SIDE / 4][SIDE / 4];

/* Back to a byte: the layer's scale as a multiplier of 24 bits after the point. Negative sums are cut off at 0. */
static uint8_t rescale(int64_t sum, int64_t multiplier)
{
    int64_t value = sum * multiplier >> 24;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* A 3x3 convolution at every second pixel; beyond the edge there are zeros. Weights are ordered channel, row, column. */
static void convolve(const uint8_t *in, int channels, int side, const int8_t *weights, const int32_t *bias,
                     int64_t multiplier, uint8_t *out, int outputs)
{
    for (int output = 0; output < outputs; output++, weights += 9 * channels)
        for (int y = 0; y < side; y += 2)
            for (int x = 0; x < side; x += 2) {
                int32_t sum = bias[output];
                for (int channel = 0; channel < channels; channel++)
                    for (int i = 0; i < 3; i++) {
                        int row = y + i - 1;
                        if (row < 0 || row >= side)
                            continue;
                        for (int j = x == 0; j < 3 && x + j - 1 < side; j++)
                            sum += weights[9 * channel + 3 * i + j] * in[(channel * side + row) * side + x + j - 1];
                    }
                *out++ = rescale(sum, multiplier);
            }
}

static char *put_number(char *to, int32_t number)
{
    char digits[12];
    int count = 0;
    uint32_t rest = number < 0 ? 0 - (uint32_t)number : (uint32_t)number;
    do
        digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *to++ = '-';
    while (count)
        *to++ = digits[--count];
    return to;
}

static void recognise(const uint8_t *image)
{
    convolve(image, 1, SIDE, &first_weights[0][0], first_bias, first_multiplier, &first[0][0][0], FIRST);
    convolve(&first[0][0][0], FIRST, SIDE / 2, &second_weights[0][0], second_bias, second_multiplier, &second[0][0][0], SECOND);

    int32_t scores[CLASSES];
    int best = 0;
    for (int class = 0; class < CLASSES; class++) {
        int32_t sum = last_bias[class];
        for (size_t i = 0; i < sizeof second; i++)
            sum += last_weights[class][i] * (&second[0][0][0])[i];
        scores[class] = sum;
        if (sum > scores[best])
            best = class;
    }

    char line[2 + 12 * CLASSES], *end = line;
    *end++ = (char)('0' + best);
    for (int class = 0; class < CLASSES; class++) {
        *end++ = ' ';
        end = put_number(end, scores[class]);
    }
    *end++ = '\n';
    write_output((const uint8_t *)line, (size_t)(end - line));
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int main(void)
{
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size < 16 || big_endian(data) != 0x803 || big_endian(data + 8) != SIDE || big_endian(data + 12) != SIDE ||
        (size - 16) / (SIDE * SIDE) != big_endian(data + 4) || (size - 16) % (SIDE * SIDE)) {
        tw_print("digits: the input is no IDX file of 16x16 images\n");
        return 1;
    }
    for (size_t at = 16; at < size; at += SIDE * SIDE)
        recognise(data + at);
    return 0;
}
