#pragma once
#include <ATen/ATen.h>

// qkv [n, 3 heads size] float32; texts [count, 2] int64: first row and length of each. Rows of no text give zeros.
// -> [n, heads size], with a gradient for qkv.
at::Tensor packed_attention(
    const at::Tensor& qkv, const at::Tensor& texts, int64_t heads, double scale, double dropout, int64_t seed, bool causal);
