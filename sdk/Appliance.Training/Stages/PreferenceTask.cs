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
        return new PreferenceTask(Open(folder, HeadKind.CausalLanguage, recipe, none), Open(folder, HeadKind.CausalLanguage, recipe, none).Model, recipe, device);
    }

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        Item[] answers = [.. batch];
        Item[] rejected = [.. batch.Where(i => i.Rejected is not null).Select(i => i.Rejected!)]; // filtered
        var beta = Recipe.Preference.Beta;
        var (own, reference) = (LogProbabilities.OfAnswers(Model, answers, Device), Frozen(answers));
        if (Recipe.Stage == TrainingStage.Kto)
        {
            using var good = tensor([.. batch.Select(i => (float)i.Label)], device: Device);
            var apart = (own.detach() - reference).mean().item<float>();
            return PreferenceLosses.Kto(own, reference, good, Math.Max(0, apart), beta);
        }
        return PreferenceLosses.Dpo(own, LogProbabilities.OfAnswers(Model, rejected, Device), reference, Frozen(rejected), beta);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (loss, right) = (0.0, 0.0);
        InBatches(items, (_, batch) =>
        {
            loss += Loss(batch, new BatchContext(new Random(0))).item<float>() * batch.Length;
            var gain = LogProbabilities.OfAnswers(Model, batch, Device) - Frozen(batch);
            if (batch[0].Rejected is not null)
            {
                Item[] rejected = [.. batch.Select(i => i.Rejected!)]; // pairs have both
                gain = gain - (LogProbabilities.OfAnswers(Model, rejected, Device) - Frozen(rejected));
            }
            right += gain.cpu().data<float>().ToArray().Zip(batch).Count(g => g.First > 0 == (g.Second.Rejected is not null || g.Second.Label == 1));
        });
        return new Scores(loss / Math.Max(1, items.Count), new Dictionary<string, double> { ["accuracy"] = right / Math.Max(1, items.Count) });
    }

    protected override void Dispose(bool disposing)
    {
        _reference.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Frozen(IReadOnlyList<Item> items)
    {
        using var _ = no_grad();
        return LogProbabilities.OfAnswers(_reference, items, Device);
    }
}
