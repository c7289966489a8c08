/* The part of <stdlib.h> that the guest kit has (libc.c, kit.c). */
#ifndef TW_STDLIB_H
#define TW_STDLIB_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *pointer, size_t size);
void free(void *pointer);
__attribute__((noreturn)) void exit(int code);  /* ends the run, as tw_exit does */
__attribute__((noreturn)) void abort(void);     /* ends the run with the fault "breakpoint" */
#ifdef __cplusplus
}
#endif

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

#endif
