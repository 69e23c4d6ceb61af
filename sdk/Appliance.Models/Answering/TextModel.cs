using Appliance.Models.Families;
using Appliance.Models.Generation;
using Appliance.Models.Tokenizers;
using static TorchSharp.torch;

namespace Appliance.Models.Answering;

/// <summary>A model with its tokenizer: texts in, tensors out.</summary>
/// <remarks>Texts of like length go together, so that little is computed on padding. b = batch, t = tokens.</remarks>
public sealed class TextModel(Model model, Tokenizer tokenizer, int lengthMax) : IDisposable
{
    private const int BatchMax = 32;

    public Model Model { get; } = model;

    public Tokenizer Tokenizer { get; } = tokenizer;

    /// <summary>Tokens of a text at the most, special ones included; what is longer is cut.</summary>
    public int LengthMax { get; } = lengthMax;

    /// <exception cref="Config.ModelConfigException">The configuration is wrong or of an unknown family.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The weights do not fit.</exception>
    /// <exception cref="Checkpoints.SafeTensorsException">The weights are missing or malformed.</exception>
    /// <exception cref="InvalidDataException">There is no tokenizer, or one that is not supported.</exception>
    public static TextModel Open(string folder)
    {
        var tokenizer = Tokenizer.Open(folder);
        var (model, _) = ModelLoader.Open(folder);
        var positions = model.Config.Int("max_position_embeddings|n_positions", 512);
        return new TextModel(model, tokenizer, model.Config.ModelType is "roberta" or "xlm-roberta" or "mpnet" ? positions - 2 : positions);
    }

    /// <summary>The encodings of texts or pairs, in their order.</summary>
    public IReadOnlyList<TokenEncoding> Encode(IReadOnlyList<(string Text, string? Pair)> texts) =>
        [.. texts.Select(t => Tokenizer.Encode(t.Text, t.Pair, truncation: new Truncation(LengthMax)))];

    /// <summary>Runs the model over encodings and hands each batch's output to <paramref name="take"/>, with the places of its rows.</summary>
    public void Run(IReadOnlyList<TokenEncoding> encodings, Action<ModelOutput, IReadOnlyList<int>, Tensor> take)
    {
        var order = Enumerable.Range(0, encodings.Count).OrderBy(k => encodings[k].Tokens.Count).ToArray();
        foreach (var rows in order.Chunk(BatchMax))
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var (b, t) = (rows.Length, rows.Max(k => encodings[k].Tokens.Count));
            var (ids, mask, types) = (new long[b * t], new long[b * t], new long[b * t]);
            var padding = Model.Config.Int("pad_token_id", 0, min: 0);
            Array.Fill(ids, padding);
            for (var r = 0; r < b; r++)
            {
                foreach (var (k, token) in encodings[rows[r]].Tokens.Index())
                {
                    (ids[(r * t) + k], mask[(r * t) + k], types[(r * t) + k]) = (token.Id, token.Attended ? 1 : 0, token.TypeId);
                }
            }
            var seen = tensor(mask, [b, t]);
            var typed = Model.Config.Int("type_vocab_size", 0, min: 0) > 1;
            var input = new ModelInput { InputIds = tensor(ids, [b, t]), AttentionMask = seen, TokenTypeIds = typed ? tensor(types, [b, t]) : null };
            take(Model.Forward(input), rows, seen);
        }
    }

    public void Dispose() => Model.Dispose();
}

/// <summary>Texts or pairs to labels with probabilities.</summary>
public sealed class TextLabels(TextModel model)
{
    /// <summary>Each text's probabilities in the labels' order: softmax for one label of many, sigmoid for any number of them.</summary>
    public IReadOnlyList<float[]> Probabilities(IReadOnlyList<(string Text, string? Pair)> texts)
    {
        var many = model.Model.Config.TextOrNull("problem_type") == "multi_label_classification";
        var result = new float[texts.Count][];
        model.Run(model.Encode(texts), (output, rows, _) =>
        {
            var all = (many ? output.Logits!.sigmoid() : output.Logits!.softmax(-1)).data<float>().ToArray(); // classifiers have logits
            var c = all.Length / rows.Count;
            for (var r = 0; r < rows.Count; r++)
            {
                result[rows[r]] = all[(r * c)..((r + 1) * c)];
            }
        });
        return result;
    }
}

/// <summary>The likeliest words in the place of a mask.</summary>
public sealed class MaskFiller(TextModel model)
{
    /// <summary>For each mask of the text: its token's place and the best words with their probabilities.</summary>
    /// <exception cref="ArgumentException">The tokenizer has no mask, or the text none.</exception>
    public IReadOnlyList<(int Position, IReadOnlyList<(int Id, string Word, float Score)> Best)> Fill(string text, int count)
    {
        var mask = model.Tokenizer.IdOf("[MASK]") ?? model.Tokenizer.IdOf("<mask>") ?? throw new ArgumentException("The tokenizer has no mask token.");
        var encoding = model.Encode([(text, null)])[0];
        var places = encoding.Tokens.Index().Where(t => t.Item.Id == mask).Select(t => t.Index).ToArray();
        if (places.Length == 0)
        {
            throw new ArgumentException("The text has no mask to fill.");
        }
        var result = new List<(int, IReadOnlyList<(int, string, float)>)>();
        model.Run([encoding], (output, _, _) =>
        {
            foreach (var place in places)
            {
                var shares = LogitsProcessing.Softmax(output.Logits!.select(0, 0).select(0, place).data<float>().ToArray());
                var best = shares.Index().OrderByDescending(s => s.Item).Take(count);
                result.Add((place, [.. best.Select(s => (s.Index, model.Tokenizer.Decode([s.Index]), s.Item))]));
            }
        });
        return result;
    }
}
