/* The host side of tracework.h: runs a guest's source as an ordinary program, for tests and debuggers.
 * Input comes from standard input, output goes to standard output, debug text to standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracework.h>

static uint8_t *input_data;
static size_t input_size;

__attribute__((constructor)) static void load_input(void)
{
    size_t room = 0;
    for (;;) {
        if (input_size == room) {
            room = room ? 2 * room : 1 << 16;
            input_data = realloc(input_data, room);
            if (!input_data)
                abort();
        }
        size_t got = fread(input_data + input_size, 1, room - input_size, stdin);
        if (!got)
            return;
        input_size += got;
    }
}

void read_input(const uint8_t **data, size_t *size)
{
    *data = input_data;
    *size = input_size;
}

void write_output(const uint8_t *data, size_t size)
{
    if (fwrite(data, 1, size, stdout) != size)
        abort();
}

__attribute__((noreturn)) void tw_exit(int code)
{
    exit(code);
}

void tw_debug(const char *text, size_t size)
{
    fwrite(text, 1, size, stderr);
}

void tw_print(const char *text)
{
    tw_debug(text, strlen(text));
}

void tw_print_number(uint64_t number)
{
    fprintf(stderr, "%llu", (unsigned long long)number);
}
