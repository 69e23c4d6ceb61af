namespace Appliance.Training;

/// <summary>Writes checkpoints beside the run: the run waits for the copy in memory, not for the disk.</summary>
/// <remarks>One at a time: the next copy is made when the one before is safe.</remarks>
internal sealed class CheckpointWriter(ITrainingObserver observer) : IDisposable
{
    private Task _writing = Task.CompletedTask;

    /// <exception cref="IOException">The checkpoint before this one could not be kept.</exception>
    internal void Write(RunState state)
    {
        Finish();
        _writing = Task.Run(() =>
        {
            using (state)
            {
                observer.SaveCheckpoint(state);
            }
        });
    }

    /// <summary>Waits until the last checkpoint is kept.</summary>
    internal void Finish() => _writing.GetAwaiter().GetResult();

    public void Dispose() => ((IAsyncResult)_writing).AsyncWaitHandle.WaitOne();
}
