using Appliance.Training;

namespace Appliance.Tests;

/// <summary>Nobody watches the run.</summary>
internal sealed class Quiet : ITrainingObserver
{
    public void Report(TrainingProgress progress)
    {
    }

    public void SaveCheckpoint(ICheckpoint state)
    {
    }
}
