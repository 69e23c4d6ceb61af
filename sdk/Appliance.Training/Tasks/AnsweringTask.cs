using Appliance.Models.Heads;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Sdk.Scoring;
using Appliance.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Where in the field <c>context</c> the answer to the field <c>question</c> stands; long contexts come as windows that overlap.</summary>
/// <remarks>b = batch, t = tokens. A window without the answer points to the first token: no answer here.</remarks>
public sealed class AnsweringTask : TaughtTask
{
    private const string AskedField = "question", AboutField = "context";
    private const string NoAnswer = "no-answer";
    private const int QuestionMax = 40;
    private const int AnswerMax = 30;
    private const double StrideShare = 1.0 / 3;
    private readonly TextCoder _coder;

    private AnsweringTask(OpenedModel opened, Recipe recipe, TextCoder coder, Device device)
        : base(opened, recipe, device)
    {
        _coder = coder;
    }

    private sealed record Window(Question Question, int First, IReadOnlyList<CodedPiece> Pieces);

    private sealed record Found(double Score, int Start, int End, double Probability);

    public override AnswerKind Kind => AnswerKind.Span;

    protected override string About => AboutField;

    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    public static AnsweringTask Build(Recipe recipe, ModelSource source, Device device)
    {
        using var opening = source;
        return Make(recipe, source, device);
    }

    /// <summary>A trained model, head included.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    public static AnsweringTask Open(ModelSource source, Device device) => Reopened(source, recipe => Make(recipe, source, device));

    private static AnsweringTask Make(Recipe recipe, ModelSource source, Device device) =>
        new(Open(source, HeadKind.QuestionAnswering, recipe, new Dictionary<string, object>()), recipe, TextCoder.Open(source.Folder), device);

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held) =>
        Settings = Settings with { NoAnswer = train.Any(i => i.Source is Window { Question.Answers.Count: 0 }) };

    public override IEnumerable<Item> Encode(LabelledInput row, bool learning)
    {
        var context = row.Input[AboutField];
        var answers = TextSpans.Read(row.Label, context.Length).Select(s => (context[s.Start..s.End], s.Start));
        return Encode(new Question($"{row.Input[AskedField]}\n{context}", row.Input[AskedField], context, [.. answers]), learning);
    }

    /// <summary>The windows of a question; those without its answer too, unless they are to be learnt from.</summary>
    public IEnumerable<Item> Encode(Question question, bool learning)
    {
        var asked = _coder.Plain(question.Text).Take(QuestionMax).ToArray();
        int[] head = [.. _coder.Before, .. asked, .. _coder.After.Take(1)];
        var room = Settings.MaxLength - head.Length - _coder.After.Length;
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
        var (best, loss) = Best(items);
        var scored = best.Values.Select(a => (Said: a.Found.End > 0 ? a.Question.Context[a.Found.Start..a.Found.End] : "", Gold: a.Question.Answers.Select(g => g.Text).ToArray())).ToArray();
        double Mean(Func<string, string[], double> score) =>
            scored.Length == 0 ? 0 : scored.Average(a => a.Gold.Length == 0 ? (a.Said.Length == 0 ? 1 : 0) : score(a.Said, a.Gold));
        return new Scores(loss, new Dictionary<string, double>
        {
            ["exact_match"] = Mean((said, gold) => SquadScores.ExactMatch(said, gold) ? 1 : 0),
            ["f1"] = Mean((said, gold) => SquadScores.F1(said, gold)),
        });
    }

    protected override IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs)
    {
        var questions = inputs.Select((i, k) => new Question($"{k}", Filled(i, AskedField), Filled(i, AboutField), [])).ToArray();
        var (best, _) = Best([.. questions.SelectMany(q => Encode(q, learning: false))]);
        return [.. questions.Select(q => best.TryGetValue(q.Id, out var a) && a.Found.End > 0
            ? new TaskOutput([new Prediction("answer", a.Found.Probability, q.Context[a.Found.Start..a.Found.End], a.Found.Start, a.Found.End)])
            : new TaskOutput([new Prediction(NoAnswer, best.TryGetValue(q.Id, out var none) ? none.Found.Probability : 1)]))];
    }

    // The best answer to each question over all its windows, and the mean loss.
    private (Dictionary<string, (Found Found, Question Question)> Best, double Loss) Best(IReadOnlyList<Item> items)
    {
        var best = new Dictionary<string, (Found Found, Question Question)>();
        var none = new Dictionary<string, double>();
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
                var (s, e) = (starts[(r * t)..((r * t) + batch[r].Ids.Length)], ends[(r * t)..((r * t) + batch[r].Ids.Length)]);
                var id = window.Question.Id;
                none[id] = Math.Min(none.GetValueOrDefault(id, double.MaxValue), s[0] + e[0]);
                if (Span(window, s, e) is { } found && (!best.TryGetValue(id, out var other) || found.Score > other.Found.Score))
                {
                    best[id] = (found, window.Question);
                }
            }
        });
        foreach (var (id, score) in none.Where(n => Settings.NoAnswer && best.TryGetValue(n.Key, out var b) && n.Value > b.Found.Score))
        {
            best[id] = (new Found(score, 0, 0, 1 - best[id].Found.Probability), best[id].Question);
        }
        return (best, loss / Math.Max(1, items.Count));
    }

    private static Found? Span(Window window, float[] starts, float[] ends)
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
        return to < 0 ? null : new Found(best, window.Pieces[from].Start, window.Pieces[to].End, Math.Exp(best - LogSum(starts) - LogSum(ends)));
    }

    private static double LogSum(float[] scores)
    {
        var top = scores.Max();
        return top + Math.Log(scores.Sum(s => Math.Exp(s - top)));
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
