/* <assert.h> of the guest kit: a failed assertion prints its text and ends the run with the fault "breakpoint". */
#include <stdlib.h>
#include <tracework.h>

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : (tw_print("assertion failed: " #condition "\n"), abort()))
#endif
