using Appliance.Models.Heads;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A tag for each word: named entities in the field <c>text</c>. The first piece of a word speaks for it.</summary>
/// <remarks>b = batch, t = tokens, c = tags. A text that is longer than the model is read in parts, one behind the other.</remarks>
public sealed class TaggingTask : TaughtTask
{
    private const string Field = "text";
    private readonly TextCoder _coder;
    private readonly IReadOnlyList<string> _tags;
    private readonly Dictionary<string, int> _numbers;

    private TaggingTask(OpenedModel opened, Recipe recipe, TextCoder coder, IReadOnlyList<string> tags, Device device)
        : base(opened, recipe, device)
    {
        (_coder, _tags) = (coder, tags);
        _numbers = tags.Index().ToDictionary(t => t.Item, t => t.Index);
    }

    public override AnswerKind Kind => AnswerKind.Spans;

    protected override string About => Field;

    /// <param name="tags"><c>O</c>, then <c>B-</c> and <c>I-</c> of each type.</param>
    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    public static TaggingTask Build(Recipe recipe, ModelSource source, IReadOnlyList<string> tags, Device device)
    {
        using var opening = source;
        return Make(recipe, source, tags, device);
    }

    /// <summary>A base model with a new head for entities of these types.</summary>
    /// <exception cref="InvalidDataException">The model cannot serve this task, or there is no type.</exception>
    public static TaggingTask ForTypes(Recipe recipe, ModelSource source, IReadOnlyList<string> types, Device device) => types.Count == 0
        ? throw new InvalidDataException("No row has an entity: there is nothing to learn.")
        : Build(recipe, source, ["O", .. types.SelectMany(t => (string[])[$"B-{t}", $"I-{t}"])], device);

    /// <summary>A trained model, head included.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    public static TaggingTask Open(ModelSource source, Device device) => Reopened(source, recipe => Make(recipe, source, LabelsOf(source), device));

    private static TaggingTask Make(Recipe recipe, ModelSource source, IReadOnlyList<string> tags, Device device) =>
        new(Open(source, HeadKind.TokenClassification, recipe, WithLabels(tags)), recipe, TextCoder.Open(source.Folder), tags, device);

    public Item Encode(TaggedSentence sentence) => Parts(sentence)[0].Item;

    public override IEnumerable<Item> Encode(LabelledInput row, bool learning)
    {
        var text = row.Input[Field];
        var (words, spans) = (WordSplitter.Split(text), TextSpans.Read(row.Label, text.Length));
        return Parts(new TaggedSentence([.. words.Select(w => text[w.Start..w.End])], Tags(words, spans))).Select(p => p.Item);
    }

    /// <summary>The sentence in as many parts as the model's length asks for, each with the places of its words.</summary>
    private List<(Item Item, int[] Words)> Parts(TaggedSentence sentence)
    {
        var all = new List<(Item, int[])>();
        var (ids, labels, places) = (new List<int>(), new List<long>(), new List<int>());
        void End()
        {
            all.Add((new Item
            {
                Ids = [.. _coder.Before, .. ids, .. _coder.After],
                Labels = [.. _coder.Before.Select(_ => Item.Ignored), .. labels, .. _coder.After.Select(_ => Item.Ignored)],
                Source = sentence,
            }, [.. places]));
            ids.Clear();
            labels.Clear();
            places.Clear();
        }
        var room = Settings.MaxLength - _coder.Before.Length - _coder.After.Length;
        foreach (var (k, word) in sentence.Words.Index())
        {
            var pieces = _coder.Word(word, k == 0);
            if (pieces.Length == 0 || pieces.Length > room)
            {
                continue; // a word of nothing but marks that the vocabulary drops, or one without an end
            }
            if (ids.Count + pieces.Length > room)
            {
                End();
            }
            ids.AddRange(pieces);
            places.Add(k);
            labels.Add(_numbers.GetValueOrDefault(sentence.Tags[k], 0));
            labels.AddRange(pieces.Skip(1).Select(_ => Item.Ignored));
        }
        if (ids.Count > 0 || all.Count == 0)
        {
            End();
        }
        return all;
    }

