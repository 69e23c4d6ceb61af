// Kernels that neither libtorch nor TorchSharp has. They know plain memory only, not libtorch, so they serve
// both; Beyond/ holds their callers, each with a fallback that needs no kernel.
#include <cmath>
#include <cstdint>

#include "exponential.h"
#include "normal_float.h"

namespace {
constexpr int64_t Chunk = 1 << 16;

struct Step { float lr, beta1, beta2, eps, decay, correction1, root2, scale; };

// One pass over one chunk: p -= lr*wd*p; m, v moving averages; p -= lr/c1 * m / (sqrt(v)/sqrt(c2) + eps).
WIDE void adamw_chunk(float* p, float* m, float* v, const float* g, int64_t n, Step s) {
  const float keep = 1.0f - s.lr * s.decay, rate = s.lr / s.correction1;
  for (int64_t k = 0; k < n; k++) {
    const float grad = g[k] * s.scale;
    const float mk = s.beta1 * m[k] + (1.0f - s.beta1) * grad;
    const float vk = s.beta2 * v[k] + (1.0f - s.beta2) * grad * grad;
    m[k] = mk;
    v[k] = vk;
    p[k] = p[k] * keep - rate * mk / (std::sqrt(vk) / s.root2 + s.eps);
  }
}

WIDE double square_sum(const float* g, int64_t n) {
  // Eight sums side by side, added in a fixed order: the compiler may vectorise without changing the result.
  double part[8] = {};
  int64_t k = 0;
  for (; k + 8 <= n; k += 8)
    for (int j = 0; j < 8; j++) part[j] += static_cast<double>(g[k + j]) * g[k + j];
  for (; k < n; k++) part[0] += static_cast<double>(g[k]) * g[k];
  double sum = 0;
  for (double p : part) sum += p;
  return sum;
}

WIDE void gelu_chunk(float* x, int64_t n) {
  for (int64_t k = 0; k < n; k++) x[k] = gelu_one(x[k]);
}
constexpr int64_t Tile = 16;

WIDE void transpose_band(const float* from, float* to, int64_t first, int64_t last, int64_t rows, int64_t columns) {
  for (int64_t c = 0; c < columns; c += Tile) {
    const int64_t wide = c + Tile < columns ? Tile : columns - c;
    float tile[Tile][Tile];
    if (wide == Tile && last - first == Tile) {
      for (int64_t r = 0; r < Tile; r++)
        for (int64_t k = 0; k < Tile; k++) tile[r][k] = from[(first + r) * columns + c + k];
      for (int64_t k = 0; k < Tile; k++)
        for (int64_t r = 0; r < Tile; r++) to[(c + k) * rows + first + r] = tile[r][k];
      continue;
    }
    for (int64_t r = first; r < last; r++)
      for (int64_t k = 0; k < wide; k++) to[(c + k) * rows + r] = from[r * columns + c + k];
  }
}
}  // namespace

extern "C" {

// 4-bit NormalFloat codes, two a byte with the first in the upper half, a scale for each 64 -> float32.
void kernel_nf4_decode(const uint8_t* codes, const float* scales, float* out, int64_t n) { nf4_decode(codes, scales, out, n); }

// [rows, columns] -> [columns, rows], float32.
void kernel_transpose(const float* from, float* to, int64_t rows, int64_t columns) {
  const int64_t bands = (rows + Tile - 1) / Tile;
#pragma omp parallel for schedule(static) if (rows * columns > Chunk)
  for (int64_t b = 0; b < bands; b++)
    transpose_band(from, to, b * Tile, b * Tile + Tile < rows ? b * Tile + Tile : rows, rows, columns);
}

// GELU in place, float32.
void kernel_gelu(float* x, int64_t n) {
  const int64_t chunks = (n + Chunk - 1) / Chunk;
#pragma omp parallel for schedule(static) if (chunks > 1)
  for (int64_t c = 0; c < chunks; c++) gelu_chunk(x + c * Chunk, c * Chunk + Chunk < n ? Chunk : n - c * Chunk);
}

// AdamW (Loshchilov & Hutter 2019) on contiguous fp32 memory; `scale` is the clipping factor of the gradients.
void kernel_adamw(float* p, float* m, float* v, const float* g, int64_t n, float lr, float beta1, float beta2,
                  float eps, float decay, float correction1, float root2, float scale) {
  const Step s{lr, beta1, beta2, eps, decay, correction1, root2, scale};
  const int64_t chunks = (n + Chunk - 1) / Chunk;
  // Static schedule: the same element is always computed the same way, so a resumed run has the same bits.
#pragma omp parallel for schedule(static) if (chunks > 1)
  for (int64_t c = 0; c < chunks; c++) {
    const int64_t at = c * Chunk, len = at + Chunk < n ? Chunk : n - at;
    adamw_chunk(p + at, m + at, v + at, g + at, len, s);
  }
}

// Sum of squares in fixed chunks of 64 Ki, added up in order: independent of the number of threads.
double kernel_square_sum(const float* g, int64_t n, double* partial) {
  const int64_t chunks = (n + Chunk - 1) / Chunk;
#pragma omp parallel for schedule(static) if (chunks > 1)
  for (int64_t c = 0; c < chunks; c++) {
    const int64_t at = c * Chunk, len = at + Chunk < n ? Chunk : n - at;
    partial[c] = square_sum(g + at, len);
  }
  double sum = 0;
  for (int64_t c = 0; c < chunks; c++) sum += partial[c];
  return sum;
}
}
