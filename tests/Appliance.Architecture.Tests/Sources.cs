namespace Appliance.Tests;

/// <summary>A source file of the product.</summary>
internal sealed record Source(string Path, string[] Lines)
{
    internal string Text => string.Join('\n', Lines);

    internal string Project => Path.Split('/')[1];

    internal static IReadOnlyList<Source> Product { get; } = [.. new[] { "sdk", "host", "plugins" }
        .SelectMany(folder => Directory.EnumerateFiles(Repository.File(folder), "*.cs", SearchOption.AllDirectories))
        .Select(file => new Source(System.IO.Path.GetRelativePath(Repository.Root, file), File.ReadAllLines(file)))];
}
