using System.Text.Json.Nodes;
using Appliance.Tui.Core;
using Appliance.Tui.Screens;

namespace Appliance.Tests;

/// <summary>A host's answers as they come over the socket, and screens compared with golden files.</summary>
internal static class Given
{
    internal static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 4, 31, TimeSpan.Zero);

    internal static Facts Facts(string problem = "The worker process died. Try again; if it dies again, look at the plugin or at memory.")
    {
        var history = new JsonArray([.. Enumerable.Range(1, 60).Select(k => (JsonNode)new JsonObject
        {
            ["step"] = k * 5, ["loss"] = 1.2 * Math.Exp(-k / 20.0) + 0.1, ["learning_rate"] = 1e-4,
        })]);
        for (var k = 1; k <= 5; k++)
        {
            history.Add((JsonNode)new JsonObject { ["step"] = k * 60, ["loss"] = 0.5, ["learning_rate"] = 0, ["validation_loss"] = 1.0 / k });
        }
        JsonObject Job(string id, string state, string model, string why, JsonArray? points) => new()
        {
            ["job"] = new JsonObject { ["id"] = id, ["state"] = state, ["task"] = "sentiment", ["dataset"] = "letters/v1", ["model"] = model, ["problem"] = why },
            ["progress"] = points is null ? null : new JsonObject { ["step"] = 300, ["steps_total"] = 330, ["loss"] = 0.161, ["examples_per_second"] = 212.4, ["seconds_left"] = 4.6 },
            ["history"] = points,
        };
        var running = Job("job-20261121-120300-a1b2c3", "running", "", "", history);
        JsonObject Record(int seq, string act, string phase, string decision, string code) => new()
        {
            ["seq"] = seq, ["ts_ms"] = 1795262671000 + (seq * 1000), ["act"] = act, ["phase"] = phase, ["actor"] = "uid:1000",
            ["obj"] = "model/sentiment/v1", ["decision"] = decision, ["code"] = code,
        };
        return Tui.Screens.Facts.Of(
            JsonNode.Parse("""
                {"version":"0.1.0","uptime_seconds":3725,"audit":{"size":8412,"blocked":false},"policy":{"version":1,"hash":"9f3ac1e0aa"},
                 "plugins":[{"id":"sentiment","version":"0.1.0"}],"serving":{"sentiment":"sentiment/v1"},"requests":{"answered":212,"refused":3},
                 "disk_free_bytes":85899345920}
                """)!,
            new JsonArray(Job("job-20261121-110000-d4e5f6", "succeeded", "sentiment/v1", "", null), Job("job-20261121-113000-0a0b0c", "failed", "", problem, null),
                running.DeepClone()),
            running,
            new JsonArray(Record(8410, "model.infer", "intent", "allow", ""), Record(8411, "model.infer", "outcome", "allow", "ok"), Record(8412, "data.import", "event", "deny", "policy")),
            JsonNode.Parse("""
                [{"id":"code","version":"0.1.0","state":"Disabled","reason":"Switched off by uid:1000.","tasks":["code-completion","code-bugs"],"capabilities":[]},
                 {"id":"entities","version":"0.1.0","state":"Malfunctioned","reason":"Its workers died 5 times in 10 minutes.","tasks":["entities"],"capabilities":[]},
                 {"id":"sentiment","version":"0.1.0","state":"Active","reason":null,"tasks":["sentiment"],"capabilities":["model"]},
                 {"id":"words","version":"2.0.0","state":"NotSupported","reason":"It was built for SDK 3; this appliance has 1.","tasks":[],"capabilities":[]}]
                """));
    }

    internal static Model Model(ScreenName screen, Facts? facts = null) =>
        new OperatorConsole(false).OnNews(Tui.Screens.Model.Start(screen), new News(facts ?? Facts(), null, Noon));

    internal static Model Press(this Model model, string keys) => keys.Split(' ').Aggregate(model, Bindings.Press);

    internal static void ShouldLookLike(this string actual, string name)
    {
        var file = Repository.File("tests", "Golden", "tui", name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual + "\n");
        }
        (actual + "\n").Should().Be(File.ReadAllText(file), $"{name} is reviewed like code; if the change is meant, run ./do golden");
    }
}
