using System.Text.Json;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Search;

/// <summary>Tries settings of a recipe's fields and keeps the best on the validation part.</summary>
/// <remarks>
/// Grid: all combinations. Random: drawn from the seed. ASHA: many for few epochs, the best third of them for three times as many, and
/// so on (Li et al. 2020, its synchronous form). What was tried is appended to a file, so that a search that is stopped goes on.
/// </remarks>
public sealed class RecipeSearch(string recipeText, SearchOptions options, string? journal)
{
    private const int Third = 3;
    private readonly List<Trial> _done = [.. journal is not null && File.Exists(journal)
        ? File.ReadAllLines(journal).Select(l => JsonSerializer.Deserialize<Trial>(l)).OfType<Trial>()
        : []];

    /// <summary>Every trial so far, in order.</summary>
    public IReadOnlyList<Trial> Trials => _done;

    /// <param name="run">Trains a recipe and gives the metric of its best validation.</param>
    /// <returns>The recipe's text with the best fields, at its own number of epochs.</returns>
    /// <exception cref="ArgumentException">A field or value is not valid; all mistakes are in the message.</exception>
    public string Best(Func<Recipe, double> run, CancellationToken cancellationToken)
    {
        var candidates = Candidates();
        var (whole, _) = RecipeReader.Read(Text(candidates[0]));
        var errors = candidates.SelectMany(c => RecipeReader.Read(Text(c)).Errors).Distinct().ToArray();
        if (errors.Length > 0 || whole is null)
        {
            throw new ArgumentException("search: some settings are not valid:\n  " + string.Join("\n  ", errors));
        }
        var left = Enumerable.Range(0, candidates.Count).ToArray();
        foreach (var epochs in Rungs(whole.Epochs, left.Length))
        {
            var scored = left.Select(k => Tried(k, candidates[k], epochs, run, cancellationToken)).OrderByDescending(t => t.Metric).ThenBy(t => t.Number).ToArray();
            left = [.. scored.Take(Math.Max(1, (scored.Length + Third - 1) / Third)).Select(t => t.Number)];
        }
        return Text(candidates[left[0]]);
    }

    private Trial Tried(int number, IReadOnlyDictionary<string, string> fields, int epochs, Func<Recipe, double> run, CancellationToken cancellationToken)
    {
        if (_done.Find(t => t.Number == number && t.Epochs == epochs) is { } before)
        {
            return before;
        }
        cancellationToken.ThrowIfCancellationRequested();
        var recipe = RecipeReader.Read(Text(fields)).Recipe! with { Epochs = epochs, Search = null }; // read without errors before
        var trial = new Trial(number, fields, epochs, run(recipe));
        _done.Add(trial);
        if (journal is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(journal))!); // a file stands in a folder
            File.AppendAllText(journal, JsonSerializer.Serialize(trial) + "\n");
        }
        return trial;
    }

    // Grid and random have one rung: every trial runs whole.
    private IEnumerable<int> Rungs(int epochs, int count)
    {
        if (options.Strategy != "asha")
        {
            return [epochs];
        }
        var rungs = new List<int> { epochs };
        while (rungs[0] > 1 && count >= Math.Pow(Third, rungs.Count))
        {
            rungs.Insert(0, Math.Max(1, rungs[0] / Third));
        }
        return rungs.Distinct();
    }

    private List<IReadOnlyDictionary<string, string>> Candidates()
    {
        IEnumerable<IReadOnlyDictionary<string, string>> all = [new Dictionary<string, string>()];
        foreach (var (field, values) in options.Fields)
        {
            all = all.SelectMany(set => values.Select(v => (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(set) { [field] = v }));
        }
        var grid = all.ToArray();
        if (options.Strategy != "grid")
        {
            new Random(1).Shuffle(grid); // without repeats: the same setting twice tells nothing
        }
        return [.. grid.Take(options.Trials)];
    }

    // A field set at the top takes the place of the recipe's own; one inside a block is written block.field.
    private string Text(IReadOnlyDictionary<string, string> fields)
    {
        var lines = recipeText.Split('\n').Where(l => !fields.Keys.Any(f => l.StartsWith(f.Split('.')[0] + ":", StringComparison.Ordinal)));
        var blocks = fields.Where(f => f.Key.Contains('.')).GroupBy(f => f.Key.Split('.')[0]).Select(g => $"{g.Key}: {{{string.Join(", ", g.Select(f => $"{f.Key.Split('.', 2)[1]}: {f.Value}"))}}}");
        return string.Join('\n', lines.Concat(fields.Where(f => !f.Key.Contains('.')).Select(f => $"{f.Key}: {f.Value}")).Concat(blocks));
    }
}
