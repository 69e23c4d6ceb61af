using Appliance.Models.Config;
using Appliance.Models.Tokenizers;

namespace Appliance.Training.Tasks;

/// <summary>A piece of a text: its id and the characters of the original text that it stands for.</summary>
internal readonly record struct CodedPiece(int Id, int Start, int End);

/// <summary>Texts as ids for learning, whichever tokenizer the base model has.</summary>
internal sealed class TextCoder
{
    private readonly Tokenizer? _general;
    private readonly UnigramTokenizer? _unigram;

    private TextCoder(Tokenizer? general, UnigramTokenizer? unigram)
    {
        (_general, _unigram) = (general, unigram);
        var around = general?.Encode("", addSpecial: true).Ids ?? [];
        (Before, After) = (around.Length > 0 ? around[..1] : [], around.Length > 1 ? around[1..] : []);
    }

    /// <summary>Special tokens before and behind a text.</summary>
    internal int[] Before { get; }

    internal int[] After { get; }

    internal Tokenizer? General => _general;

    internal int Size => _general?.Size ?? _unigram!.Size; // one of the two is there

    /// <exception cref="InvalidDataException">The folder has no tokenizer.</exception>
    internal static TextCoder Open(string folder) => ModelConfig.Open(folder).ModelType == "use-lite"
        ? new TextCoder(null, UnigramTokenizer.Load(File.ReadAllBytes(Path.Combine(folder, "vocab.json"))))
        : new TextCoder(Tokenizer.Open(folder), null);

    /// <summary>With special tokens, cut to a length.</summary>
    internal int[] Encode(string text, int lengthMax)
    {
        if (_unigram is not null)
        {
            return _unigram.Encode(text, lengthMax);
        }
        return _general!.Encode(text, truncation: new Truncation(lengthMax)).Ids; // one of the two is there
    }

    /// <summary>Without special tokens.</summary>
    internal int[] Plain(string text) => _unigram is not null ? _unigram.Encode(text) : _general!.Encode(text, addSpecial: false).Ids; // one of the two is there

    /// <summary>One word of a sentence that was cut into words before.</summary>
    internal int[] Word(string word, bool first) => Plain(_unigram is null && !first ? " " + word : word);

    /// <summary>Without special tokens, with places in the original text. The unigram vocabulary goes word by word.</summary>
    internal List<CodedPiece> Pieces(string text)
    {
        if (_general is not null)
        {
            return [.. _general.Encode(text, addSpecial: false).Tokens.Select(t => new CodedPiece(t.Id, t.Start, t.End))];
        }
        var pieces = new List<CodedPiece>();
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
            {
                end++;
            }
            // Normalising may change a word's length: then its pieces stand for the whole word.
            var word = _unigram!.Tokenize(text[at..end]);
            var same = word.Count > 0 && word[^1].End - 1 == end - at;
            pieces.AddRange(word.Select(t => same ? new CodedPiece(t.Id, at + Math.Max(0, t.Start - 1), at + t.End - 1) : new CodedPiece(t.Id, at, end)));
            at = end + 1;
        }
        return pieces;
    }
}
