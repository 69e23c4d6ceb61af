using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>y = x Wᵀ + b; weight [out, in], bias [out].</summary>
        public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal Linear(Parameter weight, Parameter? bias)
                : base(nameof(Linear))
            {
                (this.weight, this.bias) = (weight, bias);
                (in_features, out_features) = (weight.shape[1], weight.shape[0]);
                register_parameter(nameof(weight), weight);
                if (bias is not null)
                {
                    register_parameter(nameof(bias), bias);
                }
            }

            public Parameter weight { get; }
            public Parameter? bias { get; }
            public long in_features { get; }
            public long out_features { get; }

            public override torch.Tensor forward(torch.Tensor tensor) =>
                torch.nn.functional.linear(tensor, weight, bias);
        }

        /// <summary>Normalises the last dimension to mean 0 and variance 1, then scales and shifts it.</summary>
        public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal LayerNorm(long size, double eps, torch.Device? device)
                : base(nameof(LayerNorm))
            {
                (normalized_shape, this.eps) = ([size], eps);
                weight = new Parameter(torch.ones([size], device: device));
                bias = new Parameter(torch.zeros([size], device: device));
                register_parameter(nameof(weight), weight);
                register_parameter(nameof(bias), bias);
            }

            public Parameter weight { get; }
            public Parameter bias { get; }
            public long[] normalized_shape { get; }
            public double eps { get; }

            public override torch.Tensor forward(torch.Tensor tensor) =>
                torch.nn.functional.layer_norm(tensor, normalized_shape, weight, bias, eps);
        }

        /// <summary>A table of vectors, one row per id; weight [ids, size].</summary>
        public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            private static readonly Operator EmbeddingOp = new("aten::embedding");
            private readonly long _paddingIndex;

            internal Embedding(Parameter weight, long paddingIndex)
                : base(nameof(Embedding))
            {
                (this.weight, _paddingIndex) = (weight, paddingIndex);
                register_parameter(nameof(weight), weight);
            }

            public Parameter weight { get; }

            public override torch.Tensor forward(torch.Tensor input) => EmbeddingOp.Call(weight, input, _paddingIndex);
        }

        /// <summary>Modules in a row, registered under their numbers.</summary>
        public sealed class ModuleList<T> : torch.nn.Module
            where T : torch.nn.Module
        {
            private readonly List<T> _list = [];

            public ModuleList(params T[] modules)
                : base("ModuleList")
            {
                foreach (var module in modules)
                {
                    register_module(_list.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), module);
                    _list.Add(module);
                }
            }

            public int Count => _list.Count;

            public T this[int index] => _list[index];

            public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Weights and bias uniform in ±1/√in, as in PyTorch.</summary>
            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null)
            {
                var bound = 1 / Math.Sqrt(inputSize);
                var weight = empty([outputSize, inputSize], device: device).uniform_(-bound, bound);
                var bias = hasBias ? empty([outputSize], device: device).uniform_(-bound, bound) : null;
                return new Linear(new Parameter(weight), bias is null ? null : new Parameter(bias));
            }

            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, Device? device = null) =>
                new(normalized_shape, eps, device);

            public static Embedding Embedding(long num_embeddings, long embedding_dims, Device? device = null) =>
                new(new Parameter(empty([num_embeddings, embedding_dims], device: device).normal_()), -1);

            /// <summary>A table with the given values; the row of <paramref name="padding_idx"/> gets no gradient.</summary>
            public static Embedding Embedding_from_pretrained(Tensor embeddings, bool freeze = true, long? padding_idx = null) =>
                new(new Parameter(embeddings, !freeze), padding_idx ?? -1);
        }
    }
}
