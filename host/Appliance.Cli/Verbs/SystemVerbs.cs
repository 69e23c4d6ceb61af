using System.CommandLine;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>status</c>, <c>schedule list/run/tick</c>, <c>run</c>.</summary>
internal static partial class SystemVerbs
{
    internal static Command Status()
    {
        var command = new Command("status", "How the appliance is");
        Session.Act(command, async (session, _, cancellationToken) =>
            session.Show(await session.Api.GetAsync("/api/status", cancellationToken), reply => Details.Print(reply)));
        return command;
    }

    internal static Command Schedule()
    {
        var list = new Command("list", "All schedules");
        Session.Act(list, async (session, _, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/schedules", cancellationToken),
            reply => Session.Table(
                ["SCHEDULE", "DATASET", "DAYS", "TIME", "ZONE", "PROMOTES", "PROBLEMS"],
                reply.AsArray().Select(s => (IReadOnlyList<string>)
                [
                    s.Text("id"), s.Text("dataset"), s.Text("days"), s.Text("time"), s.Text("zone"), s.Text("promote"), s.Text("errors"),
                ]),
                "No schedules. Put NAME.schedule.yaml and its recipe into the folder etc/schedules.")));
        var id = new Argument<string>("id") { Description = "The schedule's id" };
        var run = new Command("run", "Train now, whatever the calendar says") { id };
        Session.Act(run, (session, parsed, cancellationToken) => TickAsync(session, parsed.GetValue(id), cancellationToken));
        var tick = new Command("tick", "Queue what is due; called by the timer every 15 minutes");
        Session.Act(tick, (session, _, cancellationToken) => TickAsync(session, null, cancellationToken));
        return new Command("schedule", "Training that starts by itself") { list, run, tick };
    }

    /// <summary>The host in the foreground: this process becomes it.</summary>
    internal static Command Run()
    {
        var command = new Command("run", "The service in the foreground; stop it with ctrl-c");
        Session.Act(command, (session, _, _) =>
        {
            var program = Path.Combine(AppContext.BaseDirectory, "appliance-host");
            string?[] arguments = session.Root is { } root ? [program, "--root", root, null] : [program, null];
            execv(program, arguments);
            throw new IOException($"{program} could not be started: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        });
        return command;
    }

    private static async Task<int> TickAsync(Session session, string? schedule, CancellationToken cancellationToken)
    {
        var reply = await session.Api.PostAsync("/api/schedules/tick", new JsonObject { ["schedule"] = schedule }, cancellationToken);
        if (schedule is not null && reply!.AsArray().Count == 0)
        {
            throw new ApiException(ExitCodes.NotFound, "No such schedule. List them with: appliance schedule list");
        }
        return session.Show(reply, r =>
        {
            foreach (var tick in r.AsArray())
            {
                Session.Say($"{tick.Text("schedule")}: {tick.Text("result")} {tick.Text("job")}");
            }
            Session.Say(r.AsArray().Count == 0 ? "Nothing is due." : "");
        });
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, string?[] arguments);
}
