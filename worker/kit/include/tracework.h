/* The Tracework guest kit. read_input and write_output are those of the zkVM C interface, so that a guest's source moves
 * between machines; what begins with tw_ is Tracework's own. The same source builds for the host with host.c. */
#ifndef TRACEWORK_H
#define TRACEWORK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gives the whole input: where it lies and how many bytes it has. It is read-only: a store into it ends the run with the
 * fault store-to-input. Costs a few steps, copies nothing, may be called again. */
void read_input(const uint8_t **data, size_t *size);

/* Appends `size` bytes to the output. The output may have 2^30 bytes; past that the guest aborts. */
void write_output(const uint8_t *data, size_t size);

/* Ends the run with this exit code (0 means success) and the output as it was written. Returning from main does so too. */
__attribute__((noreturn)) void tw_exit(int code);

/* Shows text to whoever watches the run. It is no part of the result: the machine doesn't read it. */
void tw_debug(const char *text, size_t size);

/* tw_debug for a string that ends in a zero byte. */
void tw_print(const char *text);

/* tw_debug for a number, in decimal. */
void tw_print_number(uint64_t number);

#ifdef __cplusplus
}
#endif

#endif
