/* The part of <math.h> that the compiler's runtime library has. On this machine all of it is integer code, the same on
 * every host. sqrt, fma and those that round are exact as IEEE 754 says; the transcendental ones may differ from another library's in
 * the last bit. */
#ifndef TW_MATH_H
#define TW_MATH_H

#ifdef __cplusplus
extern "C" {
#endif
double sqrt(double), fma(double, double, double), fabs(double), fmod(double, double), fmin(double, double), fmax(double, double);
double floor(double), ceil(double), trunc(double), round(double);
double sin(double), cos(double), tan(double), exp(double), exp2(double), log(double), log2(double), log10(double);
float sqrtf(float), fmaf(float, float, float), fabsf(float), fmodf(float, float), fminf(float, float), fmaxf(float, float);
float floorf(float), ceilf(float), truncf(float), roundf(float);
float sinf(float), cosf(float), tanf(float), expf(float), exp2f(float), logf(float), log2f(float), log10f(float);
#ifdef __cplusplus
}
#endif

#endif
