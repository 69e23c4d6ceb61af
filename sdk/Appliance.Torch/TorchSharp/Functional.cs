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
                EmbeddingOp = new("aten::embedding"), CrossEntropyOp = new("aten::cross_entropy_loss"),
                DropoutOp = new("aten::dropout"), GeluOp = new("aten::gelu");

            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                LinearOp.Call(input, weights, bias);

            public static Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                LayerNormOp.Call(input, normalized_shape, weight, bias, eps);

            public static Tensor embedding(Tensor input, Tensor weight) => EmbeddingOp.Call(weight, input);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true) =>
                DropoutOp.Call(input, p, training);

            public static Tensor gelu(Tensor x) => GeluOp.Call(x);

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
