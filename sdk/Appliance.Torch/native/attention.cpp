// Attention of an encoder for answering, float32: scores, softmax and weighted sum of one head stay in the cache, and nothing is
// transposed or copied on the way. Beyond/FusedAttention.cs is its caller and has the fallback.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "exponential.h"

namespace {
constexpr int64_t Lanes = 16, Rows = 4;
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));

// c[R, 16 C] = a[R, inner] · b[inner, 16 C]: the sums stay in registers.
template <int R, int C>
inline __attribute__((always_inline)) void tile(
    const float* a, int64_t a_row, const float* b, int64_t b_row, float* c, int64_t c_row, int64_t inner) {
  lanes sum[R][C] = {};
  for (int64_t k = 0; k < inner; k++) {
    lanes right[C];
    for (int j = 0; j < C; j++) right[j] = *reinterpret_cast<const lanes*>(b + k * b_row + j * Lanes);
    for (int r = 0; r < R; r++)
      for (int j = 0; j < C; j++) sum[r][j] += a[r * a_row + k] * right[j];
  }
  for (int r = 0; r < R; r++)
    for (int j = 0; j < C; j++) *reinterpret_cast<lanes*>(c + r * c_row + j * Lanes) = sum[r][j];
}

// The same for any number of columns that is a multiple of 16.
template <int R>
inline __attribute__((always_inline)) void product(
    const float* a, int64_t a_row, const float* b, int64_t b_row, float* c, int64_t c_row, int64_t inner, int64_t columns) {
  int64_t at = 0;
  for (; at + 4 * Lanes <= columns; at += 4 * Lanes) tile<R, 4>(a, a_row, b + at, b_row, c + at, c_row, inner);
  for (; at < columns; at += Lanes) tile<R, 1>(a, a_row, b + at, b_row, c + at, c_row, inner);
}

// softmax of one row in place; bias may be null.
inline __attribute__((always_inline)) void softmax(float* row, const float* bias, int64_t n) {
  if (bias)
    for (int64_t k = 0; k < n; k++) row[k] += bias[k];
  float top[Lanes];
  for (int64_t j = 0; j < Lanes; j++) top[j] = row[0];
  int64_t k = 0;
  for (; k + Lanes <= n; k += Lanes)
    for (int64_t j = 0; j < Lanes; j++) top[j] = row[k + j] > top[j] ? row[k + j] : top[j];
  for (; k < n; k++) top[0] = row[k] > top[0] ? row[k] : top[0];
  float highest = top[0];
  for (int64_t j = 1; j < Lanes; j++) highest = top[j] > highest ? top[j] : highest;
  for (k = 0; k < n; k++) row[k] = exp_negative(row[k] - highest);
  float part[Lanes] = {};
  for (k = 0; k + Lanes <= n; k += Lanes)
    for (int64_t j = 0; j < Lanes; j++) part[j] += row[k + j];
  for (; k < n; k++) part[0] += row[k];
  float sum = 0;
  for (int64_t j = 0; j < Lanes; j++) sum += part[j];
  for (k = 0; k < n; k++) row[k] /= sum;
}

template <int R>
inline __attribute__((always_inline)) void rows(
    const float* q, int64_t row, const float* keys, const float* v, const float* bias, float* scores, float* out, int64_t out_row,
    int64_t tokens, int64_t wide, int64_t size) {
  product<R>(q, row, keys, wide, scores, wide, size, wide);
  for (int r = 0; r < R; r++) softmax(scores + r * wide, bias, tokens);
  product<R>(scores, wide, v, row, out, out_row, tokens, size);
}

// One head of one text. q, k, v: [tokens, size] with `row` floats from row to row; room: (size + Rows) * wide floats.
WIDE void head(
    const float* q, const float* k, const float* v, const float* bias, float* out, int64_t row, int64_t out_row, int64_t tokens,
    int64_t wide, int64_t size, float* room) {
  float* scores = room + size * wide;
  for (int64_t d = 0; d < size; d++) {  // keys [tokens, size] → [size, wide], zeros behind the last
    for (int64_t s = 0; s < tokens; s++) room[d * wide + s] = k[s * row + d];
    for (int64_t s = tokens; s < wide; s++) room[d * wide + s] = 0;
  }
  int64_t t = 0;
  for (; t + Rows <= tokens; t += Rows)
    rows<Rows>(q + t * row, row, room, v, bias, scores, out + t * out_row, out_row, tokens, wide, size);
  for (; t < tokens; t++) rows<1>(q + t * row, row, room, v, bias, scores, out + t * out_row, out_row, tokens, wide, size);
}
}  // namespace

extern "C" {

// qkv [batch, tokens, 3, heads, size], scores scaled already; bias [batch, tokens] or null; out [batch, tokens, heads, size].
// size is a multiple of 16. Returns 0, or 1 without memory: then nothing was written that may be used.
int32_t kernel_attention(const float* qkv, const float* bias, float* out, int64_t batch, int64_t tokens, int64_t heads, int64_t size) {
  const int64_t wide = (tokens + Lanes - 1) / Lanes * Lanes, hidden = heads * size, row = 3 * hidden;
  int32_t failed = 0;
#pragma omp parallel reduction(| : failed) if (batch * heads > 1)
  {
    float* room = static_cast<float*>(std::aligned_alloc(64, ((size + Rows) * wide * sizeof(float) + 63) / 64 * 64));
    failed = room == nullptr;
#pragma omp for schedule(static)
    for (int64_t w = 0; w < batch * heads; w++) {
      const int64_t b = w / heads, h = w % heads;
      const float* start = qkv + b * tokens * row + h * size;
      if (room)
        head(start, start + hidden, start + 2 * hidden, bias ? bias + b * tokens : nullptr, out + b * tokens * hidden + h * size, row,
             hidden, tokens, wide, size, room);
    }
    std::free(room);
  }
  return failed;
}
}
