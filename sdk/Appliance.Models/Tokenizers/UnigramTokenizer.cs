using System.Text;
using System.Text.Json;

namespace Appliance.Models.Tokenizers;

/// <summary>One piece of a text: its id and the characters it stands for.</summary>
/// <param name="Start">First UTF-16 code unit in the normalised text.</param>
/// <param name="End">One past the last.</param>
public readonly record struct Token(int Id, int Start, int End);

/// <summary>SentencePiece-unigram segmentation: the sequence of pieces with the highest sum of scores.</summary>
/// <remarks>
/// Source: Kudo, Subword Regularization (2018), Viterbi search over the piece lattice. The text is put into NFKC,
/// spaces become U+2581, one U+2581 stands in front; neighbouring unknown characters become one unknown piece.
/// </remarks>
public sealed class UnigramTokenizer
{
    private const char Space = '\u2581';
    private const int VocabularyBytesMax = 64 << 20;
    private const float UnknownPenalty = 10;
    private readonly Trie _trie = new();
    private readonly float _unknownScore;

    private UnigramTokenizer(IReadOnlyList<(string Piece, float Score)> vocabulary, int reserved, int unknownId)
    {
        UnknownId = unknownId;
        Size = vocabulary.Count;
        var lowest = 0f;
        for (var id = reserved; id < vocabulary.Count; id++)
        {
            _trie.Add(vocabulary[id].Piece, id, vocabulary[id].Score);
            lowest = Math.Min(lowest, vocabulary[id].Score);
        }
        _unknownScore = lowest - UnknownPenalty;
    }

    public int UnknownId { get; }

    /// <summary>How many pieces the vocabulary has.</summary>
    public int Size { get; }

    /// <summary>Reads a JSON list of <c>[piece, score]</c>; a null score counts as 0.</summary>
    /// <param name="json">At most 64 MiB.</param>
    /// <param name="reserved">The first so many ids are control pieces that no text can produce.</param>
    /// <exception cref="InvalidDataException">The vocabulary is malformed.</exception>
    public static UnigramTokenizer Load(ReadOnlyMemory<byte> json, int reserved = 6, int unknownId = 0)
    {
        if (json.Length > VocabularyBytesMax)
        {
            throw new InvalidDataException("The vocabulary is larger than 64 MiB.");
        }
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            var pieces = new List<(string, float)>();
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                var score = entry[1].ValueKind == JsonValueKind.Null ? 0 : entry[1].GetSingle();
                pieces.Add((entry[0].GetString()!, score));
            }
            return new UnigramTokenizer(pieces, reserved, unknownId);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("The vocabulary is not a JSON list of [piece, score].");
        }
    }

    /// <summary>The ids of a text, cut to at most <paramref name="lengthMax"/>.</summary>
    public int[] Encode(string text, int lengthMax = int.MaxValue)
    {
        var tokens = Tokenize(text);
        var ids = new int[Math.Min(tokens.Count, lengthMax)];
        for (var k = 0; k < ids.Length; k++)
        {
            ids[k] = tokens[k].Id;
        }
        return ids;
    }

    /// <summary>Ids with their places in the normalised text.</summary>
    public List<Token> Tokenize(string text)
    {
        var normal = Normalise(text);
        var n = normal.Length;
        var best = new float[n + 1];
        var from = new int[n + 1];
        var piece = new int[n + 1];
        Array.Fill(best, float.NegativeInfinity);
        best[0] = 0;
        for (var at = 0; at < n; at++)
        {
            if (best[at] == float.NegativeInfinity)
            {
                continue; // inside a surrogate pair
            }
            var single = false;
            var width = char.IsHighSurrogate(normal[at]) && at + 1 < n && char.IsLowSurrogate(normal[at + 1]) ? 2 : 1;
            foreach (var (length, id, score) in _trie.Matches(normal, at))
            {
                single |= length == width;
                Offer(at, at + length, best[at] + score, id);
            }
            if (!single)
            {
                Offer(at, at + width, best[at] + _unknownScore, UnknownId);
            }
        }
        return Walk(n);

        void Offer(int start, int end, float score, int id)
        {
            if (score > best[end])
            {
                (best[end], from[end], piece[end]) = (score, start, id);
            }
        }

        List<Token> Walk(int end)
        {
            var tokens = new List<Token>();
            for (; end > 0; end = from[end])
            {
                var token = new Token(piece[end], from[end], end);
                if (token.Id == UnknownId && tokens.Count > 0 && tokens[^1].Id == UnknownId)
                {
                    tokens[^1] = tokens[^1] with { Start = token.Start };
                }
                else
                {
                    tokens.Add(token);
                }
            }
            tokens.Reverse();
            return tokens;
        }
    }

    private static string Normalise(string text)
    {
        // A lone surrogate cannot be normalised: it becomes U+FFFD, an unknown piece, not an exception.
        var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Normalize(NormalizationForm.FormKC);
        return string.IsNullOrEmpty(whole) ? "" : Space + whole.Replace(' ', Space);
    }
}
