// What the kernels share: compiled for wide registers where the processor has them, and e^x without a call.
#pragma once
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif

// e^x for x <= 0 to about 1 part in 10^7: 2^n times a polynomial in the rest (coefficients: Cephes, expf).
inline __attribute__((always_inline)) float exp_negative(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // rounds to a whole number
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  const float p = ((((1.9875691500e-4f * r + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r + 1.6666665459e-1f) * r + 0.5f;
  union { int32_t i; float f; } scale;
  scale.i = (static_cast<int32_t>(n) + 127) << 23;
  return (p * r * r + r + 1.0f) * scale.f;
}

// 1/2 (1 + erf(x/sqrt 2)); erf by Abramowitz and Stegun 7.1.26, at most 1.5e-7 off.
inline __attribute__((always_inline)) float normal_below(float x) {
  const float z = __builtin_fabsf(x) * 0.70710678f, t = 1.0f / (1.0f + 0.3275911f * z);
  const float tail = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t * exp_negative(-z * z);
  return x < 0 ? 0.5f * tail : 1.0f - 0.5f * tail;
}

inline __attribute__((always_inline)) float gelu_one(float x) { return x * normal_below(x); }

// 0, or `scale`: the same for the same seed and place (mixing: lowbias32, Wellons).
inline __attribute__((always_inline)) float kept(uint32_t seed, uint32_t place, float dropout, float scale) {
  uint32_t x = place + seed;
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return (x >> 8) * (1.0f / 16777216.0f) < dropout ? 0.0f : scale;
}
