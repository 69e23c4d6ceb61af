namespace TorchSharp;

public static partial class torch
{
    /// <summary>Comparisons, selections and the less common mathematics.</summary>
    public partial class Tensor
    {
        private static readonly Operator
            SubScalar = new("aten::sub", "Scalar"), NegOp = new("aten::neg"), PowScalar = new("aten::pow", "Tensor_Scalar"),
            RsqrtOp = new("aten::rsqrt"), ExpOp = new("aten::exp"), FloorOp = new("aten::floor"), SigmoidOp = new("aten::sigmoid"), SiluOp = new("aten::silu"),
            ClampOp = new("aten::clamp"), MvOp = new("aten::mv"), CumsumOp = new("aten::cumsum"),
            EqScalar = new("aten::eq", "Scalar"), EqOp = new("aten::eq", "Tensor"), NeScalar = new("aten::ne", "Scalar"),
            LtScalar = new("aten::lt", "Scalar"), LtOp = new("aten::lt", "Tensor"), LeOp = new("aten::le", "Tensor"),
            GtScalar = new("aten::gt", "Scalar"), GtOp = new("aten::gt", "Tensor"), LeScalar = new("aten::le", "Scalar"),
            OrOp = new("aten::logical_or"), AllOp = new("aten::all"), IsFiniteOp = new("aten::isfinite"),
            MaskedFillOp = new("aten::masked_fill", "Scalar"), MaskedFillInPlace = new("aten::masked_fill_", "Scalar"),
            GatherOp = new("aten::gather"), MaxDim = new("aten::max", "dim"),
            SelectOp = new("aten::select", "int"), SliceOp = new("aten::slice", "Tensor"),
            ExpandOp = new("aten::expand"), FlattenOp = new("aten::flatten", "using_ints"),
            AmaxOp = new("aten::amax"), SetOp = new("aten::set_", "source_Tensor"), SqueezeAll = new("aten::squeeze");

        public Tensor sub(Scalar target) => SubScalar.Call(this, target);
        public Tensor neg() => NegOp.Call(this);
        public Tensor pow(Scalar exponent) => PowScalar.Call(this, exponent);
        public Tensor square() => pow(2);
        public Tensor exp() => ExpOp.Call(this);

        public Tensor rsqrt() => RsqrtOp.Call(this);
        public Tensor floor() => FloorOp.Call(this);
        public Tensor sigmoid() => SigmoidOp.Call(this);
        public Tensor silu() => SiluOp.Call(this);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            ClampOp.Call(this, min is null ? Value.None : (Value)min, max is null ? Value.None : (Value)max);
        public Tensor mv(Tensor target) => MvOp.Call(this, target);
        public Tensor cumsum(long dim, ScalarType? type = null) => CumsumOp.Call(this, dim, type);
        public Tensor set_(Tensor source) { SetOp.Call(this, source).Dispose(); return this; }

        public Tensor amax(params long[] dims) => AmaxOp.Call(this, dims);

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
        public Tensor logical_or(Tensor other) => OrOp.Call(this, other);
        public Tensor all() => AllOp.Call(this);
        public Tensor isfinite() => IsFiniteOp.Call(this);

        public Tensor masked_fill(Tensor mask, Scalar value) => MaskedFillOp.Call(this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) { MaskedFillInPlace.Call(this, mask, value).Dispose(); return this; }
        public Tensor gather(long dim, Tensor index) => GatherOp.Call(this, dim, index);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Pair(MaxDim.CallMany(this, dim, keepdim));

        public Tensor select(long dim, long index) => SelectOp.Call(this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) => SliceOp.Call(this, dim, start, finish, step);
        public Tensor expand(params long[] sizes) => ExpandOp.Call(this, sizes);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => FlattenOp.Call(this, start_dim, end_dim);
        public Tensor squeeze(long? dim = null) => dim is { } d ? SqueezeOp.Call(this, d) : SqueezeAll.Call(this);

        private static (Tensor, Tensor) Pair(Tensor[] results) => (results[0], results[1]);
    }
}
