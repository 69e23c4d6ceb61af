using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Importing;
using Appliance.Models.Inspecting;

namespace Appliance.Cli.Verbs;

/// <summary><c>model inspect/verify/convert</c>: a model's folder, without the service.</summary>
internal static class LocalModelVerbs
{
    internal static Command Inspect()
    {
        var folder = new Argument<string>("folder") { Description = "Folder in Hugging Face layout" };
        var command = new Command("inspect", "What a model's folder holds, without loading it") { folder };
        command.SetAction(parsed => Guarded(() =>
        {
            var found = ModelInspection.Of(Existing(parsed.GetValue(folder)!));
            if (parsed.GetValue(Session.JsonOption))
            {
                Console.WriteLine(Json(found).ToJsonString());
                return ExitCodes.Done;
            }
            Print(found);
            return ExitCodes.Done;
        }));
        return command;
    }

    internal static Command Verify()
    {
        var folder = new Argument<string>("folder") { Description = "Folder in Hugging Face layout" };
        var command = new Command("verify", "Load a model, run it once, look for numbers that are none") { folder };
        command.SetAction(parsed => Guarded(() =>
        {
            var found = ModelInspection.Of(Existing(parsed.GetValue(folder)!));
            var problems = ModelInspection.Verify(found.Folder);
            if (parsed.GetValue(Session.JsonOption))
            {
                var json = Json(found);
                (json["ok"], json["problems"]) = (problems.Count == 0, new JsonArray([.. problems.Select(p => (JsonNode)p!)]));
                Console.WriteLine(json.ToJsonString());
            }
            else
            {
                Print(found);
                Session.Say(problems.Count == 0 ? "verified:   every tensor has its place, a forward pass gave finite numbers" : "NOT USABLE: " + string.Join("; ", problems));
            }
            return problems.Count == 0 ? ExitCodes.Done : ExitCodes.Check;
        }));
        return command;
    }

    internal static Command Convert()
    {
        var source = new Argument<string>("source") { Description = "A .gguf file, a llama2.c .bin file, or a model's folder" };
        var target = new Argument<string>("target") { Description = "The folder to make, or the .gguf file" };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "The vocabulary of a llama2.c file" };
        var type = new Option<string>("--type") { DefaultValueFactory = _ => "f16", Description = "How a .gguf file stores matrices: f32, f16 or q8_0" };
        var command = new Command("convert", "From GGUF or llama2.c to a folder, or from a folder to GGUF") { source, target, tokenizer, type };
        command.SetAction(parsed => Guarded(() =>
        {
            var (from, to) = (parsed.GetValue(source)!, parsed.GetValue(target)!);
            if (File.Exists(to) || (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any()))
            {
                throw new ArgumentException($"{to} is there already; nothing is written over.");
            }
            if (Directory.Exists(from))
            {
                GgufModels.Export(from, to, TypeOf(parsed.GetValue(type)!));
            }
            else if (from.EndsWith(".bin", StringComparison.Ordinal))
            {
                Llama2C.Import(from, parsed.GetValue(tokenizer) ?? throw new ArgumentException("A llama2.c file needs --tokenizer FILE."), to);
            }
            else
            {
                GgufModels.Import(from, to);
            }
            Session.Say($"Made {to}.");
            return ExitCodes.Done;
        }));
        return command;
    }

    private static GgufType TypeOf(string name) => name switch
    {
        "f32" => GgufType.F32,
        "f16" => GgufType.F16,
        "q8_0" => GgufType.Q8_0,
        _ => throw new ArgumentException("--type is f32, f16 or q8_0."),
    };

    internal static string Existing(string folder) => Directory.Exists(folder) ? folder : throw new ArgumentException($"There is no folder {folder}.");

    internal static int Guarded(Func<int> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is ModelConfigException or SafeTensorsException or CheckpointException or ImportException or InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(Tui.Core.SafeText.Line(e.Message));
            return ExitCodes.Usage;
        }
        catch (DllNotFoundException e)
        {
            Console.Error.WriteLine(Tui.Core.SafeText.Line(e.Message));
            return ExitCodes.Broken;
        }
    }

    private static void Print(ModelInspection m)
    {
        string Sized(KeyValuePair<string, long> size) => $"{size.Key} {size.Value}";
        Session.Say(Tui.Core.SafeText.Line($"family:     {m.Family}{(m.Head.Length > 0 ? ", " + m.Head : "")}"));
        Session.Say(Tui.Core.SafeText.Line($"sizes:      {string.Join(", ", m.Sizes.Select(Sized))}"));
        Session.Say($"parameters: {m.Parameters:N0} in {m.Tensors} tensors, {m.TensorBytes:N0} bytes");
        Session.Say($"types:      {string.Join(", ", m.Types.Select(t => $"{t.Key} {t.Value}"))}");
        Session.Say(Tui.Core.SafeText.Line($"labels:     {(m.Labels.Count == 0 ? "none" : string.Join(", ", m.Labels.Take(20)) + (m.Labels.Count > 20 ? $", … {m.Labels.Count} in all" : ""))}"));
        Session.Say(Tui.Core.SafeText.Line($"tokenizer:  {m.Tokenizer}"));
        Session.Say(Tui.Core.SafeText.Line($"licence:    {(m.Licence.Length == 0 ? "not stated: ask where the model came from" : m.Licence)}"));
        Session.Say($"sha256:     {m.Hash}");
    }

    private static JsonObject Json(ModelInspection m) => new()
    {
        ["folder"] = m.Folder, ["family"] = m.Family, ["head"] = m.Head, ["parameters"] = m.Parameters, ["tensors"] = m.Tensors,
        ["dtypes"] = JsonSerializer.SerializeToNode(m.Types), ["tensor_bytes"] = m.TensorBytes, ["sizes"] = JsonSerializer.SerializeToNode(m.Sizes),
        ["labels"] = JsonSerializer.SerializeToNode(m.Labels), ["tokenizer"] = m.Tokenizer, ["licence"] = m.Licence, ["sha256"] = m.Hash,
    };
}
