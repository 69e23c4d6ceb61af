namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>How a loss over several items becomes one number; the values are libtorch's own.</summary>
        public enum Reduction
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static partial class functional
        {
            private static readonly Operator LinearOp = new("aten::linear"), LayerNormOp = new("aten::layer_norm"),
                CrossEntropyOp = new("aten::cross_entropy_loss"),
                DropoutOp = new("aten::dropout"), GeluOp = new("aten::gelu"), SiluOp = new("aten::silu"),
                ConvOp = new("aten::conv2d"), BatchNormOp = new("aten::batch_norm"), MaxPoolOp = new("aten::max_pool2d"),
                AvgPoolOp = new("aten::avg_pool2d"), AdaptivePoolOp = new("aten::adaptive_avg_pool2d"),
                ConstantPadOp = new("aten::constant_pad_nd"), SoftplusOp = new("aten::softplus"),
                BinaryOp = new("aten::binary_cross_entropy_with_logits"), MseOp = new("aten::mse_loss");

            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                LinearOp.Call(input, weights, bias);

            public static Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                LayerNormOp.Call(input, normalized_shape, weight, bias, eps);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true) =>
                DropoutOp.Call(input, p, training);

            public static Tensor gelu(Tensor x) => GeluOp.Call(x);

            public static Tensor silu(Tensor x, bool inplace = false) => SiluOp.Call(x);

            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => SoftplusOp.Call(x, beta, threshold);

            public static Tensor conv2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1) =>
                ConvOp.CallAll(input, weight, bias, strides ?? [1], padding ?? [0], dilation ?? [1], groups);

            public static Tensor batch_norm(
                Tensor input,
                Tensor? running_mean,
                Tensor? running_var,
                Tensor? weight = null,
                Tensor? bias = null,
                bool training = false,
                double momentum = 0.1,
                double eps = 1e-5) =>
                BatchNormOp.CallAll(input, weight, bias, running_mean, running_var, training, momentum, eps, true);

            public static Tensor max_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                bool ceil_mode = false) =>
                MaxPoolOp.CallAll(input, kernel_size, strides ?? kernel_size, padding ?? [0], dilation ?? [1], ceil_mode);

            public static Tensor avg_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? stride = null,
                long[]? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true) =>
                AvgPoolOp.CallAll(input, kernel_size, stride ?? kernel_size, padding ?? [0], ceil_mode, count_include_pad);

            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) =>
                AdaptivePoolOp.Call(input, new[] { output_size, output_size });

            public static Tensor pad(
                Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                mode is PaddingModes.Constant or PaddingModes.Zeros
                    ? ConstantPadOp.Call(input, pad, value)
                    : throw new NotSupportedException($"Padding with {mode} is not part of this build.");

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean,
                Tensor? pos_weights = null) =>
                BinaryOp.Call(input, target, weight, pos_weights, (long)reduction);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                MseOp.Call(input, target, (long)reduction);

            public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false) =>
                GeluOp.Call(x, approximate == Modules.GELU.Approximate.tanh ? "tanh" : "none");

            public static Tensor cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                long ignore_index = -100,
                Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0) =>
                CrossEntropyOp.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);
        }
    }
}
