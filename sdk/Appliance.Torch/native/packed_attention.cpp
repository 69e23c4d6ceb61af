// Attention over texts that stand one behind the other, with its gradient: no padding, no copy of a head, no stored scores.
//
// autograd sees one operation. The backward pass computes the probabilities again, which is cheaper than keeping them.
// Formulas: P = softmax(s q kT), o = (P * D) v; dv = (P * D)T do; dP = (do vT) * D; dS = P * (dP - rowsum(dP * P));
// dq = s dS k; dk = s dST q. D is dropout's mask over 1 - p, drawn again from the same numbers.
#include <torch/csrc/autograd/custom_function.h>

#include <cstdlib>
#include <memory>

#include "packed_attention.h"
#include "tiles.h"

namespace {

struct Shape {
  int64_t heads, size;
  float scale, dropout;
  uint32_t seed;
  bool causal;
};

int64_t rounded(int64_t n) { return (n + Lanes - 1) / Lanes * Lanes; }

uint32_t seed_of(const Shape& s, int64_t work) { return s.seed ^ static_cast<uint32_t>(work * 0x9E3779B1U + 0x85EBCA6BU); }

// scores [n, wide] become probabilities
WIDE void probabilities(const float* q, int64_t row, const float* keys, float* scores, int64_t n, int64_t wide, const Shape& s) {
  product_rows(q, row, keys, wide, scores, wide, n, s.size, wide);
  for (int64_t t = 0; t < n; t++) {
    float* one = scores + t * wide;
    const int64_t seen = s.causal ? t + 1 : n;
    for (int64_t k = 0; k < seen; k++) one[k] *= s.scale;
    softmax(one, nullptr, seen);
    for (int64_t k = seen; k < wide; k++) one[k] = 0;
  }
}

WIDE void drop(float* scores, int64_t n, int64_t wide, uint32_t seed, float dropout) {
  const float scale = 1.0f / (1.0f - dropout);
  for (int64_t t = 0; t < n; t++)
    for (int64_t k = 0; k < n; k++) scores[t * wide + k] *= kept(seed, static_cast<uint32_t>(t * n + k), dropout, scale);
}

WIDE void forward_head(const float* q, const float* k, const float* v, float* out, int64_t row, int64_t n, const Shape& s, uint32_t seed, float* room) {
  const int64_t wide = rounded(n);
  float *keys = room, *scores = keys + s.size * wide;
  turn(k, row, keys, n, s.size, wide);
  probabilities(q, row, keys, scores, n, wide, s);
  if (s.dropout > 0) drop(scores, n, wide, seed, s.dropout);
  product_rows(scores, wide, v, row, out, s.heads * s.size, n, n, s.size);
}

WIDE void backward_head(
    const float* q, const float* k, const float* v, const float* go, float* gq, float* gk, float* gv, int64_t row, int64_t n, const Shape& s,
    uint32_t seed, float* room) {
  const int64_t wide = rounded(n), out_row = s.heads * s.size;
  float *turned = room, *p = turned + s.size * wide, *gp = p + n * wide, *across = gp + n * wide;
  turn(k, row, turned, n, s.size, wide);
  probabilities(q, row, turned, p, n, wide, s);
  turn(v, row, turned, n, s.size, wide);
  product_rows(go, out_row, turned, wide, gp, wide, n, s.size, wide);
  if (s.dropout > 0) {
    drop(gp, n, wide, seed, s.dropout);
    for (int64_t e = 0; e < n * wide; e++) across[e] = p[e];
    drop(across, n, wide, seed, s.dropout);
    turn(across, wide, across + n * wide, n, n, wide);
    product_rows(across + n * wide, wide, go, out_row, gv, row, n, n, s.size);
  } else {
    turn(p, wide, across, n, n, wide);
    product_rows(across, wide, go, out_row, gv, row, n, n, s.size);
  }
  for (int64_t t = 0; t < n; t++) {
    float sum = 0;
    for (int64_t e = 0; e < n; e++) sum += gp[t * wide + e] * p[t * wide + e];
    for (int64_t e = 0; e < n; e++) gp[t * wide + e] = s.scale * p[t * wide + e] * (gp[t * wide + e] - sum);
    for (int64_t e = n; e < wide; e++) gp[t * wide + e] = 0;
  }
  product_rows(gp, wide, k, row, gq, row, n, n, s.size);
  turn(gp, wide, across, n, n, wide);
  product_rows(across, wide, q, row, gk, row, n, n, s.size);
}

// One unit of work is one head of one text; each thread has its own room.
template <typename Work>
void for_heads(const at::Tensor& texts, const Shape& s, int64_t rooms, Work work) {
  const int64_t count = texts.size(0), *place = texts.data_ptr<int64_t>();
  int64_t longest = 0;
  for (int64_t k = 0; k < count; k++) longest = std::max(longest, place[2 * k + 1]);
  const int64_t wide = rounded(longest), floats = s.size * wide + rooms * (longest + Rows) * wide;
  bool failed = false;
#pragma omp parallel reduction(| : failed)
  {
    std::unique_ptr<float, decltype(&std::free)> room(static_cast<float*>(std::aligned_alloc(64, (floats * 4 + 63) / 64 * 64)), std::free);
    failed = room == nullptr;
#pragma omp for schedule(static)
    for (int64_t w = 0; w < count * s.heads; w++)
      if (room) work(place[2 * (w / s.heads)], place[2 * (w / s.heads) + 1], w % s.heads, seed_of(s, w), room.get());
  }
  TORCH_CHECK(!failed, "not enough memory for the scores of one head");
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& qkv, const at::Tensor& texts, int64_t heads, double scale,
                            double dropout, int64_t seed, bool causal) {
    const auto z = qkv.contiguous();
    ctx->save_for_backward({z, texts});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["dropout"] = dropout;
    ctx->saved_data["seed"] = seed;
    ctx->saved_data["causal"] = causal;
    const int64_t hidden = z.size(1) / 3, row = 3 * hidden;
    const Shape s{heads, hidden / heads, static_cast<float>(scale), static_cast<float>(dropout), static_cast<uint32_t>(seed), causal};
    auto out = at::zeros({z.size(0), hidden}, z.options());
    const float* from = z.data_ptr<float>();
    float* to = out.data_ptr<float>();
    for_heads(texts, s, 1, [&](int64_t start, int64_t n, int64_t h, uint32_t drawn, float* room) {
      const float* q = from + start * row + h * s.size;
      forward_head(q, q + hidden, q + 2 * hidden, to + start * hidden + h * s.size, row, n, s, drawn, room);
    });
    return out;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx, torch::autograd::tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto z = saved[0];
    const auto go = grads[0].contiguous();
    const int64_t heads = ctx->saved_data["heads"].toInt(), hidden = z.size(1) / 3, row = 3 * hidden;
    const Shape s{heads, hidden / heads, static_cast<float>(ctx->saved_data["scale"].toDouble()), static_cast<float>(ctx->saved_data["dropout"].toDouble()),
                  static_cast<uint32_t>(ctx->saved_data["seed"].toInt()), ctx->saved_data["causal"].toBool()};
    auto gz = at::zeros_like(z);
    const float *from = z.data_ptr<float>(), *up = go.data_ptr<float>();
    float* to = gz.data_ptr<float>();
    for_heads(saved[1], s, 4, [&](int64_t start, int64_t n, int64_t h, uint32_t drawn, float* room) {
      const float* q = from + start * row + h * s.size;
      float* gq = to + start * row + h * s.size;
      backward_head(q, q + hidden, q + 2 * hidden, up + start * hidden + h * s.size, gq, gq + hidden, gq + 2 * hidden, row, n, s, drawn, room);
    });
    return {gz, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};
}  // namespace

at::Tensor packed_attention(const at::Tensor& qkv, const at::Tensor& texts, int64_t heads, double scale, double dropout, int64_t seed, bool causal) {
  TORCH_CHECK(qkv.dim() == 2 && qkv.scalar_type() == at::kFloat && qkv.device().is_cpu() && qkv.size(1) % (3 * heads * Lanes) == 0,
              "packed attention needs float32 [n, 3 heads size] on the CPU, size a multiple of 16");
  TORCH_CHECK(texts.dim() == 2 && texts.size(1) == 2 && texts.is_contiguous() && texts.sum(1).max().item<int64_t>() <= qkv.size(0),
              "a text ends behind the last row");
  return PackedAttention::apply(qkv, texts, heads, scale, dropout, seed, causal);
}
