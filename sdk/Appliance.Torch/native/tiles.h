// Small products whose sums stay in registers, and softmax of a row: what the attention kernels are made of.
#pragma once
#include <cstdint>

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

// product<4> row block by row block, the last rows one by one.
inline __attribute__((always_inline)) void product_rows(
    const float* a, int64_t a_row, const float* b, int64_t b_row, float* c, int64_t c_row, int64_t rows, int64_t inner, int64_t columns) {
  int64_t r = 0;
  for (; r + Rows <= rows; r += Rows) product<Rows>(a + r * a_row, a_row, b, b_row, c + r * c_row, c_row, inner, columns);
  for (; r < rows; r++) product<1>(a + r * a_row, a_row, b, b_row, c + r * c_row, c_row, inner, columns);
}

// [rows, columns] with `row` floats from row to row -> [columns, wide], zeros behind the last.
inline __attribute__((always_inline)) void turn(const float* from, int64_t row, float* to, int64_t rows, int64_t columns, int64_t wide) {
  for (int64_t c = 0; c < columns; c++) {
    for (int64_t r = 0; r < rows; r++) to[c * wide + r] = from[r * row + c];
    for (int64_t r = rows; r < wide; r++) to[c * wide + r] = 0;
  }
}
}  // namespace
