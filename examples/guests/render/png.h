/* Writes a PNG of 8-bit RGB to the output, row by row, without compression (stored blocks). */
#ifndef PNG_H
#define PNG_H

#include <tracework.h>

static uint32_t png_columns, png_crc, png_crc_table[256], png_sum_a, png_sum_b;

static void png_put(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        png_crc = png_crc_table[(png_crc ^ data[i]) & 255] ^ png_crc >> 8;
    write_output(data, size);
}

static void png_put_number(uint32_t number)
{
    uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    png_put(bytes, 4);
}

static void png_start_chunk(const char *kind, uint32_t size)
{
    png_put_number(size);
    png_crc = 0xffffffff;
    png_put((const uint8_t *)kind, 4);
}

static void png_end_chunk(void)
{
    png_put_number(~png_crc);
}

static void png_start(uint32_t columns, uint32_t rows)
{
    for (uint32_t i = 0; i < 256; i++) {
        png_crc_table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            png_crc_table[i] = png_crc_table[i] >> 1 ^ (png_crc_table[i] & 1 ? 0xedb88320 : 0);
    }
    png_columns = columns;
    png_sum_a = 1;
    png_put((const uint8_t *)"\x89PNG\r\n\x1a\n", 8);
    png_start_chunk("IHDR", 13);
    png_put_number(columns);
    png_put_number(rows);
    png_put((const uint8_t *)"\x08\x02\x00\x00\x00", 5); /* 8 bits, RGB */
    png_end_chunk();
    png_start_chunk("IDAT", 2);
    png_put((const uint8_t *)"\x78\x01", 2); /* the zlib stream's header */
    png_end_chunk();
}

/* One row as a chunk of its own: a stored block of at most 65,535 bytes, which 21,844 pixels fill. */
static void png_row(const uint8_t *pixels, int last)
{
    uint32_t size = 3 * png_columns + 1;
    uint8_t header[6] = {
        (uint8_t)(last != 0), (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size, (uint8_t)(~size >> 8), 0 /* no filter */
    };
    png_start_chunk("IDAT", 5 + size);
    png_put(header, 6);
    png_put(pixels, size - 1);
    png_end_chunk();
    png_sum_b = (png_sum_b + png_sum_a) % 65521; /* the filter's zero */
    for (uint32_t i = 0; i + 1 < size; i++) {
        png_sum_a += pixels[i];
        if (png_sum_a >= 65521)
            png_sum_a -= 65521;
        png_sum_b = (png_sum_b + png_sum_a) % 65521;
    }
}

static void png_end(void)
{
    png_start_chunk("IDAT", 4);
    png_put_number(png_sum_b << 16 | png_sum_a); /* the zlib stream's checksum */
    png_end_chunk();
    png_start_chunk("IEND", 0);
    png_end_chunk();
}

#endif
