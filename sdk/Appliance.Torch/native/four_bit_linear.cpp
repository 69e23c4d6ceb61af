// Products with a matrix in 4 bits, with a gradient for the input: autograd keeps the codes and not the wide matrix.
#include <torch/csrc/autograd/custom_function.h>

#include "four_bit_linear.h"
#include "normal_float.h"

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

at::Tensor half(const at::Tensor& x) { return x.to(at::kBFloat16); }
at::Tensor rows(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

std::vector<int64_t> with_last(const at::Tensor& x, int64_t last) {
  auto shape = x.sizes().vec();
  shape.back() = last;
  return shape;
}

bool there(const at::Tensor& t) { return t.numel() > 0; }

struct FourBitLinear : torch::autograd::Function<FourBitLinear> {
  static at::Tensor matrix(const at::Tensor& codes, const at::Tensor& scales, int64_t outputs, bool transposed, bool in_half) {
    const int64_t other = codes.numel() * 2 / outputs;
    auto w = transposed ? four_bit_expand(codes, scales, other, outputs).t() : four_bit_expand(codes, scales, outputs, other);
    return in_half ? half(w) : w;
  }

  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& codes, const at::Tensor& scales, const at::Tensor& bias,
                            int64_t outputs, bool transposed, bool in_half) {
    ctx->save_for_backward({codes, scales});
    ctx->saved_data["outputs"] = outputs;
    ctx->saved_data["transposed"] = transposed;
    ctx->saved_data["half"] = in_half;
    ctx->saved_data["bias"] = bias.requires_grad();
    ctx->saved_data["x_half"] = x.scalar_type() == at::kBFloat16;
    const auto from = in_half ? half(x) : x;
    const auto b = there(bias) ? c10::optional<at::Tensor>(in_half ? half(bias) : bias) : c10::nullopt;
    return at::linear(from, matrix(codes, scales, outputs, transposed, in_half), b).to(at::kFloat);
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const auto kept = ctx->get_saved_variables();
    const bool in_half = ctx->saved_data["half"].toBool();
    const auto g = in_half ? half(grads[0]) : grads[0];
    const auto gx = rows(g).mm(matrix(kept[0], kept[1], ctx->saved_data["outputs"].toInt(), ctx->saved_data["transposed"].toBool(), in_half));
    at::Tensor gb;
    if (ctx->saved_data["bias"].toBool()) gb = rows(grads[0]).sum(0);
    return {gx.view(with_last(grads[0], gx.size(1))).to(ctx->saved_data["x_half"].toBool() ? at::kBFloat16 : at::kFloat), at::Tensor(), at::Tensor(), gb,
            at::Tensor(), at::Tensor(), at::Tensor()};
  }
};
}  // namespace

at::Tensor four_bit_linear(const at::Tensor& x, const at::Tensor& codes, const at::Tensor& scales, const at::Tensor& bias, int64_t outputs, bool transposed,
                           bool half) {
  return FourBitLinear::apply(x, codes, scales, bias.defined() ? bias : at::empty({0}, scales.options()), outputs, transposed, half);
}

at::Tensor four_bit_expand(const at::Tensor& codes, const at::Tensor& scales, int64_t rows, int64_t columns) {
  TORCH_CHECK(codes.scalar_type() == at::kByte && codes.device().is_cpu() && codes.numel() * 2 >= rows * columns && scales.numel() * 64 >= rows * columns,
              "4-bit codes or scales are too few");
  const auto wide = scales.contiguous();
  auto out = at::empty({rows, columns}, wide.options());
  nf4_decode(codes.data_ptr<uint8_t>(), wide.data_ptr<float>(), out.data_ptr<float>(), rows * columns);
  return out;
}
