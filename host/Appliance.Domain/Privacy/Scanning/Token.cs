namespace Appliance.Domain.Privacy.Scanning;

/// <summary>What a token is made of.</summary>
[Flags]
internal enum Kinds : byte
{
    None = 0,
    Digit = 1,
    Upper = 2,
    Lower = 4,

    /// <summary>Letters above ASCII.</summary>
    High = 8,

    /// <summary>It begins with a capital.</summary>
    Capital = 16,

    /// <summary>A line break stands before it.</summary>
    LineBefore = 32,
}

/// <summary>A run of letters and digits in the view.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">One past the last.</param>
/// <param name="Hash">Of its letters in lower case.</param>
/// <param name="After">The byte behind it; 0 at the end.</param>
internal readonly record struct Token(int Start, int End, uint Hash, Kinds Kinds, byte After = 0)
{
    internal int Length => End - Start;

    internal bool Has(Kinds kind) => (Kinds & kind) != 0;

    /// <summary>Digits and nothing else.</summary>
    internal bool IsNumber => (Kinds & (Kinds.Digit | Kinds.Upper | Kinds.Lower | Kinds.High)) == Kinds.Digit;

    /// <summary>Whether one blank and nothing else stands between the token before and this one.</summary>
    internal bool IsOneBlankBehind(Token before) => Start - before.End == 1 && before.After == ' ';

    /// <summary>Letters and nothing else.</summary>
    internal bool IsWord => (Kinds & Kinds.Digit) == 0;
}
