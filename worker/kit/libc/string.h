/* The part of <string.h> that the guest kit has (libc.c). */
#ifndef TW_STRING_H
#define TW_STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);
#ifdef __cplusplus
}
#endif

/* A freestanding compiler doesn't take these names for what they are; so told, it expands small sizes in place. */
#define memcpy(to, from, size) __builtin_memcpy(to, from, size)
#define memmove(to, from, size) __builtin_memmove(to, from, size)
#define memset(to, value, size) __builtin_memset(to, value, size)
#define memcmp(left, right, size) __builtin_memcmp(left, right, size)
#define strlen(text) __builtin_strlen(text)

#endif
