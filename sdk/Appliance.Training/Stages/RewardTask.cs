using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>A score for answers, learnt from pairs: the preferred one must score higher.</summary>
/// <remarks>b = batch.</remarks>
public sealed class RewardTask : ModelTask
{
    private RewardTask((Model Model, Models.Checkpoints.LoadReport Report) opened, Recipe recipe, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
    }

    /// <exception cref="InvalidDataException">The folder cannot serve this stage.</exception>
    public static RewardTask Build(Recipe recipe, string folder, Device device) =>
        new(OpenModel(folder, HeadKind.SequenceClassification, recipe, WithLabels(["reward"])), recipe, device);

    /// <summary>[b] the score of each answer.</summary>
    public Tensor Score(IReadOnlyList<Item> batch) => Model.Answer(Texts(batch)).Logits!.select(1, 0); // the head makes one number

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context) =>
        PreferenceLosses.Reward(Score(batch), Score([.. batch.Select(i => i.Rejected!)])); // pairs have both

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (loss, right) = (0.0, 0.0);
        InBatches(items, (_, batch) =>
        {
            var (chosen, rejected) = (Score(batch), Score([.. batch.Select(i => i.Rejected!)])); // pairs have both
            loss += PreferenceLosses.Reward(chosen, rejected).item<float>() * batch.Length;
            right += (chosen - rejected).cpu().data<float>().ToArray().Count(d => d > 0);
        });
        return new Scores(loss / Math.Max(1, items.Count), new Dictionary<string, double> { ["accuracy"] = right / Math.Max(1, items.Count) });
    }
}
