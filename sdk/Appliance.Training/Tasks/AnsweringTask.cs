using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Where in a context the answer to a question stands; long contexts come as windows that overlap.</summary>
/// <remarks>b = batch, t = tokens. A window without the answer points to the first token: no answer here.</remarks>
public sealed class AnsweringTask : ModelTask
{
    private const int QuestionMax = 40;
    private const int AnswerMax = 30;
    private const double StrideShare = 1.0 / 3;
    private readonly TextCoder _coder;

    private AnsweringTask((Models.Families.Model Model, Models.Checkpoints.LoadReport Report) opened, Recipe recipe, TextCoder coder, Device device)
        : base(opened.Model, opened.Report, recipe, device) => _coder = coder;

    private sealed record Window(Question Question, int First, IReadOnlyList<CodedPiece> Pieces);

    /// <exception cref="InvalidDataException">The folder cannot serve this task.</exception>
    public static AnsweringTask Build(Recipe recipe, string folder, Device device) => new(
        Open(folder, HeadKind.QuestionAnswering, recipe, new Dictionary<string, object>()), recipe, TextCoder.Open(folder), device);

    /// <summary>The windows of a question; those without its answer too, unless they are to be learnt from.</summary>
    public IEnumerable<Item> Encode(Question question, bool learning)
    {
        var asked = _coder.Plain(question.Text).Take(QuestionMax).ToArray();
        int[] head = [.. _coder.Before, .. asked, .. _coder.After.Take(1)];
        var room = Recipe.LengthMax - head.Length - _coder.After.Length;
        var context = _coder.Pieces(question.Context);
        for (var start = 0; start == 0 || start < context.Count; start += Math.Max(1, room - (int)(room * StrideShare)))
        {
            var pieces = context.Skip(start).Take(room).ToArray();
            var (first, last) = Place(question, pieces);
            if (!learning || first >= 0 || question.Answers.Count == 0)
            {
                yield return new Item
                {
                    Ids = [.. head, .. pieces.Select(p => p.Id), .. _coder.After],
                    Segments = [.. head.Select(_ => 0), .. pieces.Select(_ => 1), .. _coder.After.Select(_ => 1)],
                    Label = first < 0 ? 0 : head.Length + first,
                    Last = last < 0 ? 0 : head.Length + last,
                    Source = new Window(question, head.Length, pieces),
                };
            }
            if (start + room >= context.Count)
            {
                break;
            }
        }
    }

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context) => Loss(Model.Answer(Texts(batch)), batch);

    private Tensor Loss(Models.Families.ModelOutput output, IReadOnlyList<Item> batch)
    {
        using var last = tensor([.. batch.Select(i => i.Last)], device: Device);
        return (nn.functional.cross_entropy(output.StartLogits!, Batches.Labels(batch, Device)) + nn.functional.cross_entropy(output.EndLogits!, last)) / 2;
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var best = new Dictionary<string, (double Score, string Text, Question Question)>();
        var loss = 0.0;
        InBatches(items, (_, batch) =>
        {
            var output = Model.Answer(Texts(batch));
            loss += Loss(output, batch).item<float>() * batch.Length;
            var t = (int)output.StartLogits!.shape[1];
            var (starts, ends) = (output.StartLogits.cpu().data<float>().ToArray(), output.EndLogits!.cpu().data<float>().ToArray());
            for (var r = 0; r < batch.Length; r++)
            {
                var window = (Window)batch[r].Source!; // set by Encode
                var (score, text) = Best(window, starts.AsSpan(r * t, t), ends.AsSpan(r * t, t));
                if (!best.TryGetValue(window.Question.Id, out var other) || score > other.Score)
                {
                    best[window.Question.Id] = (score, text, window.Question);
                }
            }
        });
        var answered = best.Values.ToArray();
        string[] Gold(Question q) => [.. q.Answers.Select(a => a.Text)];
        return new Scores(loss / Math.Max(1, items.Count), new Dictionary<string, double>
        {
            ["exact_match"] = answered.Length == 0 ? 0 : answered.Average(a => SquadScores.ExactMatch(a.Text, Gold(a.Question)) ? 1.0 : 0),
            ["f1"] = answered.Length == 0 ? 0 : answered.Average(a => SquadScores.F1(a.Text, Gold(a.Question))),
        });
    }

    private static (double Score, string Text) Best(Window window, ReadOnlySpan<float> starts, ReadOnlySpan<float> ends)
    {
        var (best, from, to) = (double.NegativeInfinity, 0, -1);
        for (var s = 0; s < window.Pieces.Count; s++)
        {
            for (var e = s; e < Math.Min(window.Pieces.Count, s + AnswerMax); e++)
            {
                var score = starts[window.First + s] + ends[window.First + e];
                if (score > best)
                {
                    (best, from, to) = (score, s, e);
                }
            }
        }
        return to < 0 ? (best, "") : (best, window.Question.Context[window.Pieces[from].Start..window.Pieces[to].End]);
    }

    // The first and last piece of the first answer among these; −1 where it is not wholly here.
    private static (int First, int Last) Place(Question question, CodedPiece[] pieces)
    {
        if (question.Answers.Count == 0 || pieces.Length == 0)
        {
            return (-1, -1);
        }
        var (start, end) = (question.Answers[0].Start, question.Answers[0].Start + question.Answers[0].Text.Length);
        if (start < pieces[0].Start || end > pieces[^1].End)
        {
            return (-1, -1);
        }
        return (Array.FindIndex(pieces, p => p.End > start), Array.FindLastIndex(pieces, p => p.Start < end));
    }
}
