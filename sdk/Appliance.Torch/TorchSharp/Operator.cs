using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp;

/// <summary>One argument of an operator, in any of the kinds that the dispatcher takes.</summary>
internal readonly struct Value
{
    internal Native.Kind Kind { get; private init; }
    internal long Integer { get; private init; }
    internal double Number { get; private init; }
    internal int DeviceIndex { get; private init; }
    internal object? Reference { get; private init; }

    public static Value None => default;
    public static implicit operator Value(torch.Tensor? t) =>
        t is null ? default : new() { Kind = Native.Kind.Tensor, Reference = t };
    public static implicit operator Value(long i) => new() { Kind = Native.Kind.Int, Integer = i };
    public static implicit operator Value(int i) => new() { Kind = Native.Kind.Int, Integer = i };
    public static implicit operator Value(double d) => new() { Kind = Native.Kind.Double, Number = d };
    public static implicit operator Value(bool b) => new() { Kind = Native.Kind.Bool, Integer = b ? 1 : 0 };
    public static implicit operator Value(long[]? list) =>
        list is null ? default : new() { Kind = Native.Kind.Ints, Reference = list };
    public static implicit operator Value(string text) => new() { Kind = Native.Kind.Text, Reference = Encoding.UTF8.GetBytes(text) };
    public static implicit operator Value(PackedObject packed) => new() { Kind = Native.Kind.Object, Reference = packed };
    public static implicit operator Value(torch.Tensor[] list) => new() { Kind = Native.Kind.Tensors, Reference = list };
    public static implicit operator Value(torch.ScalarType? t) => t is null ? new Value() : (Value)(long)(sbyte)t.Value;
    public static implicit operator Value(Scalar s) => s.IsInteger ? s.Integer : (Value)s.Number;
    public static implicit operator Value(torch.Device? d) => d is null
        ? default
        : new() { Kind = Native.Kind.Device, Integer = (long)d.type, DeviceIndex = d.index };
}

/// <summary>Something of libtorch's own that is no tensor, such as packed weights.</summary>
internal sealed class PackedObject(nint handle) : IDisposable
{
    internal nint Handle { get; private set; } = handle;

    ~PackedObject() => Free();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Handle != 0)
        {
            Native.bridge_free_object(Handle);
            Handle = 0;
        }
    }
}

/// <summary>An ATen operator, looked up by name and overload at its first call.</summary>
internal sealed unsafe class Operator(string name, string overload = "")
{
    private const int ArgumentsMax = 16;
    private const int ResultsMax = 64;
    private nint _handle;

    internal torch.Tensor Call(Value a) => One([a]);
    internal torch.Tensor Call(Value a, Value b) => One([a, b]);
    internal torch.Tensor Call(Value a, Value b, Value c) => One([a, b, c]);
    internal torch.Tensor Call(Value a, Value b, Value c, Value d) => One([a, b, c, d]);
    internal torch.Tensor Call(Value a, Value b, Value c, Value d, Value e) => One([a, b, c, d, e]);
    internal torch.Tensor Call(Value a, Value b, Value c, Value d, Value e, Value f) => One([a, b, c, d, e, f]);

    internal torch.Tensor CallAll(params ReadOnlySpan<Value> values) => One(values);

    private torch.Tensor One(ReadOnlySpan<Value> values)
    {
        Native.Out* outs = stackalloc Native.Out[ResultsMax];
        var n = Invoke(values, outs);
        for (var k = 1; k < n; k++)
        {
            if (outs[k].Kind == Native.Kind.Tensor && outs[k].Pointer != 0)
            {
                Native.bridge_free(outs[k].Pointer); // later results (native_layer_norm's mean) nobody asked for
            }
        }
        return new torch.Tensor(outs[0].Pointer);
    }

    /// <summary>All tensor results, for operators that return several.</summary>
    internal torch.Tensor[] CallMany(params ReadOnlySpan<Value> values)
    {
        Native.Out* outs = stackalloc Native.Out[ResultsMax];
        var n = Invoke(values, outs);
        var tensors = new torch.Tensor[n];
        for (var k = 0; k < n; k++)
        {
            tensors[k] = new torch.Tensor(outs[k].Pointer);
        }
        return tensors;
    }

    /// <summary>The one result of an operator that packs weights.</summary>
    internal PackedObject CallPacked(params ReadOnlySpan<Value> values)
    {
        Native.Out* outs = stackalloc Native.Out[ResultsMax];
        Invoke(values, outs);
        return new PackedObject(outs[0].Pointer);
    }

    private int Invoke(ReadOnlySpan<Value> values, Native.Out* outs)
    {
        if (_handle == 0)
        {
            _handle = Native.Check(Native.bridge_find(name, overload));
        }
        Native.Arg* args = stackalloc Native.Arg[ArgumentsMax];
        GCHandle* pins = stackalloc GCHandle[ArgumentsMax];
        var pinned = 0;
        try
        {
            for (var k = 0; k < values.Length; k++)
            {
                Fill(ref args[k], values[k], pins, ref pinned);
            }
            var n = Native.bridge_call(_handle, args, values.Length, outs, ResultsMax);
            if (n < 0)
            {
                throw new ExternalException($"{name}({Describe(values)}): {Native.LastError()}");
            }
            return n;
        }
        finally
        {
            for (var k = 0; k < pinned; k++)
            {
                pins[k].Free();
            }
            foreach (ref readonly var value in values)
            {
                GC.KeepAlive(value.Reference); // a finalizer must not free a tensor while libtorch reads it
            }
        }
    }

    private static void Fill(ref Native.Arg arg, Value value, GCHandle* pins, ref int pinned)
    {
        arg.Kind = value.Kind;
        arg.Integer = value.Integer;
        arg.Number = value.Number;
        arg.DeviceIndex = value.DeviceIndex;
        switch (value.Reference)
        {
            case torch.Tensor t:
                arg.Pointer = (void*)t.Handle;
                break;
            case long[] list:
                pins[pinned] = GCHandle.Alloc(list, GCHandleType.Pinned);
                arg.Pointer = (void*)pins[pinned++].AddrOfPinnedObject();
                arg.Integer = list.Length;
                break;
            case PackedObject packed:
                arg.Pointer = (void*)packed.Handle;
                break;
            case byte[] text:
                pins[pinned] = GCHandle.Alloc(text, GCHandleType.Pinned);
                arg.Pointer = (void*)pins[pinned++].AddrOfPinnedObject();
                arg.Integer = text.Length;
                break;
            case torch.Tensor[] tensors:
                var handles = Array.ConvertAll(tensors, t => t.Handle);
                pins[pinned] = GCHandle.Alloc(handles, GCHandleType.Pinned);
                arg.Pointer = (void*)pins[pinned++].AddrOfPinnedObject();
                arg.Integer = handles.Length;
                break;
        }
    }

    private static string Describe(ReadOnlySpan<Value> values)
    {
        var parts = new List<string>();
        for (var k = 0; k < values.Length; k++)
        {
            parts.Add(values[k].Reference switch
            {
                torch.Tensor t => $"[{string.Join(",", t.shape)}] {t.dtype}",
                torch.Tensor[] list => $"{list.Length} tensors",
                long[] list => $"({string.Join(",", list)})",
                _ => values[k].Kind switch
                {
                    Native.Kind.Int or Native.Kind.Bool => $"{values[k].Integer}",
                    Native.Kind.Double => $"{values[k].Number}",
                    _ => "-",
                },
            });
        }
        return string.Join(", ", parts);
    }
}
