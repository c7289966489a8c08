# Start-up code of a Tracework guest. The machine enters here with every register zero but a0, the input's address, and
# a1, its length in bytes (MCH-025). bss and stack need no clearing: memory that the image doesn't fill is zero.
    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    la      sp, __stack_top
    la      tp, __tls_start         # one thread: its variables are used where they were loaded
    call    __tw_start              # never returns
    .size _start, . - _start
