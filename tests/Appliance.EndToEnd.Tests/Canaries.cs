using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Tests;

/// <summary>Ten thousand invented identifiers, and a look for them in bytes: as they are, and in the ways in which a program writes them by accident.</summary>
internal sealed class Canaries
{
    private const int KeyBytes = 8;
    private static readonly byte[] PackedBegins = [0x1f, 0x8b, 8];
    private readonly Dictionary<ulong, List<(byte[] Pattern, string What)>> _patterns = [];

    internal Canaries(int seed, int count)
    {
        var chance = new Random(seed);
        All = [.. Enumerable.Range(0, count).Select(k => Make(k % 5, chance)).Distinct()];
        foreach (var canary in All)
        {
            foreach (var (bytes, how) in Encodings(canary))
            {
                var key = MemoryMarshal.Read<ulong>(bytes);
                (CollectionsMarshal.GetValueRefOrAddDefault(_patterns, key, out _) ??= []).Add((bytes, how));
            }
        }
    }

    internal IReadOnlyList<string> All { get; }

    /// <summary>How many ways to write one are looked for.</summary>
    internal static IReadOnlyCollection<string> Ways { get; } = ["as it is", "UTF-16", "base64", "hexadecimal", "HEXADECIMAL", "reversed", "escaped", "packed"];

    /// <summary>What is found in these bytes and in whatever is packed in them.</summary>
    internal IEnumerable<string> In(byte[] bytes)
    {
        foreach (var found in Plain(bytes))
        {
            yield return found;
        }
        for (var at = bytes.AsSpan().IndexOf(PackedBegins); at >= 0;)
        {
            foreach (var found in Plain(Unpacked(bytes, at)))
            {
                yield return "packed: " + found;
            }
            var next = bytes.AsSpan(at + 1).IndexOf(PackedBegins);
            at = next < 0 ? -1 : at + 1 + next;
        }
    }

    private IEnumerable<string> Plain(byte[] bytes)
    {
        for (var at = 0; at + KeyBytes <= bytes.Length; at++)
        {
            if (_patterns.TryGetValue(MemoryMarshal.Read<ulong>(bytes.AsSpan(at)), out var candidates))
            {
                foreach (var (pattern, what) in candidates.Where(c => bytes.AsSpan(at).StartsWith(c.Pattern)))
                {
                    yield return $"{what} at {at}";
                }
            }
        }
    }

    private static IEnumerable<(byte[] Bytes, string How)> Encodings(string canary)
    {
        var plain = Encoding.UTF8.GetBytes(canary);
        yield return (plain, "as it is");
        yield return (Encoding.Unicode.GetBytes(canary), "UTF-16");
        yield return (Encoding.ASCII.GetBytes(Convert.ToHexStringLower(plain)), "hexadecimal");
        yield return (Encoding.ASCII.GetBytes(Convert.ToHexString(plain)), "HEXADECIMAL");
        yield return ([.. plain.Reverse()], "reversed");
        yield return (Encoding.ASCII.GetBytes(string.Concat(canary.Select(c => $"\\u{(int)c:x4}"))), "escaped");
        // In base64 a text looks different at each of three places; the letters at the border belong to its neighbours too.
        for (var phase = 0; phase < 3; phase++)
        {
            var encoded = Convert.ToBase64String([.. new byte[phase], .. plain, .. new byte[(6 - phase - plain.Length % 3) % 3]]);
            yield return (Encoding.ASCII.GetBytes(encoded[(phase == 0 ? 0 : phase + 1)..^4]), "base64");
        }
    }

    private static byte[] Unpacked(byte[] bytes, int at)
    {
        try
        {
            using var packed = new GZipStream(new MemoryStream(bytes, at, bytes.Length - at), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            packed.CopyTo(plain);
            return plain.ToArray();
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static string Make(int kind, Random chance) => kind switch
    {
        0 => FiscalCode(chance),
        1 => Iban(chance),
        2 => $"{Letters(chance, 9)}.{Letters(chance, 7)}@posta-canarino.it",
        3 => $"+39 3{chance.Next(20, 99)} {chance.Next(1_000_000, 9_999_999)}",
        _ => Card(chance),
    };

    private static string Letters(Random chance, int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('a' + chance.Next(26))));

    private static string Iban(Random chance)
    {
        var account = $"{(char)('A' + chance.Next(26))}{chance.NextInt64(10_000_000_000, 99_999_999_999)}{chance.NextInt64(10_000_000_000, 99_999_999_999)}";
        var number = BigInteger.Parse(string.Concat((account + "IT00").Select(c => char.IsDigit(c) ? $"{c}" : $"{c - 'A' + 10}")));
        return $"IT{98 - (int)(number % 97):00}{account}";
    }

    private static string Card(Random chance)
    {
        var digits = "4" + chance.NextInt64(10_000_000_000_000, 99_999_999_999_999);
        var sum = digits.Reverse().Select((c, k) => (c - '0') * (k % 2 == 0 ? 2 : 1)).Sum(d => d > 9 ? d - 9 : d);
        return digits + (10 - sum % 10) % 10;
    }

    private static string FiscalCode(Random chance)
    {
        const string Consonants = "BCDFGLMNPRSTVZ";
        string Three() => string.Concat(Enumerable.Range(0, 3).Select(_ => Consonants[chance.Next(Consonants.Length)]));
        var code = $"{Three()}{Three()}{chance.Next(30, 99)}{"ABCDEHLMPRST"[chance.Next(12)]}{chance.Next(1, 28):00}{(char)('A' + chance.Next(12))}{chance.Next(101, 990)}";
        int[] odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
        var sum = code.Select((c, k) => (char.IsDigit(c) ? c - '0' : c - 'A') is var v && k % 2 == 0 ? odd[v] : v).Sum();
        return code + (char)('A' + sum % 26);
    }
}
