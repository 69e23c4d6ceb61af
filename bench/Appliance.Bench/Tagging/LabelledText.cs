using System.Text;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tagging;

namespace Appliance.Bench.Tagging;

/// <summary>One text with a tag for each of its words.</summary>
/// <param name="Tags">-1 where nobody knows: not learnt from.</param>
internal sealed record LabelledText(byte[] Utf8, Token[] Tokens, int[] Tags)
{
    /// <param name="spans">Places in the text and the kind that stands there; -1 for one that nobody knows.</param>
    internal static LabelledText Of(string text, IEnumerable<(int Start, int End, int Kind)> spans)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var view = new TextBytes();
        view.Read(utf8);
        var words = new Tokenizer();
        words.Cut(view.View);
        var tokens = words.Tokens.ToArray();
        var tags = new int[tokens.Length];
        foreach (var (start, end, kind) in spans)
        {
            int from = Encoding.UTF8.GetByteCount(text.AsSpan(0, start)), to = Encoding.UTF8.GetByteCount(text.AsSpan(0, end));
            var first = true;
            for (var k = 0; k < tokens.Length; k++)
            {
                if (view.StartOf(tokens[k].Start) >= from && view.EndOf(tokens[k].End) <= to)
                {
                    tags[k] = kind < 0 ? kind : first ? Domain.Privacy.Tagging.Tags.Begin(kind) : Domain.Privacy.Tagging.Tags.Inside(kind);
                    first = false;
                }
            }
        }
        return new LabelledText(view.View.ToArray(), tokens, tags);
    }
}

/// <summary>Fills the templates.</summary>
internal sealed class Templates(string[] lines, string[] words, Names names, Random random)
{
    internal LabelledText Next()
    {
        var template = lines[random.Next(lines.Length)].Replace("\\n", "\n", StringComparison.Ordinal);
        var (text, spans) = (new StringBuilder(), new List<(int, int, int)>());
        for (var k = 0; k < template.Length; k++)
        {
            if (template[k] != '{' || k + 2 >= template.Length || template[k + 2] != '}')
            {
                text.Append(template[k]);
                continue;
            }
            var (value, kind) = Slot(template[k + 1]);
            if (kind >= 0)
            {
                // "S.p.A." ends inside: the dot behind is no word, so it does not matter
                spans.Add((text.Length, text.Length + value.Length, kind));
            }
            text.Append(value);
            k += 2;
        }
        // Sometimes everything in small letters, or in capitals, as people write.
        if (random.Next(4) == 0)
        {
            // A capital begins a sentence or a label, and need not begin a name.
            text.Insert(0, Label());
            spans = [.. spans.Select(s => (s.Item1 + _labelled, s.Item2 + _labelled, s.Item3))];
        }
        var written = random.Next(16) switch { 0 => text.ToString().ToLowerInvariant(), 1 when text.Length < 120 => text.ToString().ToUpperInvariant(), _ => text.ToString() };
        return LabelledText.Of(written.Length == text.Length ? written : text.ToString(), spans);
    }

    private int _labelled;

    private string Label()
    {
        string Capital() => words[random.Next(words.Length)] is var word ? char.ToUpperInvariant(word[0]) + word[1..] : "";
        var title = string.Join(' ', Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.Next(4) == 0 ? words[random.Next(words.Length)] : Capital()));
        var label = names.OneOf("", "", "", "Oggetto: ", "Subject: ", "Re: ", "Asunto: ", "Betreff: ") + char.ToUpperInvariant(title[0]) + title[1..] + names.OneOf(": ", ":\n", ". ", "\n", " - ", " ");
        _labelled = label.Length;
        return label;
    }

    private (string Value, int Kind) Slot(char slot) => slot switch
    {
        'P' => (names.Person(), 0),
        'p' => (names.Person().ToLowerInvariant(), 0),
        'F' => (names.First(), 0),
        'L' => (names.Last(), 0),
        'C' => (random.Next(7) == 0 ? names.City().ToUpperInvariant() : names.City(), 1),
        'c' => (names.City().ToLowerInvariant(), 1),
        'N' => (names.Country(), 1),
        'O' => (names.Company(), 2),
        'o' => (names.Company().ToLowerInvariant(), 2),
        'A' => (names.Address(), 3),
        'a' => (names.Address().ToLowerInvariant(), 3),
        'S' => (names.Street(), 3),
        'Z' => (names.Zip(), -1),
        'D' => ($"{names.Number(28)}/{names.Number(12)}/{1930 + random.Next(90)}", -1),
        'Y' => ($"{1900 + random.Next(125)}", -1),
        'W' => (names.OneOf("lunedì", "martedì", "Monday", "Friday", "Sunday", "Saturday", "giovedì"), -1),
        '#' => (names.Number(9999), -1),
        'X' => (names.Acronym(), -1),
        'I' => (names.Authority(), 2),
        'K' => (names.Club(), 2),
        'B' => (names.Party(), 2),
        'U' => (names.Newspaper(), 2),
        'G' => (names.Region(), 1),
        'V' => (names.Venue(), 1),
        'M' => (names.Nobody(), -1),
        'E' => ($"{names.First().ToLowerInvariant()}@example.org", -1),
        'T' => ($"+39 {names.Digits(3)} {names.Digits(7)}", -1),
        _ => throw new InvalidDataException($"templates.txt has a slot {{{slot}}} that nobody fills."),
    };
}

