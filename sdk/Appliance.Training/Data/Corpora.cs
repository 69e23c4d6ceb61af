using Appliance.Training.Tasks;

namespace Appliance.Training.Data;

/// <summary>Plain texts and conversations as items for language stages.</summary>
internal static class Corpora
{
    /// <summary>All texts one behind the other, cut into full blocks: nothing is computed on padding.</summary>
    internal static IReadOnlyList<Item> Blocks(IEnumerable<string> texts, TextCoder coder, int length)
    {
        var items = new List<Item>();
        var rest = new List<int>();
        foreach (var text in texts)
        {
            rest.AddRange([.. coder.Before, .. coder.Plain(text), .. coder.After]);
            while (rest.Count >= length)
            {
                items.Add(Whole([.. rest[..length]]));
                rest.RemoveRange(0, length);
            }
        }
        if (rest.Count > length / 2)
        {
            items.Add(Whole([.. rest]));
        }
        return items;
    }

    /// <summary>Short items side by side in one row, first fit; tokens see their own text only.</summary>
    internal static IReadOnlyList<Item> Packed(IReadOnlyList<Item> items, int length)
    {
        var rows = new List<List<Item>>();
        foreach (var item in items.OrderByDescending(i => i.Ids.Length))
        {
            var row = rows.Find(r => r.Sum(i => i.Ids.Length) + item.Ids.Length <= length);
            if (row is null)
            {
                rows.Add(row = []);
            }
            row.Add(item);
        }
        return [.. rows.Select(Joined)];
    }

    private static Item Joined(List<Item> texts) => new()
    {
        Ids = [.. texts.SelectMany(t => t.Ids)],
        // The first token of a text is nobody's next word.
        Labels = [.. texts.SelectMany(t => t.Labels!.Select((l, k) => k == 0 ? Item.Ignored : l))], // causal items have labels
        Texts = [.. texts.SelectMany((t, k) => Enumerable.Repeat(k, t.Ids.Length))],
    };

    private static Item Whole(int[] ids) => new() { Ids = ids, Labels = [.. ids.Select(i => (long)i)] };
}
