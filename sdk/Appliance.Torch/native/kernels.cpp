// Kernels that neither libtorch nor TorchSharp has. They know plain memory only, not libtorch, so they serve
// both; Beyond/ holds their callers, each with a fallback that needs no kernel.
#include <cmath>
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE
#endif

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
}  // namespace

extern "C" {

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
