using Appliance.Models.Families;
using Appliance.Models.Generation;
using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>Scores answers that a model wrote: a rule, or a reward model.</summary>
/// <param name="prompt">The prompt's item.</param>
/// <param name="answers">Tokens that were written.</param>
/// <returns>One number an answer; higher is better.</returns>
public delegate IReadOnlyList<double> RewardRule(Item prompt, IReadOnlyList<int[]> answers);

/// <summary>GRPO: a model writes several answers to each prompt and learns from those that score above their group's mean.</summary>
/// <remarks>b = batch, t = tokens. Small and on policy: every answer is used once.</remarks>
public sealed class ReinforcementTask : ModelTask
{
    private const double DeviationFloor = 1e-4;
    private readonly Model _reference;
    private readonly RewardRule _reward;

    internal ReinforcementTask(
        (Model Model, Models.Checkpoints.LoadReport Report) opened, Model reference, RewardRule reward, Recipe recipe, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        (_reference, _reward) = (reference.to(device), reward);
        _reference.eval();
    }

    /// <exception cref="InvalidDataException">The folder holds no language model.</exception>
    public static ReinforcementTask Build(Recipe recipe, string folder, RewardRule reward, Device device)
    {
        var none = new Dictionary<string, object>();
        return new ReinforcementTask(
            OpenModel(folder, HeadKind.CausalLanguage, recipe, none), OpenModel(folder, HeadKind.CausalLanguage, recipe, none).Model, reward, recipe, device);
    }

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var (written, advantages) = Sampled(batch, context.Chance.Next());
        var (logs, counted) = LogProbabilities.OfTokens(Model, written, Device); // [b·group, t − 1]
        Tensor reference;
        using (no_grad())
        {
            reference = LogProbabilities.OfTokens(_reference, written, Device).Logs;
        }
        var chosen = counted.view(-1).gt(0).to(ScalarType.Float32);
        var spread = tensor(advantages, [advantages.Length, 1], device: Device).expand(advantages.Length, logs.shape[1]).reshape(-1);
        // Tokens that were not written have advantage 0 and no distance: only those that were count in the mean.
        var loss = PreferenceLosses.Grpo(logs.view(-1) * chosen, reference.view(-1) * chosen, spread * chosen, Recipe.Preference.Beta);
        return loss * (chosen.numel() / Math.Max(1.0, chosen.sum().item<float>()));
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        using var _ = no_grad();
        Model.eval();
        using var scope = NewDisposeScope();
        // The same chance at every look, so that rewards can be compared.
        var mean = items.Average(i => _reward(i, Written([i], 1, 1)[0]).Average());
        return new Scores(-mean, new Dictionary<string, double> { ["reward"] = mean });
    }

    protected override void Dispose(bool disposing)
    {
        _reference.Dispose();
        base.Dispose(disposing);
    }

    private (List<Item> Written, float[] Advantages) Sampled(IReadOnlyList<Item> batch, int seed)
    {
        var (items, advantages) = (new List<Item>(), new List<float>());
        var answers = Written(batch, Recipe.Preference.Group, seed);
        foreach (var (prompt, own) in batch.Zip(answers))
        {
            var rewards = _reward(prompt, own);
            var mean = rewards.Average();
            var deviation = Math.Sqrt(rewards.Average(r => (r - mean) * (r - mean)));
            foreach (var (answer, reward) in own.Zip(rewards))
            {
                items.Add(new Item { Ids = [.. prompt.Ids, .. answer], Labels = [.. prompt.Ids.Select(_ => Item.Ignored), .. answer.Select(i => (long)i)] });
                advantages.Add((float)((reward - mean) / (deviation + DeviationFloor)));
            }
        }
        return (items, [.. advantages]);
    }

    private List<IReadOnlyList<int[]>> Written(IReadOnlyList<Item> batch, int group, int seed)
    {
        using var _ = no_grad();
        Model.eval();
        var options = new GenerationOptions { MaxNewTokens = Recipe.Preference.NewTokens, Sample = true, Seed = seed };
        var all = new Generator(Model, Model.Prompt).Generate([.. batch.SelectMany(i => Enumerable.Repeat(i.Ids, group))], options, CancellationToken.None);
        Model.train();
        return [.. all.Chunk(group).Select(g => (IReadOnlyList<int[]>)g)];
    }
}
