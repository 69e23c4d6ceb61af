using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A source to the same with one fault mended, or as it was: a causal language model judges the source and every single edit of it.</summary>
/// <remarks>
/// n = candidates of a batch, t = tokens. Learnt are the sound sources themselves, and that each is likelier than its edits; so nothing
/// must be known of how faults come about. What the field <c>source</c> does not hold is never written: an answer differs in one place.
/// </remarks>
public sealed class RepairTask : SourceTask
{
    private const int WrongAtOnce = 7, AnswersShown = 3;
    private const int JudgedAtOnce = 16; // their attention stays in the processor's caches
    private const double LanguageWeight = 0.1; // of the sound source's own tokens, beside the choice among edits

    private RepairTask(OpenedModel opened, Recipe recipe, TextCoder coder, Device device)
        : base(opened, recipe, coder, device)
    {
    }

    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    public static RepairTask Build(Recipe recipe, ModelSource source, Device device) => Built(recipe, source, device, Make);

    /// <summary>A trained model.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    public static RepairTask Open(ModelSource source, Device device) => Trained(source, device, Make);

    private static RepairTask Make(OpenedModel opened, Recipe recipe, TextCoder coder, Device device) => new(opened, recipe, coder, device);

    /// <summary>One item: while learning the sound source first, then its edits; else the source as it stands and its edits.</summary>
    public override IEnumerable<Item> Encode(LabelledInput row, bool learning)
    {
        var about = learning ? row.Label : row.Input[Field];
        var candidates = Candidates(about);
        var right = candidates.FindIndex(c => c.Text == row.Label);
        yield return new Item { Ids = candidates[0].Item.Ids, Label = right, Source = candidates };
    }

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var groups = batch.Select(i => Drawn((List<Candidate>)i.Source!, context.Chance)).ToArray(); // Encode sets it
        Item[] all = [.. groups.SelectMany(g => g)];
        var likely = LogLikelihoods(all);
        var (losses, at) = (new List<Tensor>(), 0);
        foreach (var group in groups)
        {
            var own = likely.narrow(0, at, group.Length);
            losses.Add(-own.log_softmax(0).narrow(0, 0, 1) - (own.narrow(0, 0, 1) * (LanguageWeight / group[0].Ids.Length)));
            at += group.Length;
        }
        return cat([.. losses]).mean();
    }

    /// <summary>Besides: how much likelier an edit must be than what was written, so that most held rows come out right.</summary>
    public override void Calibrate(IReadOnlyList<LabelledInput> held)
    {
        Settings = Settings with { SourceBias = 0 };
        var candidates = held.Select(h => Candidates(h.Input[Field])).ToArray();
        Settings = Settings with { SourceBias = BestBias([.. candidates.Zip(Judge(candidates), held).Select(r => Lead(r.First, r.Second, r.Third.Label))]) };
        base.Calibrate(held);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var judged = Judge([.. items.Select(i => (List<Candidate>)i.Source!)]); // Encode sets it
        var (right, loss) = (0, 0.0);
        foreach (var (item, shares) in items.Zip(judged))
        {
            right += item.Label == Array.IndexOf(shares, shares.Max()) ? 1 : 0;
            loss -= item.Label >= 0 ? Math.Log(Math.Max(1e-9, shares[item.Label])) : 0;
        }
        return new Scores(loss / Math.Max(1, items.Count), new Dictionary<string, double> { ["exact_match"] = right / Math.Max(1.0, items.Count) });
    }

    protected override IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs)
    {
        var candidates = inputs.Select(i => Candidates(Filled(i, Field))).ToArray();
        return [.. candidates.Zip(Judge(candidates), (own, shares) => new TaskOutput(
            [.. own.Zip(shares, (c, share) => new Prediction("", share, c.Text)).OrderByDescending(p => p.Score).Take(AnswersShown)]))];
    }

    // The source itself stands first; edits behind the model's length would look like it, and are none.
    private List<Candidate> Candidates(string source)
    {
        var own = Coded(source);
        return [new(source, own), .. SingleEdits.Of(source).Select(e => new Candidate(e, Coded(e))).Where(c => !c.Item.Ids.AsSpan().SequenceEqual(own.Ids))];
    }

    private Item Coded(string text)
    {
        int[] ids = [.. Coder.Before, .. Coder.Plain(text)];
        ids = ids[..Math.Min(ids.Length, Settings.MaxLength)];
        return new Item { Ids = ids, Labels = [.. ids.Select(i => (long)i)] };
    }

    private static Item[] Drawn(List<Candidate> candidates, Random chance)
    {
        var wrong = candidates[1..];
        if (wrong.Count > WrongAtOnce)
        {
            chance.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(wrong));
        }
        return [candidates[0].Item, .. wrong.Take(WrongAtOnce).Select(c => c.Item)];
    }

    // The probability of each candidate of each source.
    private double[][] Judge(IReadOnlyList<List<Candidate>> sources)
    {
        var owners = sources.SelectMany((s, k) => s.Select((c, place) => (Source: k, Place: place, c.Item))).ToArray();
        var scores = sources.Select(s => new double[s.Count]).ToArray();
        InBatches(
            [.. owners.Select(o => o.Item)],
            (rows, batch) =>
            {
                foreach (var (row, score) in rows.Zip(LogLikelihoods(batch).cpu().data<float>().ToArray()))
                {
                    scores[owners[row].Source][owners[row].Place] = score + (owners[row].Place == 0 ? Settings.SourceBias : 0);
                }
            },
            JudgedAtOnce);
        return [.. scores.Select(Shares)];
    }

    private static double[] Shares(double[] scores)
    {
        var best = scores.Max();
        var powers = scores.Select(s => Math.Exp(s - best)).ToArray();
        return [.. powers.Select(p => p / powers.Sum())];
    }

    // By how many nats the likeliest edit leads the source, and which of the two would be right.
    private static (double Lead, bool EditRight, bool SourceRight) Lead(List<Candidate> candidates, double[] shares, string label)
    {
        if (candidates.Count == 1)
        {
            return (double.NegativeInfinity, false, candidates[0].Text == label);
        }
        var best = Enumerable.Range(1, candidates.Count - 1).MaxBy(k => shares[k]);
        return (Math.Log(shares[best]) - Math.Log(shares[0]), candidates[best].Text == label, candidates[0].Text == label);
    }

    // Every lead is a place to draw the line; of equally good ones the highest: what was written stays where nothing speaks against it.
    private static double BestBias((double Lead, bool EditRight, bool SourceRight)[] rows)
    {
        double[] lines = [.. rows.Select(r => r.Lead).Where(double.IsFinite).Order()];
        return lines.Select((l, k) => k + 1 < lines.Length ? (l + lines[k + 1]) / 2 : l + 1).Prepend(lines.FirstOrDefault() - 1)
            .OrderByDescending(line => rows.Count(r => r.Lead > line ? r.EditRight : r.SourceRight)).ThenByDescending(line => line).First();
    }

    // [n] Σ ln p of each candidate's tokens
    private Tensor LogLikelihoods(IReadOnlyList<Item> batch)
    {
        var (scores, labels) = NextToken.Scored(Model, Texts(batch), batch, Device);
        return -nn.functional.cross_entropy(scores, labels, reduction: nn.Reduction.None).reshape(batch.Count, -1).sum(1);
    }

    private readonly record struct Candidate(string Text, Item Item);
}
