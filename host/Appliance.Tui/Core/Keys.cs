using System.Text;

namespace Appliance.Tui.Core;

/// <summary>Bytes of a terminal as names of keys: <c>j</c>, <c>up</c>, <c>esc</c>, <c>^c</c>, <c>enter</c>.</summary>
public static class Keys
{
    private static readonly Dictionary<string, string> Sequences = new()
    {
        ["[A"] = "up", ["[B"] = "down", ["[C"] = "right", ["[D"] = "left", ["OA"] = "up", ["OB"] = "down", ["[H"] = "home", ["[F"] = "end",
        ["[5~"] = "pgup", ["[6~"] = "pgdn", ["[1~"] = "home", ["[4~"] = "end", ["OP"] = "f1",
    };

    /// <param name="bytes">What one read gave. A lone escape is the key; one with more after it begins a sequence.</param>
    public static IReadOnlyList<string> Parse(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var keys = new List<string>();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\e' && at + 1 < text.Length)
            {
                at = Sequence(text, at, keys);
                continue;
            }
            keys.Add(text[at] switch
            {
                '\e' => "esc",
                '\r' or '\n' => "enter",
                '\t' => "tab",
                '\u007f' or '\b' => "backspace",
                < ' ' => "^" + (char)(text[at] + 96),
                var c => c.ToString(),
            });
        }
        return keys;
    }

    private static int Sequence(string text, int at, List<string> keys)
    {
        // Pasted text never presses keys.
        if (text.AsSpan(at).StartsWith("\e[200~"))
        {
            var end = text.IndexOf("\e[201~", at, StringComparison.Ordinal);
            return end < 0 ? text.Length : end + 5;
        }
        for (var length = 2; length <= 3 && at + length < text.Length; length++)
        {
            if (Sequences.TryGetValue(text.Substring(at + 1, length), out var key))
            {
                keys.Add(key);
                return at + length;
            }
        }
        // An unknown sequence ends at its first letter or tilde, and presses nothing.
        var last = at + 1;
        while (last < text.Length - 1 && !(char.IsAsciiLetter(text[last]) && text[last] != 'O') && text[last] != '~')
        {
            last++;
        }
        return last;
    }
}
