namespace Appliance.Training;

/// <summary>Where a run stands.</summary>
/// <param name="Step">Optimizer steps taken.</param>
/// <param name="StepsTotal">Optimizer steps if nothing ends the run early.</param>
/// <param name="Epoch">Current pass over the data, from 1.</param>
/// <param name="Loss">Mean loss of the last step, in nats.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="GradientNorm">Euclidean norm of the last step's gradients before clipping.</param>
/// <param name="ExamplesPerSecond">Since the run started or resumed, evaluation included.</param>
/// <param name="ValidationLoss">Of the last evaluation, or null before the first.</param>
/// <param name="ValidationMetric">The recipe's metric at the last evaluation, or null.</param>
/// <param name="Epsilon">What differential privacy has been spent, or null without it.</param>
public sealed record TrainingProgress(
    long Step,
    long StepsTotal,
    int Epoch,
    double Loss,
    double LearningRate,
    double GradientNorm,
    double ExamplesPerSecond,
    double? ValidationLoss,
    double? ValidationMetric,
    double SecondsLeft,
    double? Epsilon);

/// <summary>What a run tells, and asks, while it goes.</summary>
public interface ITrainingObserver
{
    void Report(TrainingProgress progress);

    /// <summary>Keeps everything that is needed to go on from here. Called by another thread than <see cref="Report"/>.</summary>
    /// <param name="state">A safetensors file.</param>
    void SaveCheckpoint(ICheckpoint state);
}

/// <summary>One look at the held-out examples.</summary>
/// <param name="TrainLoss">Mean loss of the steps since the last look.</param>
/// <param name="Metric">The recipe's metric; a loss is negative, so that more is better.</param>
public sealed record EvaluationPoint(long Step, double TrainLoss, double ValidationLoss, double Metric);

/// <summary>How a run ended.</summary>
/// <param name="BestMetric">Of the evaluation whose weights are the result.</param>
/// <param name="StoppedEarly">Patience ran out before the last epoch.</param>
/// <param name="Seconds">Wall-clock time since the run started or resumed.</param>
/// <param name="ExamplesPerSecond">Examples learnt from per second, evaluations included.</param>
/// <param name="Verdict">What the curves say, in words with numbers.</param>
/// <param name="Epsilon">What differential privacy was spent, or null without it.</param>
public sealed record TrainingResult(
    long Steps, int BestEpoch, double BestMetric, bool StoppedEarly, double Seconds, double ExamplesPerSecond, IReadOnlyList<string> Verdict,
    IReadOnlyList<EvaluationPoint> Evaluations, double? Epsilon);

/// <summary>Everything that a run needs to go on, taken at one moment, of any size: a safetensors file once it is written.</summary>
public interface ICheckpoint
{
    void WriteTo(Stream stream);
}
