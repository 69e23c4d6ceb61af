namespace TorchSharp;

public static partial class torch
{
    /// <summary>Comparisons, selections and the less common mathematics.</summary>
    public partial class Tensor
    {
        private static readonly Operator
            SubScalar = new("aten::sub", "Scalar"), NegOp = new("aten::neg"), PowScalar = new("aten::pow", "Tensor_Scalar"),
            RsqrtOp = new("aten::rsqrt"), ExpOp = new("aten::exp"), LogOp = new("aten::log"), CeilOp = new("aten::ceil"),
            FloorOp = new("aten::floor"), SignOp = new("aten::sign"), SigmoidOp = new("aten::sigmoid"), SiluOp = new("aten::silu"),
            ClampOp = new("aten::clamp"), MinimumOp = new("aten::minimum"), MaximumOp = new("aten::maximum"),
            MvOp = new("aten::mv"), CumsumOp = new("aten::cumsum"), TriuOp = new("aten::triu"), TrilOp = new("aten::tril"),
            EqScalar = new("aten::eq", "Scalar"), EqOp = new("aten::eq", "Tensor"), NeScalar = new("aten::ne", "Scalar"),
            LtScalar = new("aten::lt", "Scalar"), LtOp = new("aten::lt", "Tensor"), LeOp = new("aten::le", "Tensor"),
            GtScalar = new("aten::gt", "Scalar"), GtOp = new("aten::gt", "Tensor"), LeScalar = new("aten::le", "Scalar"),
            NotOp = new("aten::logical_not"), AndOp = new("aten::logical_and"), OrOp = new("aten::logical_or"),
            AnyOp = new("aten::any"), AllOp = new("aten::all"), IsNanOp = new("aten::isnan"), IsFiniteOp = new("aten::isfinite"),
            MaskedFillOp = new("aten::masked_fill", "Scalar"), MaskedFillInPlace = new("aten::masked_fill_", "Scalar"),
            GatherOp = new("aten::gather"), ScatterInPlace = new("aten::scatter_", "src"),
            SortOp = new("aten::sort"), TopkOp = new("aten::topk"), MaxDim = new("aten::max", "dim"),
            MinOp = new("aten::min"), SelectOp = new("aten::select", "int"), SliceOp = new("aten::slice", "Tensor"),
            ExpandOp = new("aten::expand"), FlattenOp = new("aten::flatten", "using_ints"),
            RepeatInterleaveOp = new("aten::repeat_interleave", "self_int"), RepeatOp = new("aten::repeat"),
            SplitSizes = new("aten::split_with_sizes"), FlipOp = new("aten::flip"), MultinomialOp = new("aten::multinomial"),
            VarDim = new("aten::var", "dim"), AmaxOp = new("aten::amax"), DivInPlace = new("aten::div_", "Tensor"),
            SqueezeAll = new("aten::squeeze");

        public Tensor sub(Scalar target) => SubScalar.Call(this, target);
        public Tensor neg() => NegOp.Call(this);
        public Tensor pow(Scalar exponent) => PowScalar.Call(this, exponent);
        public Tensor square() => pow(2);
        public Tensor rsqrt() => RsqrtOp.Call(this);
        public Tensor exp() => ExpOp.Call(this);
        public Tensor log() => LogOp.Call(this);
        public Tensor ceil() => CeilOp.Call(this);
        public Tensor floor() => FloorOp.Call(this);
        public Tensor sign() => SignOp.Call(this);
        public Tensor sigmoid() => SigmoidOp.Call(this);
        public Tensor silu() => SiluOp.Call(this);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            ClampOp.Call(this, min is null ? Value.None : (Value)min, max is null ? Value.None : (Value)max);
        public Tensor minimum(Tensor other) => MinimumOp.Call(this, other);
        public Tensor maximum(Tensor other) => MaximumOp.Call(this, other);
        public Tensor div_(Tensor target) { DivInPlace.Call(this, target).Dispose(); return this; }
        public Tensor mv(Tensor target) => MvOp.Call(this, target);
        public Tensor cumsum(long dim, ScalarType? type = null) => CumsumOp.Call(this, dim, type);
        public Tensor triu(long diagonal = 0) => TriuOp.Call(this, diagonal);
        public Tensor tril(long diagonal = 0) => TrilOp.Call(this, diagonal);
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false) =>
            VarDim.Call(this, dimensions.ToArray(), unbiased, keepdim);
        public Tensor amax(params long[] dims) => AmaxOp.Call(this, dims);
        public Tensor min() => MinOp.Call(this);

        public static Tensor operator -(Tensor tensor) => tensor.neg();
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        public Tensor eq(Scalar target) => EqScalar.Call(this, target);
        public Tensor eq(Tensor target) => EqOp.Call(this, target);
        public Tensor ne(Scalar target) => NeScalar.Call(this, target);
        public Tensor lt(Scalar target) => LtScalar.Call(this, target);
        public Tensor lt(Tensor target) => LtOp.Call(this, target);
        public Tensor le(Scalar target) => LeScalar.Call(this, target);
        public Tensor le(Tensor target) => LeOp.Call(this, target);
        public Tensor gt(Scalar target) => GtScalar.Call(this, target);
        public Tensor gt(Tensor target) => GtOp.Call(this, target);
        public Tensor logical_not() => NotOp.Call(this);
        public Tensor logical_and(Tensor other) => AndOp.Call(this, other);
        public Tensor logical_or(Tensor other) => OrOp.Call(this, other);
        public Tensor any() => AnyOp.Call(this);
        public Tensor all() => AllOp.Call(this);
        public Tensor isnan() => IsNanOp.Call(this);
        public Tensor isfinite() => IsFiniteOp.Call(this);

        public Tensor masked_fill(Tensor mask, Scalar value) => MaskedFillOp.Call(this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) { MaskedFillInPlace.Call(this, mask, value).Dispose(); return this; }
        public Tensor gather(long dim, Tensor index) => GatherOp.Call(this, dim, index);
        public Tensor scatter_(long dim, Tensor index, Tensor src)
        {
            ScatterInPlace.Call(this, dim, index, src).Dispose();
            return this;
        }

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Pair(SortOp.CallMany(this, dim, descending));
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Pair(TopkOp.CallMany(this, k, dim, largest, sorted));
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Pair(MaxDim.CallMany(this, dim, keepdim));
        public Tensor multinomial(long num_samples, bool replacement = false) => MultinomialOp.Call(this, num_samples, replacement);

        public Tensor select(long dim, long index) => SelectOp.Call(this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) => SliceOp.Call(this, dim, start, finish, step);
        public Tensor expand(params long[] sizes) => ExpandOp.Call(this, sizes);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => FlattenOp.Call(this, start_dim, end_dim);
        public Tensor repeat_interleave(long repeats, long? dim = null) =>
            RepeatInterleaveOp.Call(this, repeats, dim is { } d ? d : Value.None);
        public Tensor repeat(params long[] sizes) => RepeatOp.Call(this, sizes);
        public Tensor[] split(long[] sizes, long dim = 0) => SplitSizes.CallMany(this, sizes, dim);
        public Tensor flip(params long[] dims) => FlipOp.Call(this, dims);
        public Tensor squeeze(long? dim = null) => dim is { } d ? SqueezeOp.Call(this, d) : SqueezeAll.Call(this);

        private static (Tensor, Tensor) Pair(Tensor[] results) => (results[0], results[1]);
    }
}
