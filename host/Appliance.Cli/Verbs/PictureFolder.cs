using System.Text.Json;

namespace Appliance.Cli.Verbs;

/// <summary>A folder of pictures with a folder for each class, as the field keeps them, made into rows for an import.</summary>
internal sealed class PictureFolder : IDisposable
{
    private static readonly string[] Kinds = [".jpg", ".jpeg", ".png", ".bmp"];

    private PictureFolder(string lines) => Lines = lines;

    /// <summary>A file of JSON lines with <c>image</c> and <c>label</c>; gone with this.</summary>
    internal string Lines { get; }

    /// <returns>Null where these are no folders of pictures.</returns>
    internal static PictureFolder? Of(IReadOnlyList<string> given)
    {
        var pictures = given.Where(Directory.Exists).SelectMany(Directory.GetDirectories)
            .SelectMany(Directory.GetFiles).Where(f => Kinds.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal).ToArray();
        if (pictures.Length == 0)
        {
            return null;
        }
        var made = new PictureFolder(Path.Combine(Directory.CreateTempSubdirectory("appliance-pictures-").FullName, "pictures.jsonl"));
        using var lines = new StreamWriter(made.Lines);
        foreach (var file in pictures)
        {
            lines.WriteLine(JsonSerializer.Serialize(new { image = Convert.ToBase64String(File.ReadAllBytes(file)), label = Path.GetFileName(Path.GetDirectoryName(file)) }));
        }
        return made;
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Lines)!, recursive: true);
}
