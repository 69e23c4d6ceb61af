#pragma once
#include <ATen/ATen.h>

// Both keep a gradient; float32 on the CPU. The same seed drops the same places.
at::Tensor learning_gelu(const at::Tensor& x);
at::Tensor learning_dropout(const at::Tensor& x, double share, int64_t seed);