/// <summary>Running text, labelled by rules that are sure and silent about the rest.</summary>
internal static class RunningText
{
    private static readonly HashSet<uint> Titles = WordHash.All("sig sigra signor signora signorina dott dottor dottoressa avv mr mrs ms miss dr sir lady lord don donna suor padre zio zia uncle aunt madame monsieur conte contessa colonel captain professor professore");
    private static readonly HashSet<uint> Prepositions = WordHash.All("in a di da from at to near of toward towards through per verso");

    /// <param name="story">Names of people occur that no table has: capitals that nobody knows are left out.</param>
    internal static LabelledText Label(string line, bool story, Names names, Random random)
    {
        var text = LabelledText.Of(Titled(line, random), []);
        var (tokens, tags) = (text.Tokens, text.Tags);
        for (var k = 0; k < tokens.Length; k++)
        {
            if (!tokens[k].Has(Kinds.Capital) || k == 0)
            {
                continue;
            }
            var starts = text.Utf8.AsSpan(tokens[k - 1].End, tokens[k].Start - tokens[k - 1].End).IndexOfAny(".!?:\"-"u8) >= 0;
            var known = Gazetteer.Of(tokens[k].Hash);
            var joined = tokens[k].Start - tokens[k - 1].End == 1;
            var first = (known & Known.FirstName) != 0;
            var place = (known & (Known.City | Known.Country)) != 0;
            tags[k] = joined && tags[k - 1] is 1 or 2 && tokens[k - 1].Has(Kinds.Capital) ? 2
                : Titles.Contains(tokens[k - 1].Hash) && tokens[k].Length > 2 ? 1
                : first && !place && !starts && story ? 1
                : place && !first && !starts && joined && Prepositions.Contains(tokens[k - 1].Hash) ? Domain.Privacy.Tagging.Tags.Begin(1)
                : starts && known == 0 ? 0
                : story ? -1 : known == 0 ? 0 : -1;
        }
        return random.Next(2) == 0 ? Famous(text) : Famous(Renamed(text, names, random));
    }

    // Institutions, places and people that everybody knows.
    private static LabelledText Famous(LabelledText text)
    {
        int[] candidates = [.. Enumerable.Range(0, text.Tokens.Length).Where(k => Tagger.IsCandidate(text.Tokens, k, small: false))];
        var (tags, sure, known) = (text.Tags.Select(t => (byte)Math.Max(t, 0)).ToArray(), new bool[text.Tokens.Length], new KnownWords[candidates.Length]);
        KnownWordFilter.Look(text.Tokens, candidates, known);
        Institutions.Settle(text.Tokens, candidates, known, tags, sure);
        return text with { Tags = [.. tags.Zip(text.Tags, (now, before) => now != Math.Max(before, 0) ? now : before)] };
    }

    // Other people in other towns: what is learnt is where names stand, and not which.
    private static LabelledText Renamed(LabelledText text, Names names, Random random)
    {
        var (written, spans, at) = (new StringBuilder(), new List<(int, int, int)>(), 0);
        var (tokens, tags) = (text.Tokens, text.Tags);
        for (var k = 0; k < tokens.Length; k++)
        {
            if (tags[k] == 0)
            {
                continue;
            }
            var last = k;
            while (tags[k] > 0 && last + 1 < tokens.Length && tags[last + 1] == tags[k] + 1)
            {
                last++;
            }
            written.Append(Encoding.UTF8.GetString(text.Utf8, at, tokens[k].Start - at));
            var start = written.Length;
            written.Append(tags[k] switch
            {
                1 when last > k => names.Person(),
                1 when k > 0 && Titles.Contains(tokens[k - 1].Hash) => names.Last(),
                1 => random.Next(3) == 0 ? names.Last() : names.First(),
                3 => random.Next(4) == 0 ? names.Region() : random.Next(3) == 0 ? names.Country() : names.City(),
                _ => Encoding.UTF8.GetString(text.Utf8, tokens[k].Start, tokens[last].End - tokens[k].Start),
            });
            spans.Add((start, written.Length, tags[k] < 0 ? -1 : (tags[k] - 1) / 2));
            (at, k) = (tokens[last].End, last);
        }
        written.Append(Encoding.UTF8.GetString(text.Utf8, at, text.Utf8.Length - at));
        return LabelledText.Of(written.ToString(), spans);
    }

    // Some words begin with a capital for no reason, as in headings.
    private static string Titled(string line, Random random)
    {
        if (random.Next(3) > 0)
        {
            return line;
        }
        var words = line.Split(' ');
        var from = random.Next(words.Length);
        for (var k = from; k < Math.Min(words.Length, from + 1 + random.Next(4)); k++)
        {
            words[k] = words[k].Length > 3 ? char.ToUpperInvariant(words[k][0]) + words[k][1..] : words[k];
        }
        return string.Join(' ', words);
    }
}
