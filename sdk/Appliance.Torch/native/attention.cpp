// Attention of an encoder for answering: scores, softmax and weighted sum of one head stay in the cache, and nothing is
// transposed or copied on the way. Beyond/FusedAttention.cs is its caller and has the fallback.
#include <cstdint>
#include <cstdlib>

#include "tiles.h"

namespace {
template <int R>
inline __attribute__((always_inline)) void rows(
    const float* q, const float* keys, const float* values, const float* bias, float* scores, float* sums, int64_t tokens, int64_t wide,
    int64_t size) {
  product<R>(q, size, keys, wide, scores, wide, size, wide);
  for (int r = 0; r < R; r++) softmax(scores + r * wide, bias, tokens);
  product<R>(scores, wide, values, size, sums, size, tokens, size);
}

// The upper half of a float; rounds to the nearest, ties to even.
struct bfloat16 {
  uint16_t bits;
};
inline __attribute__((always_inline)) float widen(float x) { return x; }
inline __attribute__((always_inline)) float widen(bfloat16 x) {
  union { uint32_t i; float f; } wide;
  wide.i = static_cast<uint32_t>(x.bits) << 16;
  return wide.f;
}
inline __attribute__((always_inline)) void narrow(float x, float& to) { to = x; }
inline __attribute__((always_inline)) void narrow(float x, bfloat16& to) {
  union { float f; uint32_t i; } wide;
  wide.f = x;
  to.bits = static_cast<uint16_t>((wide.i + 0x7fff + ((wide.i >> 16) & 1)) >> 16);
}

// Floats that one head needs: keys turned, values, and for four queries at a time queries, scores and sums.
inline int64_t room_for(int64_t tokens, int64_t wide, int64_t size) { return size * wide + tokens * size + Rows * (wide + 2 * size); }

// One head of one text. q, k, v: [tokens, size] with `row` elements from row to row.
template <typename T>
inline __attribute__((always_inline)) void head(
    const T* q, const T* k, const T* v, const float* bias, T* out, int64_t row, int64_t out_row, int64_t tokens, int64_t wide,
    int64_t size, float* room) {
  float *values = room + size * wide, *scores = values + tokens * size, *queries = scores + Rows * wide, *sums = queries + Rows * size;
  for (int64_t d = 0; d < size; d++) {  // keys [tokens, size] → [size, wide], zeros behind the last
    for (int64_t s = 0; s < tokens; s++) room[d * wide + s] = widen(k[s * row + d]);
    for (int64_t s = tokens; s < wide; s++) room[d * wide + s] = 0;
  }
  for (int64_t s = 0; s < tokens; s++)
    for (int64_t d = 0; d < size; d++) values[s * size + d] = widen(v[s * row + d]);
  for (int64_t t = 0; t < tokens; t += Rows) {
    const int64_t count = t + Rows <= tokens ? Rows : tokens - t;
    for (int64_t r = 0; r < count; r++)
      for (int64_t d = 0; d < size; d++) queries[r * size + d] = widen(q[(t + r) * row + d]);
    if (count == Rows)
      rows<Rows>(queries, room, values, bias, scores, sums, tokens, wide, size);
    else
      for (int64_t r = 0; r < count; r++) rows<1>(queries + r * size, room, values, bias, scores, sums + r * size, tokens, wide, size);
    for (int64_t r = 0; r < count; r++)
      for (int64_t d = 0; d < size; d++) narrow(sums[r * size + d], out[(t + r) * out_row + d]);
  }
}

WIDE void head_float(const float* q, const float* k, const float* v, const float* bias, float* out, int64_t row, int64_t out_row,
                     int64_t tokens, int64_t wide, int64_t size, float* room) {
  head(q, k, v, bias, out, row, out_row, tokens, wide, size, room);
}

WIDE void head_half(const bfloat16* q, const bfloat16* k, const bfloat16* v, const float* bias, bfloat16* out, int64_t row,
                    int64_t out_row, int64_t tokens, int64_t wide, int64_t size, float* room) {
  head(q, k, v, bias, out, row, out_row, tokens, wide, size, room);
}

template <typename T, typename Head>
int32_t attend(const T* qkv, const float* bias, T* out, int64_t batch, int64_t tokens, int64_t heads, int64_t size, Head one) {
  const int64_t wide = (tokens + Lanes - 1) / Lanes * Lanes, hidden = heads * size, row = 3 * hidden;
  int32_t failed = 0;
#pragma omp parallel reduction(| : failed) if (batch * heads > 1)
  {
    float* room = static_cast<float*>(std::aligned_alloc(64, (room_for(tokens, wide, size) * sizeof(float) + 63) / 64 * 64));
    failed = room == nullptr;
#pragma omp for schedule(static)
    for (int64_t w = 0; w < batch * heads; w++) {
      const int64_t b = w / heads, h = w % heads;
      const T* start = qkv + b * tokens * row + h * size;
      if (room)
        one(start, start + hidden, start + 2 * hidden, bias ? bias + b * tokens : nullptr, out + b * tokens * hidden + h * size, row,
            hidden, tokens, wide, size, room);
    }
    std::free(room);
  }
  return failed;
}
}  // namespace

extern "C" {

// qkv [batch, tokens, 3, heads, size], scores scaled already; bias [batch, tokens] or null; out [batch, tokens, heads, size].
// size is a multiple of 16. Returns 0, or 1 without memory: then nothing was written that may be used.
int32_t kernel_attention(const float* qkv, const float* bias, float* out, int64_t batch, int64_t tokens, int64_t heads, int64_t size) {
  return attend(qkv, bias, out, batch, tokens, heads, size, head_float);
}

// The same with bfloat16 in and out; the sums are float32.
int32_t kernel_attention_half(
    const uint16_t* qkv, const float* bias, uint16_t* out, int64_t batch, int64_t tokens, int64_t heads, int64_t size) {
  return attend(reinterpret_cast<const bfloat16*>(qkv), bias, reinterpret_cast<bfloat16*>(out), batch, tokens, heads, size, head_half);
}
}
