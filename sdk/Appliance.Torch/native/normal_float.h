#pragma once
#include <cstdint>

// out[k] = grid[code k] * scale of its block of 64; two codes a byte, the first in the upper half.
inline void nf4_decode(const uint8_t* codes, const float* scales, float* out, int64_t n) {
  static const float grid[16] = {
      -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
      -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
      0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f};
  const int64_t blocks = (n + 63) / 64;
#pragma omp parallel for schedule(static) if (n > 32768)
  for (int64_t b = 0; b < blocks; b++) {
    const int64_t end = b * 64 + 64 < n ? b * 64 + 64 : n;
    for (int64_t k = b * 64; k < end; k++) out[k] = grid[k % 2 == 0 ? codes[k / 2] >> 4 : codes[k / 2] & 15] * scales[b];
  }
}
