/* The guest side of tracework.h: what the machine offers, as functions. */
#include <tracework.h>

#define OUTPUT_BASE ((uint8_t *)0xC0000000)
#define OUTPUT_LIMIT ((size_t)1 << 30)

enum { CALL_DEBUG = 64, CALL_EXIT = 93 }; /* MCH-060; numbers and arguments are Linux's write and exit */

/* The script keeps it, so that no program's constants are empty and a file says what it was linked with. */
__attribute__((used, section(".rodata.tracework_kit"))) static const char kit_name[] = "tracework guest kit 1";

static const uint8_t *input_data;
static size_t input_size;
static size_t output_size;

extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);
int main(int count, char **arguments);
void exit(int code);
void abort(void);
void *memcpy(void *to, const void *from, size_t size);

void read_input(const uint8_t **data, size_t *size)
{
    *data = input_data;
    *size = input_size;
}

void write_output(const uint8_t *data, size_t size)
{
    if (size > OUTPUT_LIMIT - output_size) {
        tw_print("write_output: the output may not exceed 2^30 bytes\n");
        abort();
    }
    memcpy(OUTPUT_BASE + output_size, data, size);
    output_size += size;
}

__attribute__((noreturn)) void tw_exit(int code)
{
    register long a0 __asm__("a0") = code;
    register size_t a1 __asm__("a1") = output_size;
    register long a7 __asm__("a7") = CALL_EXIT;
    /* "memory": the output is read after this, by the machine. */
    __asm__ volatile("ecall" : : "r"(a0), "r"(a1), "r"(a7) : "memory");
    __builtin_unreachable();
}

void exit(int code)
{
    tw_exit(code);
}

/* Ends the run with the fault "breakpoint": a claim that no one can take for success. */
__attribute__((noreturn)) void abort(void)
{
    __asm__ volatile("ebreak");
    for (;;)
        ;
}

void tw_debug(const char *text, size_t size)
{
    register long a0 __asm__("a0") = 2;
    register const char *a1 __asm__("a1") = text;
    register size_t a2 __asm__("a2") = size;
    register long a7 __asm__("a7") = CALL_DEBUG;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
}

void tw_print(const char *text)
{
    size_t size = 0;
    while (text[size])
        size++;
    tw_debug(text, size);
}

void tw_print_number(uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    tw_debug(digits + first, sizeof digits - first);
}

/* Called by crt0.S with the two registers that the machine sets. */
__attribute__((noreturn, used)) void __tw_start(const uint8_t *data, size_t size)
{
    input_data = data;
    input_size = size;
    for (void (*const *constructor)(void) = __init_array_start; constructor != __init_array_end; constructor++)
        (*constructor)();
    char *no_arguments[] = {NULL};
    tw_exit(main(0, no_arguments));
}
