/* Powers modulo a 256-bit prime (that of secp256k1) by Montgomery multiplication: wide products, carries, 128-bit sums.
 * Input: how many powers. Each is base^exponent with a base and an exponent of 256 bits; the next base is the result. */
#include "../benchmark.h"

typedef unsigned __int128 wide;
typedef struct { uint64_t limb[4]; } number;

static const number P = {{0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff}};
static const uint64_t P_INVERSE = 0xd838091dd2253531; /* -1/P modulo 2^64 */
static const number R2 = {{0x000007a2000e90a1, 0x0000000000000001, 0, 0}}; /* 2^512 modulo P */

/* a*b / 2^256 modulo P. */
static number multiply(const number *a, const number *b)
{
    uint64_t t[6] = {0};
    for (int i = 0; i < 4; i++) {
        wide carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += (wide)a->limb[j] * b->limb[i] + t[j];
            t[j] = (uint64_t)carry;
            carry >>= 64;
        }
        carry += t[4];
        t[4] = (uint64_t)carry;
        t[5] = (uint64_t)(carry >> 64);

        uint64_t m = t[0] * P_INVERSE;
        carry = ((wide)m * P.limb[0] + t[0]) >> 64;
        for (int j = 1; j < 4; j++) {
            carry += (wide)m * P.limb[j] + t[j];
            t[j - 1] = (uint64_t)carry;
            carry >>= 64;
        }
        carry += t[4];
        t[3] = (uint64_t)carry;
        t[4] = t[5] + (uint64_t)(carry >> 64);
    }
    number reduced;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        wide difference = (wide)t[i] - P.limb[i] - borrow;
        reduced.limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    if (t[4] < borrow)
        memcpy(reduced.limb, t, sizeof reduced.limb);
    return reduced;
}

static number power(number base, const number *exponent)
{
    number one = {{1, 0, 0, 0}};
    number factor = multiply(&base, &R2), result = multiply(&one, &R2);
    for (int i = 255; i >= 0; i--) {
        result = multiply(&result, &result);
        if (exponent->limb[i / 64] >> i % 64 & 1)
            result = multiply(&result, &factor);
    }
    return multiply(&result, &one);
}

int main(void)
{
    uint64_t powers = parameter(0), seed = 4, sum = 0;
    number base = {{3, 0, 0, 0}};
    for (uint64_t n = 0; n < powers; n++) {
        number exponent;
        for (int i = 0; i < 4; i++)
            exponent.limb[i] = next_random(&seed);
        base = power(base, &exponent);
    }
    for (int i = 0; i < 4; i++)
        sum = mix(sum, base.limb[i]);
    report(sum);
    return 0;
}
