namespace Appliance.Training.Evaluation;

/// <summary>How tags are read as entities.</summary>
public enum TagScheme
{
    /// <summary>As conlleval reads them: an I after nothing begins an entity.</summary>
    Lenient,

    /// <summary>An entity begins with B and goes on with I of the same type; anything else is none.</summary>
    Iob2,

    /// <summary>B I E for several words, S for one; an entity without its end is none.</summary>
    Iobes,
}

/// <summary>Precision, recall, F1 and how many there are.</summary>
public sealed record EntityScore(double Precision, double Recall, double F1, int Support);

/// <summary>Entities compared with entities, as seqeval 1.2.2 does it.</summary>
/// <param name="Micro">Over all entities.</param>
/// <param name="Macro">Mean over the types.</param>
/// <param name="Weighted">Mean over the types, by support.</param>
/// <param name="TokenAccuracy">Share of tags that agree.</param>
public sealed record TagReport(
    IReadOnlyDictionary<string, EntityScore> Types, EntityScore Micro, EntityScore Macro, EntityScore Weighted, double TokenAccuracy);

/// <summary>Scores tag sequences by the entities in them.</summary>
public static class TagSequences
{
    /// <exception cref="ArgumentException">Truth and prediction differ in length.</exception>
    public static TagReport Compare(
        IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted, TagScheme scheme = TagScheme.Lenient)
    {
        if (truth.Count != predicted.Count || truth.Zip(predicted).Any(p => p.First.Count != p.Second.Count))
        {
            throw new ArgumentException("Truth and prediction must have the same sentences and tags.");
        }
        var (real, found) = (All(truth, scheme), All(predicted, scheme));
        var types = real.Concat(found).Select(e => e.Type).Distinct().Order(StringComparer.Ordinal).ToArray();
        var scores = types.ToDictionary(t => t, t => Score([.. real.Where(e => e.Type == t)], [.. found.Where(e => e.Type == t)]));
        var support = scores.Values.Sum(s => s.Support);
        EntityScore Mean(Func<EntityScore, double> weight) => new(
            scores.Values.Sum(s => s.Precision * weight(s)), scores.Values.Sum(s => s.Recall * weight(s)), scores.Values.Sum(s => s.F1 * weight(s)), support);
        var tags = truth.Zip(predicted).SelectMany(p => p.First.Zip(p.Second)).ToArray();
        return new TagReport(
            scores, Score(real, found), types.Length > 0 ? Mean(_ => 1.0 / types.Length) : new EntityScore(double.NaN, double.NaN, double.NaN, 0), Mean(s => support == 0 ? 0 : (double)s.Support / support),
            tags.Length == 0 ? 0 : (double)tags.Count(t => t.First == t.Second) / tags.Length);
    }

    /// <summary>The entities of one sentence: type, first word, one past the last.</summary>
    public static IReadOnlyList<(string Type, int Start, int End)> Entities(IReadOnlyList<string> tags, TagScheme scheme = TagScheme.Lenient) =>
        scheme == TagScheme.Lenient ? Lenient(tags) : Strict(tags, scheme);

    private static HashSet<(int Sentence, string Type, int Start, int End)> All(IReadOnlyList<IReadOnlyList<string>> sentences, TagScheme scheme) =>
        [.. sentences.Index().SelectMany(s => Entities(s.Item, scheme).Select(e => (s.Index, e.Type, e.Start, e.End)))];

    private static EntityScore Score(HashSet<(int, string, int, int)> real, HashSet<(int, string, int, int)> found)
    {
        var hits = real.Count(found.Contains);
        var (p, r) = (found.Count == 0 ? 0 : (double)hits / found.Count, real.Count == 0 ? 0 : (double)hits / real.Count);
        return new EntityScore(p, r, p + r == 0 ? 0 : 2 * p * r / (p + r), real.Count);
    }

    private static List<(string, int, int)> Lenient(IReadOnlyList<string> tags)
    {
        var found = new List<(string, int, int)>();
        var (last, lastType, begin) = ('O', "", 0);
        for (var k = 0; k <= tags.Count; k++)
        {
            var (tag, type) = k < tags.Count ? Parts(tags[k]) : ('O', "_");
            if (Ends(last, lastType, tag, type))
            {
                found.Add((lastType, begin, k));
            }
            begin = Begins(last, lastType, tag, type) ? k : begin;
            (last, lastType) = (tag, type);
        }
        return found;
    }

    private static bool Ends(char last, string lastType, char tag, string type) =>
        last is 'E' or 'S' || (last is 'B' or 'I' && tag is 'B' or 'S' or 'O') || (last is not ('O' or '.') && lastType != type);

    private static bool Begins(char last, string lastType, char tag, string type) =>
        tag is 'B' or 'S' || (last is 'E' or 'S' or 'O' && tag is 'E' or 'I') || (tag is not ('O' or '.') && lastType != type);

    private static List<(string, int, int)> Strict(IReadOnlyList<string> tags, TagScheme scheme)
    {
        var found = new List<(string, int, int)>();
        for (var k = 0; k < tags.Count;)
        {
            var (tag, type) = Parts(tags[k]);
            if (!(tag == 'B' || (tag == 'S' && scheme == TagScheme.Iobes)))
            {
                k++;
                continue;
            }
            var (end, last) = (k + 1, tag);
            while (end < tags.Count && last is 'B' or 'I' && Parts(tags[end]) is var next && next.Type == type
                && (next.Tag == 'I' || (next.Tag == 'E' && scheme == TagScheme.Iobes)))
            {
                last = next.Tag;
                end++;
            }
            if (scheme == TagScheme.Iob2 || last is 'E' or 'S')
            {
                found.Add((type, k, end));
                k = end;
            }
            else
            {
                k++;
            }
        }
        return found;
    }

    // B-creative-work → B, creative-work; B → B, _
    private static (char Tag, string Type) Parts(string tag)
    {
        var dash = tag.IndexOf('-', StringComparison.Ordinal);
        return (tag.Length == 0 ? 'O' : tag[0], dash < 0 ? (tag.Length > 1 ? tag[1..] : "_") : tag[(dash + 1)..] is { Length: > 0 } type ? type : "_");
    }
}
