#pragma once
#include <ATen/ATen.h>

// y = x WT + b with W in NF4 codes (two a byte) under scales of 64 numbers; W is expanded again in the backward pass and never kept.
at::Tensor four_bit_linear(const at::Tensor& x, const at::Tensor& codes, const at::Tensor& scales, const at::Tensor& bias, int64_t outputs, bool transposed,
                           bool half);
at::Tensor four_bit_expand(const at::Tensor& codes, const at::Tensor& scales, int64_t rows, int64_t columns);
