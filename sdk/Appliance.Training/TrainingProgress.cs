namespace Appliance.Training;

/// <summary>Where a run stands; sent about four times a second and after every evaluation.</summary>
/// <param name="Step">Optimizer steps taken.</param>
/// <param name="StepsTotal">Optimizer steps if nothing ends the run early.</param>
/// <param name="Epoch">Current pass over the data, from 1.</param>
/// <param name="Loss">Mean cross-entropy of the last step, in nats.</param>
/// <param name="ExamplesPerSecond">Since the run started or resumed, evaluation included.</param>
/// <param name="ValidationLoss">Of the last evaluation, or null before the first.</param>
/// <param name="ValidationMetric">The recipe's metric at the last evaluation, 0 to 1, or null.</param>
public sealed record TrainingProgress(
    long Step,
    long StepsTotal,
    int Epoch,
    double Loss,
    double LearningRate,
    double ExamplesPerSecond,
    double? ValidationLoss,
    double? ValidationMetric,
    double SecondsLeft);

/// <summary>What a run tells, and asks, while it goes.</summary>
public interface ITrainingObserver
{
    void Report(TrainingProgress progress);

    /// <summary>Keeps everything that is needed to go on from here.</summary>
    /// <param name="state">A safetensors file.</param>
    void SaveCheckpoint(ReadOnlyMemory<byte> state);
}

/// <summary>How a run ended.</summary>
/// <param name="StoppedEarly">Patience ran out before the last epoch.</param>
public sealed record TrainingResult(long Steps, int BestEpoch, double BestMetric, bool StoppedEarly, double Seconds);
