using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array of one element type on one device, owned by libtorch.</summary>
    public partial class Tensor : IDisposable
    {
        private const int DimensionsMax = 64;
        private DisposeScope? _scope;

        internal Tensor(nint handle)
        {
            Handle = handle;
            _scope = DisposeScope.Current;
            _scope?.Hold(this);
        }

        ~Tensor() => Free();

        /// <summary>The address of libtorch's tensor; zero once disposed.</summary>
        public nint Handle { get; private set; }

        public bool IsInvalid => Handle == 0;

        /// <summary>How many tensors libtorch holds for this process through the bridge.</summary>
        public static long TotalCount => Native.bridge_live_tensors();

        public long[] shape => Describe().Shape;
        public int dim() => shape.Length;
        public long Dimensions => shape.Length;
        public long NumberOfElements => numel();
        public ScalarType dtype => Describe().Type;
        public Device device => Describe().Device;
        public bool is_contiguous() => Native.bridge_is_contiguous(Handle) != 0;

        public long numel()
        {
            var n = 1L;
            foreach (var size in shape)
            {
                n *= size;
            }
            return n;
        }

        public long size(int dim) => shape[dim < 0 ? dim + shape.Length : dim];

        public bool requires_grad
        {
            get => Native.bridge_requires_grad(Handle) != 0;
            set => Native.Check(Native.bridge_set_requires_grad(Handle, value ? 1 : 0));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>The gradient, or null before a backward pass.</summary>
        public unsafe Tensor? grad
        {
            get
            {
                nint handle;
                var status = Native.bridge_grad(Handle, &handle);
                Native.Check(status);
                return status == 0 ? null : new Tensor(handle);
            }

            set => Native.Check(Native.bridge_set_grad(Handle, value?.Handle ?? 0));
        }

        /// <summary>Fills the gradients of every leaf that this scalar was computed from.</summary>
        public void backward() => Native.Check(Native.bridge_backward(Handle));

        /// <summary>The elements' memory; of a contiguous tensor on the CPU, and valid until the tensor is disposed.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                var data = Native.bridge_data(Handle);
                return data is null && numel() > 0
                    ? throw new ExternalException(Native.LastError())
                    : new Span<byte>(data, checked((int)(numel() * ElementSize(dtype))));
            }
        }

        /// <summary>A copy of the elements in row-major order.</summary>
        public Utils.TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            using var row = is_contiguous() ? null : contiguous().DetachFromDisposeScope();
            return new Utils.TensorAccessor<T>(MemoryMarshal.Cast<byte, T>((row ?? this).bytes).ToArray());
        }

        /// <summary>The one element of a scalar tensor.</summary>
        public T item<T>()
            where T : unmanaged
        {
            using var here = cpu().DetachFromDisposeScope();
            return MemoryMarshal.Read<T>(here.bytes);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            _scope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            _scope?.Release(this);
            _scope = null;
            return this;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            DetachFromDisposeScope();
            Free();
        }

        internal void SetScope(DisposeScope? scope) => _scope = scope;

        /// <summary>Hands the native tensor over to another object; this one is then empty.</summary>
        internal nint MoveHandle()
        {
            var handle = Handle;
            Handle = 0;
            DetachFromDisposeScope();
            GC.SuppressFinalize(this);
            return handle;
        }

        internal void Replace(Tensor other)
        {
            var learns = requires_grad;
            Free();
            Handle = other.MoveHandle();
            requires_grad = learns;
        }

        internal static int ElementSize(ScalarType type) => type switch
        {
            ScalarType.Float64 or ScalarType.Int64 => 8,
            ScalarType.Float32 or ScalarType.Int32 => 4,
            ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
            _ => 1,
        };

        private unsafe (long[] Shape, ScalarType Type, Device Device) Describe()
        {
            ObjectDisposedException.ThrowIf(Handle == 0, this);
            long* sizes = stackalloc long[DimensionsMax];
            int type, device, index;
            var n = Native.bridge_shape(Handle, sizes, DimensionsMax, &type, &device, &index);
            return (new Span<long>(sizes, n).ToArray(), (ScalarType)type, new Device((DeviceType)device, index));
        }

        private void Free()
        {
            if (Handle != 0)
            {
                Native.bridge_free(Handle);
                Handle = 0;
            }
        }
    }

    /// <summary>Opens a scope that frees this thread's new tensors when it is disposed.</summary>
    public static DisposeScope NewDisposeScope() => new();
}
