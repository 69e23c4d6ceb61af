namespace Appliance.Tests;

/// <summary>Lines of a golden file, one a case; <c>./do golden</c> writes them anew.</summary>
internal static class Golden
{
    private static readonly Lock Writing = new();

    /// <param name="file">Below tests/Golden.</param>
    /// <param name="key">The first field of the line.</param>
    internal static void Line(string file, string key, string line)
    {
        var path = Repository.File(["tests", "Golden", .. file.Split('/')]);
        lock (Writing)
        {
            var lines = File.Exists(path) ? File.ReadAllLines(path).ToList() : [];
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            {
                lines.RemoveAll(l => l.Split('\t')[0] == key);
                lines.Add(line);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!); // it lies below tests/Golden
                File.WriteAllLines(path, lines.Order(StringComparer.Ordinal));
                return;
            }
            lines.Should().Contain(line, $"tests/Golden/{file} has it; ./do golden writes it anew");
        }
    }
}
