/* An interpreter of a small register machine: a switch an operation, which is an indirect jump that no one foresees. The
 * program that it runs follows the Collatz sequence of every number up to n, and counts the lengths. Input: n. */
#include "../benchmark.h"

enum operation { SET, MOVE, ADD, ADD_SMALL, MULTIPLY_SMALL, AND_SMALL, SHIFT_RIGHT, LOAD, STORE, JUMP, JUMP_EQUAL, JUMP_LESS,
                 CALL, RETURN, STOP };
enum name { LIMIT, N, TOTAL, LONGEST, X, LENGTH, BIT, ONE, COUNT, REGISTERS };

struct instruction {
    uint8_t operation, a, b;
    int32_t c; /* a register, a small number, or where to jump */
};

static const struct instruction program[] = {
    /*  0 */ {SET, N, 0, 1},
    /*  1 */ {SET, ONE, 0, 1},
    /*  2 */ {JUMP_LESS, LIMIT, N, 14},
    /*  3 */ {MOVE, X, N, 0},
    /*  4 */ {CALL, 0, 0, 15},
    /*  5 */ {ADD, TOTAL, TOTAL, LENGTH},
    /*  6 */ {LOAD, COUNT, LENGTH, 0},
    /*  7 */ {ADD_SMALL, COUNT, COUNT, 1},
    /*  8 */ {STORE, COUNT, LENGTH, 0},
    /*  9 */ {JUMP_LESS, LONGEST, LENGTH, 11},
    /* 10 */ {JUMP, 0, 0, 12},
    /* 11 */ {MOVE, LONGEST, LENGTH, 0},
    /* 12 */ {ADD_SMALL, N, N, 1},
    /* 13 */ {JUMP, 0, 0, 2},
    /* 14 */ {STOP, 0, 0, 0},
    /* 15: LENGTH becomes the number of terms from X down to 1 */
    /* 15 */ {SET, LENGTH, 0, 0},
    /* 16 */ {JUMP_EQUAL, X, ONE, 25},
    /* 17 */ {ADD_SMALL, LENGTH, LENGTH, 1},
    /* 18 */ {AND_SMALL, BIT, X, 1},
    /* 19 */ {JUMP_EQUAL, BIT, ONE, 22},
    /* 20 */ {SHIFT_RIGHT, X, X, 1},
    /* 21 */ {JUMP, 0, 0, 16},
    /* 22 */ {MULTIPLY_SMALL, X, X, 3},
    /* 23 */ {ADD_SMALL, X, X, 1},
    /* 24 */ {JUMP, 0, 0, 16},
    /* 25 */ {RETURN, 0, 0, 0},
};

static uint64_t registers[REGISTERS], memory[1024];

static void interpret(void)
{
    const struct instruction *next = program, *stack[16];
    size_t depth = 0;
    for (;;) {
        const struct instruction *i = next++;
        switch ((enum operation)i->operation) {
        case SET: registers[i->a] = (uint64_t)i->c; break;
        case MOVE: registers[i->a] = registers[i->b]; break;
        case ADD: registers[i->a] = registers[i->b] + registers[i->c]; break;
        case ADD_SMALL: registers[i->a] = registers[i->b] + (uint64_t)i->c; break;
        case MULTIPLY_SMALL: registers[i->a] = registers[i->b] * (uint64_t)i->c; break;
        case AND_SMALL: registers[i->a] = registers[i->b] & (uint64_t)i->c; break;
        case SHIFT_RIGHT: registers[i->a] = registers[i->b] >> i->c; break;
        case LOAD: registers[i->a] = memory[registers[i->b] & 1023]; break;
        case STORE: memory[registers[i->b] & 1023] = registers[i->a]; break;
        case JUMP: next = program + i->c; break;
        case JUMP_EQUAL: if (registers[i->a] == registers[i->b]) next = program + i->c; break;
        case JUMP_LESS: if (registers[i->a] < registers[i->b]) next = program + i->c; break;
        case CALL: stack[depth++] = next; next = program + i->c; break;
        case RETURN: next = stack[--depth]; break;
        case STOP: return;
        }
    }
}

int main(void)
{
    registers[LIMIT] = parameter(0);
    interpret();
    uint64_t sum = mix(mix(0, registers[TOTAL]), registers[LONGEST]);
    for (size_t i = 0; i < 1024; i++)
        sum = mix(sum, memory[i]);
    report(sum);
    return 0;
}
