using Appliance.Domain.Datasets;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Bench;

/// <summary>A dataset split in three.</summary>
internal sealed record Parts(Example[] Train, Example[] Validation, Example[] Test, string[] Labels);

/// <summary>The sample data as the product reads it.</summary>
internal static class Data
{
    /// <summary>3,000 sentences, shuffled by the seed, 70/15/15.</summary>
    internal static Parts Uci(string samples, int seed)
    {
        var rows = Read(Path.Combine(samples, "sentiment-uci"), "tsv", "sentence", "score");
        var all = rows.Select(r => new Example(r.Fields["text"].Reveal(), r.Label)).ToArray();
        new Random(seed).Shuffle(all);
        var (a, b) = (all.Length * 70 / 100, all.Length * 85 / 100);
        return new Parts(all[..a], all[a..b], all[b..], ["0", "1"]);
    }

    /// <summary>The letters on the frozen leak-free split, redacted or not.</summary>
    internal static Parts Letters(string samples, int splitSeed, bool redact)
    {
        var rows = Read(Path.Combine(samples, "letters-it"), "csv", "text", "label");
        // The split is made on the redacted texts in both cases: the same letters stand in the same parts.
        var hidden = Hide(rows, Path.Combine(samples, "..", "policies"));
        var splits = Splitter.Assign([.. rows.Select(r => r.Label)], NearDuplicates.Group(hidden), [.. Enumerable.Range(0, rows.Count)], splitSeed);
        var all = rows.Select((r, k) => new Example(redact ? hidden[k] : r.Fields["text"].Reveal(), r.Label)).ToArray();
        Example[] Part(Split split) => [.. all.Where((_, k) => splits[k] == split)];
        return new Parts(Part(Split.Train), Part(Split.Validation), Part(Split.Test), ["0", "1", "2"]);
    }

    private static IReadOnlyList<RawRow> Read(string folder, string format, string text, string label) =>
        RowParser.Parse(
            [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), (ReadOnlyMemory<byte>)File.ReadAllBytes(f)))],
            RowLayout.Texts(format, text, label)).Rows;

    private static readonly Redactor Redactor = new(new Detector(Detector.Standard, TimeProvider.System, TimeSpan.FromSeconds(5)));

    // As the product's import does it: the operators of the policies, one numbering for the whole dataset.
    private static string[] Hide(IReadOnlyList<RawRow> rows, string policies)
    {
        var (set, _) = PolicyReader.Read(PolicyReader.FileNames.ToDictionary(n => n, n => File.ReadAllText(Path.Combine(policies, n))));
        var pseudonyms = new Pseudonyms();
        return [.. rows.Select(r => Redactor.Redact(r.Fields["text"], set!.Redaction, pseudonyms).Text)];
    }
}