    private static string[] Tags(IReadOnlyList<TextSpan> words, IReadOnlyList<TextSpan> spans)
    {
        var tags = new string[words.Count];
        Array.Fill(tags, "O");
        foreach (var span in spans)
        {
            var begun = false;
            foreach (var (k, _) in words.Index().Where(w => w.Item.Start < span.End && w.Item.End > span.Start && tags[w.Index] == "O"))
            {
                (tags[k], begun) = ((begun ? "I-" : "B-") + span.Label, true);
            }
        }
        return tags;
    }

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held) =>
        DataCheck.RequireKnown(train, held, _tags, i => i.Labels!.Where(l => l != Item.Ignored)); // set by Encode

    public override double Units(IReadOnlyList<Item> batch) => Math.Max(1, batch.Sum(i => i.Labels!.Count(l => l != Item.Ignored))); // set by Encode

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var logits = Model.Answer(Texts(batch)).Logits!; // [b, t, c]
        return nn.functional.cross_entropy(logits.reshape(-1, _tags.Count), Batches.TokenLabels(batch, Device).view(-1), label_smoothing: Recipe.LabelSmoothing);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (truth, found) = (new string[items.Count][], new string[items.Count][]);
        var (loss, units) = (0.0, 0.0);
        InBatches(items, (rows, batch) =>
        {
            var logits = Model.Answer(Texts(batch)).Logits!; // [b, t, c]
            loss += nn.functional.cross_entropy(logits.reshape(-1, _tags.Count), Batches.TokenLabels(batch, Device).view(-1), reduction: nn.Reduction.Sum).item<float>();
            units += Units(batch);
            var (best, t) = (logits.argmax(2).cpu().data<long>().ToArray(), logits.shape[1]);
            for (var r = 0; r < batch.Length; r++)
            {
                var places = Enumerable.Range(0, batch[r].Ids.Length).Where(k => batch[r].Labels![k] != Item.Ignored).ToArray();
                truth[rows[r]] = [.. places.Select(k => _tags[(int)batch[r].Labels![k]])];
                found[rows[r]] = [.. places.Select(k => _tags[(int)best[(r * t) + k]])];
            }
        });
        var report = TagSequences.Compare(truth, found);
        return new Scores(loss / Math.Max(1, units), new Dictionary<string, double>
        {
            ["f1"] = report.Micro.F1, ["macro_f1"] = double.IsNaN(report.Macro.F1) ? 0 : report.Macro.F1, ["accuracy"] = report.TokenAccuracy,
        });
    }

    protected override IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs)
    {
        var asked = inputs.Select(i => (Text: i[Field], Words: WordSplitter.Split(i[Field]))).ToArray();
        var parts = asked.SelectMany((a, row) => Parts(new TaggedSentence([.. a.Words.Select(w => a.Text[w.Start..w.End])], [.. a.Words.Select(_ => "O")]))
            .Where(p => p.Words.Length > 0).Select(p => (Row: row, p.Item, p.Words))).ToArray();
        var found = asked.Select(a => (Tags: Enumerable.Repeat("O", a.Words.Count).ToArray(), Scores: new double[a.Words.Count])).ToArray();
        InBatches([.. parts.Select(p => p.Item)], (rows, batch) =>
        {
            var shares = Model.Answer(Texts(batch)).Logits!.softmax(-1); // [b, t, c]
            var (scores, t, c) = (shares.cpu().data<float>().ToArray(), (int)shares.shape[1], _tags.Count);
            for (var r = 0; r < batch.Length; r++)
            {
                var (row, item, words) = parts[rows[r]];
                var firsts = Enumerable.Range(0, item.Ids.Length).Where(k => item.Labels![k] != Item.Ignored); // set by Parts
                foreach (var (word, place) in words.Zip(firsts))
                {
                    var own = scores.AsSpan((((r * t) + place) * c), c);
                    var best = own.IndexOf(own.ToArray().Max());
                    (found[row].Tags[word], found[row].Scores[word]) = (_tags[best], own[best]);
                }
            }
        });
        return [.. asked.Zip(found, (a, f) => new TaskOutput([.. TagSequences.Entities(f.Tags).Select(e => Entity(a.Text, a.Words, f.Scores, e))]))];
    }

    private static Prediction Entity(string text, IReadOnlyList<TextSpan> words, double[] scores, (string Type, int Start, int End) entity)
    {
        var (start, end) = (words[entity.Start].Start, words[entity.End - 1].End);
        return new Prediction(entity.Type, scores[entity.Start..entity.End].Average(), text[start..end], start, end);
    }
}
