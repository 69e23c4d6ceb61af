namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Which tokens something may be written behind: a value, the rest of an address or of a code. The two bytes behind a token decide.</summary>
internal sealed class TokenMarks
{
    /// <summary>A token this long is listed whatever stands behind it.</summary>
    internal const int LongToken = 16;

    private const byte Any = 1, Visible = 2, Joined = 4, Quoted = 8, Assigned = 16;
    private readonly byte[] _after = new byte[256], _next = new byte[256];

    private TokenMarks()
    {
        for (var b = 0; b < 256; b++)
        {
            _after[b] = (char)b switch { ':' or '=' => Any, '-' or '_' or '/' => Visible, '.' => Joined, '"' or '\'' or ']' => Quoted, ' ' => Assigned, _ => 0 };
            _next[b] = (byte)(Any | (b > ' ' ? Visible : 0) | (Bytes.IsWord((byte)b) || b is '_' or '-' ? Joined : 0) | ((char)b is ':' or '=' or ']' or '"' or '\'' or ' ' ? Quoted : 0) | ((char)b is '=' or ':' ? Assigned : 0));
        }
    }

    internal static TokenMarks Table { get; } = new();

    internal bool Has(byte after, byte next) => (_after[after] & _next[next]) != 0;
}
