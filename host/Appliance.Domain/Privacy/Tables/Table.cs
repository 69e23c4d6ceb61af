using System.Globalization;
using System.Reflection;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tables;

/// <summary>Reads the tables beside it, which are part of the program: nobody changes them at a site.</summary>
internal static class Table
{
    /// <summary>The lines that are neither empty nor a remark.</summary>
    internal static IEnumerable<string> Lines(string name)
    {
        using var reader = new StreamReader(Open(name));
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }

    /// <summary>The lines of a table of words: a name, a tab, words with blanks between them.</summary>
    internal static Dictionary<string, string[]> Lists(string name) => Lines(name).Select(l => l.Split('\t')).ToDictionary(f => f[0], f => f[1].Split(' '));

    /// <summary>The words of a table of numbers by their hash: a number, a tab, its names with blanks between them. The first meaning of a word counts.</summary>
    internal static Dictionary<uint, int> Numbers(string name) => Lists(name)
        .SelectMany(l => l.Value.Select(w => (Hash: WordHash.Of(w), Number: int.Parse(l.Key, CultureInfo.InvariantCulture))))
        .DistinctBy(w => w.Hash).ToDictionary(w => w.Hash, w => w.Number);

    internal static Stream Open(string name) =>
        Assembly.GetExecutingAssembly().GetManifestResourceStream($"tables/{name}") ?? throw new InvalidDataException($"The table {name} is missing: install the appliance again.");
}
