// GELU and dropout for learning, float32 on the CPU: one pass over memory each way, and dropout keeps no mask.
#include <torch/csrc/autograd/custom_function.h>

#include "exponential.h"
#include "pointwise.h"

namespace {
constexpr int64_t Chunk = 1 << 15;

template <typename Work>
void in_chunks(int64_t n, Work work) {
#pragma omp parallel for schedule(static) if (n > Chunk)
  for (int64_t at = 0; at < n; at += Chunk) work(at, at + Chunk < n ? Chunk : n - at);
}

WIDE void gelu_chunk(const float* x, float* y, int64_t n) {
  for (int64_t k = 0; k < n; k++) y[k] = gelu_one(x[k]);
}

// d/dx x N(x) = N(x) + x n(x)
WIDE void gelu_gradient_chunk(const float* x, const float* up, float* down, int64_t n) {
  for (int64_t k = 0; k < n; k++) down[k] = up[k] * (normal_below(x[k]) + x[k] * 0.39894228f * exp_negative(-0.5f * x[k] * x[k]));
}

WIDE void dropout_chunk(const float* x, float* y, int64_t first, int64_t n, uint32_t seed, float share) {
  const float scale = 1.0f / (1.0f - share);
  for (int64_t k = 0; k < n; k++) y[k] = x[k] * kept(seed, static_cast<uint32_t>(first + k), share, scale);
}

at::Tensor dropped(const at::Tensor& x, double share, int64_t seed) {
  const auto from = x.contiguous();
  auto to = at::empty_like(from);
  const float* p = from.data_ptr<float>();
  float* q = to.data_ptr<float>();
  in_chunks(from.numel(), [&](int64_t at, int64_t n) { dropout_chunk(p + at, q + at, at, n, static_cast<uint32_t>(seed), static_cast<float>(share)); });
  return to;
}

struct Gelu : torch::autograd::Function<Gelu> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x) {
    const auto from = x.contiguous();
    ctx->save_for_backward({from});
    auto to = at::empty_like(from);
    const float* p = from.data_ptr<float>();
    float* q = to.data_ptr<float>();
    in_chunks(from.numel(), [&](int64_t at, int64_t n) { gelu_chunk(p + at, q + at, n); });
    return to;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx, torch::autograd::tensor_list grads) {
    const auto x = ctx->get_saved_variables()[0], up = grads[0].contiguous();
    auto down = at::empty_like(x);
    const float *p = x.data_ptr<float>(), *u = up.data_ptr<float>();
    float* d = down.data_ptr<float>();
    in_chunks(x.numel(), [&](int64_t at, int64_t n) { gelu_gradient_chunk(p + at, u + at, d + at, n); });
    return {down};
  }
};

struct Dropout : torch::autograd::Function<Dropout> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, double share, int64_t seed) {
    ctx->saved_data["share"] = share;
    ctx->saved_data["seed"] = seed;
    return dropped(x, share, seed);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx, torch::autograd::tensor_list grads) {
    return {dropped(grads[0], ctx->saved_data["share"].toDouble(), ctx->saved_data["seed"].toInt()), at::Tensor(), at::Tensor()};
  }
};

void check(const at::Tensor& x) { TORCH_CHECK(x.scalar_type() == at::kFloat && x.device().is_cpu(), "needs float32 on the CPU"); }
}  // namespace

at::Tensor learning_gelu(const at::Tensor& x) {
  check(x);
  return Gelu::apply(x);
}

at::Tensor learning_dropout(const at::Tensor& x, double share, int64_t seed) {
  check(x);
  return Dropout::apply(x, share, seed);
}
