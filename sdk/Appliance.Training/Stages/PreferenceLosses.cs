using Appliance.Torch.Beyond;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>Losses that learn from what people prefer; all of log-probabilities of whole answers, [b].</summary>
public static class PreferenceLosses
{
    /// <summary>Direct preference optimisation: −log σ(β ((π₊ − ρ₊) − (π₋ − ρ₋))).</summary>
    /// <remarks>Source: Rafailov et al. (2023), equation 7.</remarks>
    public static Tensor Dpo(Tensor chosen, Tensor rejected, Tensor referenceChosen, Tensor referenceRejected, double beta) =>
        MinusLogSigmoid(((chosen - referenceChosen) - (rejected - referenceRejected)) * beta).mean();

    /// <summary>Kahneman-Tversky optimisation: 1 − σ(β (r − z)) for good answers, 1 − σ(β (z − r)) for bad ones, r = π − ρ.</summary>
    /// <param name="good">[b] 1 for a liked answer, 0 else.</param>
    /// <param name="baseline">z, the divergence from the reference on other answers, 0 or more; no gradient.</param>
    /// <remarks>Source: Ethayarajh et al. (2024), equation 8, with equal weights.</remarks>
    public static Tensor Kto(Tensor answers, Tensor reference, Tensor good, double baseline, double beta)
    {
        var gain = (answers - reference - baseline) * beta;
        return ((good * (gain.sigmoid() * -1 + 1)) + ((good * -1 + 1) * ((gain * -1).sigmoid() * -1 + 1))).mean();
    }

    /// <summary>A reward model's: −log σ(r₊ − r₋).</summary>
    /// <remarks>Source: Bradley and Terry (1952), as in Ouyang et al. (2022).</remarks>
    public static Tensor Reward(Tensor chosen, Tensor rejected) => MinusLogSigmoid(chosen - rejected).mean();

    /// <summary>Group-relative policy optimisation on fresh samples: −mean(A π) + β KL(π ‖ ρ), a token each.</summary>
    /// <param name="logs">[n] log-probabilities of the sampled tokens.</param>
    /// <param name="advantages">[n] of each token's answer: (reward − mean) / (deviation + 1e-4) within its group.</param>
    /// <remarks>Source: Shao et al., DeepSeekMath (2024), equations 3 and 4, at the first step, where the ratio is 1.</remarks>
    public static Tensor Grpo(Tensor logs, Tensor reference, Tensor advantages, double beta)
    {
        var ratio = (logs - logs.detach()).exp();
        var apart = reference - logs;
        return (((ratio * advantages) * -1) + ((apart.exp() - apart - 1) * beta)).mean();
    }

    /// <summary>Soft targets: T² KL(teacher ‖ student) of scores over T, [b, c] each.</summary>
    /// <remarks>Source: Hinton, Vinyals and Dean (2015).</remarks>
    public static Tensor SoftTargets(Tensor student, Tensor teacher, double temperature)
    {
        var wanted = (teacher * (1 / temperature)).softmax(1);
        var own = (student * (1 / temperature)).log_softmax(1);
        var log = (teacher * (1 / temperature)).log_softmax(1);
        return (wanted * (log - own)).sum(1).mean() * (temperature * temperature);
    }

    private static Tensor MinusLogSigmoid(Tensor x) => nn.functional.softplus(x * -1);
}
