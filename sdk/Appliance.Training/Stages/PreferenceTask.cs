using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>DPO and KTO: a language model learns from preferred and rejected answers, held to a frozen copy of its start.</summary>
/// <remarks>b = batch, t = tokens.</remarks>
public sealed class PreferenceTask : ModelTask
{
    private readonly Model _reference;

    internal PreferenceTask(
        (Model Model, Models.Checkpoints.LoadReport Report) opened, Model reference, Recipe recipe, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        _reference = reference.to(device);
        _reference.eval();
    }

    /// <exception cref="InvalidDataException">The folder holds no language model.</exception>
    public static PreferenceTask Build(Recipe recipe, string folder, Device device)
    {
        var none = new Dictionary<string, object>();
        return new PreferenceTask(OpenModel(folder, HeadKind.CausalLanguage, recipe, none), OpenModel(folder, HeadKind.CausalLanguage, recipe, none).Model, recipe, device);
    }

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var (preferred, rejected) = Ask(batch);
        return Loss(batch, preferred, rejected);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (loss, right) = (0.0, 0.0);
        InBatches(items, (_, batch) =>
        {
            var (preferred, rejected) = Ask(batch);
            loss += Loss(batch, preferred, rejected).item<float>() * batch.Length;
            var gain = preferred.Own - preferred.Reference;
            gain = rejected is { } r ? gain - (r.Own - r.Reference) : gain;
            right += gain.cpu().data<float>().ToArray().Zip(batch).Count(g => g.First > 0 == (g.Second.Rejected is not null || g.Second.Label == 1));
        });
        return new Scores(loss / Math.Max(1, items.Count), new Dictionary<string, double> { ["accuracy"] = right / Math.Max(1, items.Count) });
    }

    protected override void Dispose(bool disposing)
    {
        _reference.Dispose();
        base.Dispose(disposing);
    }

    // Log-probabilities [b] of the answers, and of their rejected counterparts where there are any, under both models.
    private ((Tensor Own, Tensor Reference) Preferred, (Tensor Own, Tensor Reference)? Rejected) Ask(IReadOnlyList<Item> batch)
    {
        (Tensor, Tensor) Both(IReadOnlyList<Item> items) => (LogProbabilities.OfAnswers(Model, items, Device), Frozen(items));
        return (Both(batch), batch[0].Rejected is null ? null : Both([.. batch.Select(i => i.Rejected!)])); // pairs have both
    }

    private Tensor Loss(IReadOnlyList<Item> batch, (Tensor Own, Tensor Reference) preferred, (Tensor Own, Tensor Reference)? rejected)
    {
        var beta = Recipe.Preference.Beta;
        if (rejected is { } r)
        {
            return PreferenceLosses.Dpo(preferred.Own, r.Own, preferred.Reference, r.Reference, beta);
        }
        using var good = tensor([.. batch.Select(i => (float)i.Label)], device: Device);
        var apart = (preferred.Own.detach() - preferred.Reference).mean().item<float>();
        return PreferenceLosses.Kto(preferred.Own, preferred.Reference, good, Math.Max(0, apart), beta);
    }

    private Tensor Frozen(IReadOnlyList<Item> items)
    {
        using var _ = no_grad();
        return LogProbabilities.OfAnswers(_reference, items, Device);
    }
}
