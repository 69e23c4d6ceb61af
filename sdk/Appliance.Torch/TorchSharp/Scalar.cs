namespace TorchSharp;

/// <summary>A number as an operator takes it: an integer stays one, so that an integer tensor keeps its type.</summary>
public sealed class Scalar
{
    internal Scalar(double number) => Number = number;
    internal Scalar(long integer) => (Integer, IsInteger) = (integer, true);

    internal double Number { get; }
    internal long Integer { get; }
    internal bool IsInteger { get; }

    public static implicit operator Scalar(int value) => new((long)value);
    public static implicit operator Scalar(long value) => new(value);
    public static implicit operator Scalar(float value) => new((double)value);
    public static implicit operator Scalar(double value) => new(value);
    public static implicit operator Scalar(bool value) => new(value ? 1L : 0L);

    public double ToDouble() => IsInteger ? Integer : Number;
    public float ToSingle() => (float)ToDouble();
    public long ToInt64() => IsInteger ? Integer : (long)Number;
}
