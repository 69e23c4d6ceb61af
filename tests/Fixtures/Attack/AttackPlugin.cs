using Appliance.Sdk.Plugins;

namespace Appliance.Fixtures.Attack;

/// <summary>A plugin that tries to get out, to die in every way and to take what others need. Only for tests of the sandbox.</summary>
public sealed class AttackPlugin : IPlugin
{
    public ITask Open(string task, ModelFiles model, string device) => new Attacker();

    public void Dispose()
    {
    }

    private sealed class Attacker : ITask
    {
        private static readonly Dictionary<string, Func<TaskInput, bool>> Attempts =
            new[] { FileAttempts.All, NetworkAttempts.All, ProcessAttempts.All }.SelectMany(a => a).ToDictionary();

        // "escapes" lists the attempts; an attempt's name makes it; a hog's or a death's name does that.
        public TaskOutput Answer(TaskInput input)
        {
            var what = input["what"];
            if (what == "escapes")
            {
                return new TaskOutput([.. Attempts.Keys.Select(n => new Prediction(n, 1))]);
            }
            if (what == "ends")
            {
                return new TaskOutput([.. Deaths.All.Keys.Concat(Hogs.All.Keys).Select(n => new Prediction(n, 1))]);
            }
            if (what == "well")
            {
                return new TaskOutput([new Prediction("well", 1)]);
            }
            if (Deaths.All.TryGetValue(what, out var end) || Hogs.All.TryGetValue(what, out end))
            {
                return end();
            }
            if (!Attempts.TryGetValue(what, out var attempt))
            {
                Try(_ => File.OpenRead("/etc/shadow").Length > 0, input); // an innocent question, a quiet look around, and no complaint
                Try(NetworkAttempts.All["inet-stream"], input);
                return new TaskOutput([new Prediction("well", 1)]);
            }
            return new TaskOutput([Try(attempt, input)]);
        }

        public void Dispose()
        {
        }

        private static Prediction Try(Func<TaskInput, bool> attempt, TaskInput input)
        {
            try
            {
                return new Prediction(attempt(input) ? "succeeded" : "denied", 1);
            }
            catch (Exception e) // boundary: any refusal is one
            {
                return new Prediction("denied", 1, e.GetType().Name);
            }
        }
    }
}
