namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator
            AddOp = new("aten::add", "Tensor"), AddScalar = new("aten::add", "Scalar"),
            AddInPlace = new("aten::add_", "Tensor"), AddScalarInPlace = new("aten::add_", "Scalar"),
            SubOp = new("aten::sub", "Tensor"), MulOp = new("aten::mul", "Tensor"), MulScalar = new("aten::mul", "Scalar"),
            MulInPlace = new("aten::mul_", "Tensor"), MulScalarInPlace = new("aten::mul_", "Scalar"),
            DivOp = new("aten::div", "Tensor"), DivScalar = new("aten::div", "Scalar"),
            MatmulOp = new("aten::matmul"), BmmOp = new("aten::bmm"), MmOp = new("aten::mm"), BaddbmmOp = new("aten::baddbmm"),
            SoftmaxOp = new("aten::softmax", "int"), LogSoftmaxOp = new("aten::log_softmax", "int"),
            ReluOp = new("aten::relu"), TanhOp = new("aten::tanh"), SinOp = new("aten::sin"), CosOp = new("aten::cos"),
            SqrtOp = new("aten::sqrt"), AbsOp = new("aten::abs"), MaxOp = new("aten::max"),
            SumOp = new("aten::sum"), SumDim = new("aten::sum", "dim_IntList"), MeanOp = new("aten::mean"),
            MeanDim = new("aten::mean", "dim"), ArgmaxOp = new("aten::argmax"), NormOp = new("aten::norm", "Scalar"),
            ViewOp = new("aten::view"), ReshapeOp = new("aten::reshape"), PermuteOp = new("aten::permute"),
            TransposeOp = new("aten::transpose", "int"), TOp = new("aten::t"), ContiguousOp = new("aten::contiguous"),
            UnbindOp = new("aten::unbind", "int"), NarrowOp = new("aten::narrow"), UnsqueezeOp = new("aten::unsqueeze"),
            SqueezeOp = new("aten::squeeze", "dim"), IndexSelectOp = new("aten::index_select"),
            CloneOp = new("aten::clone"), DetachOp = new("aten::detach"), CopyInPlace = new("aten::copy_"),
            ZeroInPlace = new("aten::zero_"), FillInPlace = new("aten::fill_", "Scalar"),
            ToDtypeOp = new("aten::to", "dtype"), ToDeviceOp = new("aten::to", "device"),
            AddcmulInPlace = new("aten::addcmul_"), AddcdivInPlace = new("aten::addcdiv_"),
            NormalInPlace = new("aten::normal_"), UniformInPlace = new("aten::uniform_");

        public Tensor add(Tensor target) => AddOp.Call(this, target);
        public Tensor add(Scalar target) => AddScalar.Call(this, target);
        public Tensor add_(Tensor target) { AddInPlace.Call(this, target).Dispose(); return this; }
        public Tensor add_(Tensor target, Scalar alpha) { AddInPlace.Call(this, target, alpha).Dispose(); return this; }
        public Tensor add_(Scalar target) { AddScalarInPlace.Call(this, target).Dispose(); return this; }
        public Tensor sub(Tensor target) => SubOp.Call(this, target);
        public Tensor mul(Tensor target) => MulOp.Call(this, target);
        public Tensor mul(Scalar target) => MulScalar.Call(this, target);
        public Tensor mul_(Tensor target) { MulInPlace.Call(this, target).Dispose(); return this; }
        public Tensor mul_(Scalar target) { MulScalarInPlace.Call(this, target).Dispose(); return this; }
        public Tensor div(Tensor target) => DivOp.Call(this, target);
        public Tensor div(Scalar target) => DivScalar.Call(this, target);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            AddcmulInPlace.Call(this, tensor1, tensor2, value).Dispose();
            return this;
        }

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            AddcdivInPlace.Call(this, tensor1, tensor2, value).Dispose();
            return this;
        }

        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        public Tensor matmul(Tensor target) => MatmulOp.Call(this, target);
        public Tensor mm(Tensor target) => MmOp.Call(this, target);
        public Tensor bmm(Tensor batch2) => BmmOp.Call(this, batch2);
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            BaddbmmOp.Call(this, batch1, batch2, (double)beta, (double)alpha);

        public Tensor softmax(long dim, ScalarType? dtype = null) => SoftmaxOp.Call(this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => LogSoftmaxOp.Call(this, dim, dtype);
        public Tensor relu() => ReluOp.Call(this);
        public Tensor tanh() => TanhOp.Call(this);
        public Tensor sin() => SinOp.Call(this);
        public Tensor cos() => CosOp.Call(this);
        public Tensor sqrt() => SqrtOp.Call(this);
        public Tensor abs() => AbsOp.Call(this);
        public Tensor max() => MaxOp.Call(this);
        public Tensor sum() => SumOp.Call(this);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            SumDim.Call(this, new[] { dim }, keepdim, type);
        public Tensor mean() => MeanOp.Call(this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            MeanDim.Call(this, dimensions, keepdim, type);
        public Tensor argmax(long dim, bool keepdim = false) => ArgmaxOp.Call(this, dim, keepdim);
        public Tensor norm(float p = 2.0f) => NormOp.Call(this, (double)p);

        public Tensor view(params long[] shape) => ViewOp.Call(this, shape);
        public Tensor reshape(params long[] shape) => ReshapeOp.Call(this, shape);
        public Tensor permute(params long[] permutation) => PermuteOp.Call(this, permutation);
        public Tensor transpose(long dim0, long dim1) => TransposeOp.Call(this, dim0, dim1);
        public Tensor t() => TOp.Call(this);
        public Tensor contiguous() => ContiguousOp.Call(this);
        public Tensor[] unbind(int dimension = 0) => UnbindOp.CallMany(this, (Value)dimension);
        public Tensor narrow(long dim, long start, long length) => NarrowOp.Call(this, dim, start, length);
        public Tensor unsqueeze(long dim) => UnsqueezeOp.Call(this, dim);
        public Tensor index_select(long dim, Tensor index) => IndexSelectOp.Call(this, dim, index);

        public Tensor clone() => CloneOp.Call(this);
        public Tensor detach() => DetachOp.Call(this);
        public Tensor copy_(Tensor source, bool nonBlocking = false)
        {
            CopyInPlace.Call(this, source, nonBlocking).Dispose();
            return this;
        }

        public Tensor zero_() { ZeroInPlace.Call(this).Dispose(); return this; }
        public Tensor fill_(Scalar value) { FillInPlace.Call(this, value).Dispose(); return this; }
        public Tensor normal_(double mean = 0.0, double stddev = 1.0)
        {
            NormalInPlace.Call(this, mean, stddev).Dispose();
            return this;
        }

        public Tensor uniform_(double low = 0.0, double high = 1.0)
        {
            UniformInPlace.Call(this, low, high).Dispose();
            return this;
        }

        public Tensor to(ScalarType type) => ToDtypeOp.Call(this, (ScalarType?)type);
        public Tensor to(Device device) => ToDeviceOp.Call(this, device, (ScalarType?)dtype);
        public Tensor cpu() => to(CPU);
    }
}
