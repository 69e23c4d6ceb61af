namespace Appliance.Training.Measuring;

/// <summary>Keeps a run's checkpoints in a folder and hands its progress on.</summary>
/// <param name="files">Null to keep none.</param>
internal sealed class FileObserver(CheckpointFiles? files, Action<TrainingProgress> report) : ITrainingObserver
{
    public void Report(TrainingProgress progress) => report(progress);

    public void SaveCheckpoint(ICheckpoint state) => files?.Write(state);
}
