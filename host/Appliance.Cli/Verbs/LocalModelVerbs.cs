using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Importing;
using Appliance.Models.Inspecting;
using Appliance.Models.Measuring;
using Appliance.Models.Parts;

namespace Appliance.Cli.Verbs;

/// <summary><c>model inspect/verify</c> and <c>bench forward/decode</c>: a model's folder, without the service.</summary>
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

    internal static Command Bench() => new("bench", "Time a model of a given size with random weights") { Forward(), Decode() };

    private static Command Forward()
    {
        var (shape, read) = Shape("bert");
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8, Description = "Texts together" };
        var length = new Option<int>("--length") { DefaultValueFactory = _ => 128, Description = "Tokens of each" };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 10, Description = "Passes to take the median of" };
        var (precision, threads) = (Precision(), Threads());
        var command = new Command("forward", "One pass over a batch of token ids") { batch, length, runs, precision, threads };
        shape.ForEach(command.Options.Add);
        command.SetAction(parsed => Guarded(() => Report(parsed, ModelBench.Forward(
            read(parsed), Positive(parsed, batch), Positive(parsed, length), PrecisionOf(parsed.GetValue(precision)!), Positive(parsed, runs),
            Positive(parsed, threads)))));
        return command;
    }

    private static Command Decode()
    {
        var (shape, read) = Shape("llama");
        var prompt = new Option<int>("--prompt") { DefaultValueFactory = _ => 32, Description = "Tokens before the first one written" };
        var tokens = new Option<int>("--tokens") { DefaultValueFactory = _ => 64, Description = "Tokens to write" };
        var (precision, threads) = (Precision(), Threads());
        var command = new Command("decode", "Greedy decoding, one text, token by token") { prompt, tokens, precision, threads };
        shape.ForEach(command.Options.Add);
        command.SetAction(parsed => Guarded(() => Report(parsed, ModelBench.Decode(
            read(parsed), Positive(parsed, prompt), Positive(parsed, tokens), PrecisionOf(parsed.GetValue(precision)!),
            Positive(parsed, threads)))));
        return command;
    }

    private static (List<Option> Options, Func<ParseResult, BenchShape> Read) Shape(string familyDefault)
    {
        var family = new Option<string>("--family") { DefaultValueFactory = _ => familyDefault, Description = "Such as bert, roberta, distilbert, gpt2, llama" };
        var layers = new Option<int>("--layers") { DefaultValueFactory = _ => 12 };
        var hidden = new Option<int>("--hidden") { DefaultValueFactory = _ => 768 };
        var heads = new Option<int>("--heads") { DefaultValueFactory = _ => 12 };
        var inner = new Option<int?>("--intermediate") { Description = "Width of the feed-forward; four times --hidden by default" };
        var words = new Option<int>("--vocabulary") { DefaultValueFactory = _ => 30522 };
        return ([family, layers, hidden, heads, inner, words], p => new BenchShape(p.GetValue(family)!, Positive(p, layers), Positive(p, hidden),
            Positive(p, heads), p.GetValue(inner) ?? 4 * Positive(p, hidden), Positive(p, words)));
    }

    private static Option<int> Threads() => new("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount, Description = "Threads to compute on" };

    private static Option<string> Precision() => new("--precision") { DefaultValueFactory = _ => "fp32", Description = "fp32, bf16 or int8" };

    private static InferencePrecision PrecisionOf(string name) => name switch
    {
        "fp32" => InferencePrecision.Float32,
        "bf16" => InferencePrecision.BFloat16,
        "int8" => InferencePrecision.Int8,
        _ => throw new ArgumentException("--precision is fp32, bf16 or int8."),
    };

    private static int Positive(ParseResult parsed, Option<int> option) => parsed.GetValue(option) is > 0 and var n ? n
        : throw new ArgumentException($"{option.Name} must be 1 or more.");

    private static int Report(ParseResult parsed, BenchResult result)
    {
        if (parsed.GetValue(Session.JsonOption))
        {
            Console.WriteLine(new JsonObject
            {
                ["milliseconds"] = Math.Round(result.Milliseconds, 3), ["tokens_per_s"] = Math.Round(result.TokensPerSecond, 1), ["threads"] = result.Threads,
            }.ToJsonString());
            return ExitCodes.Done;
        }
        Session.Say($"{result.Milliseconds:0.0} ms, {result.TokensPerSecond:0} tokens/s, {result.Threads} threads");
        return ExitCodes.Done;
    }

    private static string Existing(string folder) => Directory.Exists(folder) ? folder : throw new ArgumentException($"There is no folder {folder}.");

    private static int Guarded(Func<int> act)
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
