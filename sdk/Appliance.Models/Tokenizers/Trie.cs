using System.Runtime.InteropServices;

namespace Appliance.Models.Tokenizers;

/// <summary>A prefix tree over UTF-16 code units: all vocabulary pieces that begin at a place of a text.</summary>
internal sealed class Trie
{
    private readonly Dictionary<(int Node, char Unit), int> _edges = [];
    private readonly List<(int Id, float Score)> _nodes = [(-1, 0)];

    internal void Add(string piece, int id, float score)
    {
        var node = 0;
        foreach (var unit in piece)
        {
            ref var next = ref CollectionsMarshal.GetValueRefOrAddDefault(_edges, (node, unit), out var known);
            if (!known)
            {
                next = _nodes.Count;
                _nodes.Add((-1, 0));
            }
            node = next;
        }
        if (node != 0 && _nodes[node].Id < 0)
        {
            _nodes[node] = (id, score); // the first of two equal pieces wins, as in the reference
        }
    }

    internal IEnumerable<(int Length, int Id, float Score)> Matches(string text, int start)
    {
        var node = 0;
        for (var at = start; at < text.Length && _edges.TryGetValue((node, text[at]), out node); at++)
        {
            if (_nodes[node].Id >= 0)
            {
                yield return (at - start + 1, _nodes[node].Id, _nodes[node].Score);
            }
        }
    }
}
