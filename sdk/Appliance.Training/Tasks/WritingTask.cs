using Appliance.Models.Generation;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A text for a text, written word by word: translation, completion. The field <c>source</c>, a line break, the answer, its end.</summary>
/// <remarks>b = batch, t = tokens. Only the answer is learnt. Greedy, so that the same question has the same answer.</remarks>
public sealed class WritingTask : SourceTask
{
    private readonly int _end;
    private readonly int[] _break;

    private WritingTask(OpenedModel opened, Recipe recipe, TextCoder coder, Device device)
        : base(opened, recipe, coder, device)
    {
        _break = coder.Plain("\n");
        _end = Model.Config.Int("eos_token_id", 2, min: 0);
    }

    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    public static WritingTask Build(Recipe recipe, ModelSource source, Device device) => Built(recipe, source, device, Make);

    /// <summary>A trained model.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    public static WritingTask Open(ModelSource source, Device device) => Trained(source, device, Make);

    private static WritingTask Make(OpenedModel opened, Recipe recipe, TextCoder coder, Device device) => new(opened, recipe, coder, device);

    /// <summary>One item; none to learn from where question and answer are longer than the model.</summary>
    public override IEnumerable<Item> Encode(LabelledInput row, bool learning)
    {
        var prompt = Prompt(row.Input[Field]);
        int[] answer = [.. Coder.Plain(row.Label), _end];
        int[] ids = [.. prompt, .. answer];
        if (ids.Length <= Settings.MaxLength || !learning)
        {
            long[] labels = [.. prompt.Select(_ => Item.Ignored), .. answer.Select(a => (long)a)];
            var cut = Math.Min(ids.Length, Settings.MaxLength);
            yield return new Item { Ids = ids[..cut], Labels = labels[..cut] };
        }
    }

    public override double Units(IReadOnlyList<Item> batch) => NextToken.Units(batch);

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var (scores, labels) = NextToken.Scored(Model, Texts(batch), batch, Device);
        return nn.functional.cross_entropy(scores, labels, label_smoothing: Recipe.LabelSmoothing);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (loss, units, right) = (0.0, 0.0, 0.0);
        InBatches(items, (_, batch) =>
        {
            var (scores, labels) = NextToken.Scored(Model, Texts(batch), batch, Device);
            loss += nn.functional.cross_entropy(scores, labels, reduction: nn.Reduction.Sum).item<float>();
            units += NextToken.Units(batch);
            var (best, wanted) = (scores.argmax(1).cpu().data<long>().ToArray(), labels.cpu().data<long>().ToArray());
            right += wanted.Zip(best).Count(p => p.First == p.Second);
        });
        var mean = loss / Math.Max(1, units);
        return new Scores(mean, new Dictionary<string, double> { ["accuracy"] = right / Math.Max(1, units), ["perplexity"] = Math.Exp(mean) });
    }

    protected override IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs)
    {
        var outputs = new TaskOutput[inputs.Count];
        var prompts = inputs.Select(i => Prompt(Filled(i, Field))).ToArray();
        InBatches([.. prompts.Select(p => new Item { Ids = p })], (rows, batch) =>
        {
            // The same for every question, so that its answer does not depend on those beside it.
            var options = new GenerationOptions { MaxNewTokens = Math.Max(1, Settings.MaxLength - PromptMax), EndIds = [_end], LogProbabilities = true };
            var (written, sums) = (batch.Select(_ => new List<int>()).ToArray(), new double[batch.Length]);
            var ended = new bool[batch.Length];
            foreach (var step in new Generator(Model, Model.Prompt).Stream([.. batch.Select(i => i.Ids)], options, CancellationToken.None))
            {
                for (var r = 0; r < batch.Length; r++)
                {
                    if (!ended[r])
                    {
                        written[r].Add(step.Ids[r]);
                        sums[r] += step.LogProbabilities![r]; // asked for
                    }
                }
                ended = [.. step.Ended];
            }
            for (var r = 0; r < batch.Length; r++)
            {
                var text = Coder.General?.Decode([.. written[r].Where(i => i != _end)]) ?? "";
                outputs[rows[r]] = new TaskOutput([new Prediction("", Math.Exp(sums[r] / Math.Max(1, written[r].Count)), text.Trim())]);
            }
        });
        return outputs;
    }

    // Half of the model's length is left for the answer; of a longer source the end is cut.
    private int[] Prompt(string source) => [.. Coder.Before, .. Coder.Plain(source).Take(PromptMax - Coder.Before.Length - _break.Length), .. _break];

    private int PromptMax => (Settings.MaxLength / 2) + 8;
}
