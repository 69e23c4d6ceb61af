using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Models.Measuring;
using Appliance.Models.Parts;
using Appliance.Training.Measuring;

namespace Appliance.Cli.Verbs;

/// <summary><c>bench forward/step/decode/tokenize</c>, and the verbs beside it: how fast this machine is, without the service.</summary>
internal static class BenchVerbs
{
    internal static Command Build() => new("bench", "Time this machine: models of a given size, a tokenizer, the search for personal data") { Forward(), Step(), Decode(), Tokenize(), BenchTrainVerb.Build(), BenchCodeVerb.Build(), BenchPiiVerb.Build() };

    private static Command Forward()
    {
        var (shape, read) = Shape("bert");
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8, Description = "Texts together" };
        var length = new Option<int>("--length") { DefaultValueFactory = _ => 128, Description = "Tokens of each" };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 10, Description = "Passes to take the median of" };
        var (precision, threads) = (Precision(), Threads());
        var command = new Command("forward", "One pass over a batch of token ids") { batch, length, runs, precision, threads };
        shape.ForEach(command.Options.Add);
        command.SetAction(parsed => LocalModelVerbs.Guarded(() => Report(parsed, ModelBench.Forward(
            read(parsed), Positive(parsed, batch), Positive(parsed, length), PrecisionOf(parsed.GetValue(precision)!), Positive(parsed, runs),
            Positive(parsed, threads)))));
        return command;
    }

    private static Command Step()
    {
        var (shape, read) = Shape("bert");
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8, Description = "Texts together" };
        var length = new Option<int>("--length") { DefaultValueFactory = _ => 128, Description = "Tokens of each" };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 5, Description = "Steps to take the median of" };
        var (precision, threads) = (new Option<string>("--precision") { DefaultValueFactory = _ => "fp32", Description = "fp32 or bf16" }, Threads());
        var checkpoints = new Option<string?>("--checkpoints") { Description = "Folder: also time how long learning stands still for a checkpoint of everything" };
        var command = new Command("step", "One step of learning, every weight, with AdamW") { batch, length, runs, precision, threads, checkpoints };
        shape.ForEach(command.Options.Add);
        command.SetAction(parsed => LocalModelVerbs.Guarded(() =>
        {
            LocalTraining.EnterJobEnvironment();
            var half = PrecisionOf(parsed.GetValue(precision)!) switch // has a default
            {
                InferencePrecision.Float32 => false,
                InferencePrecision.BFloat16 => true,
                _ => throw new ArgumentException("--precision is fp32 or bf16: 8-bit weights cannot learn."),
            };
            return Report(parsed, StepBench.Run(
                read(parsed), Positive(parsed, batch), Positive(parsed, length), half, Positive(parsed, runs), Positive(parsed, threads),
                parsed.GetValue(checkpoints)));
        }));
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
        command.SetAction(parsed => LocalModelVerbs.Guarded(() => Report(parsed, ModelBench.Decode(
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
            var all = new JsonObject
            {
                ["milliseconds"] = Math.Round(result.Milliseconds, 3), ["tokens_per_s"] = Math.Round(result.TokensPerSecond, 1), ["threads"] = result.Threads,
            };
            if (result.CheckpointStall is { } stall)
            {
                all["checkpoint_stall_ms"] = Math.Round(stall, 1);
            }
            Console.WriteLine(all.ToJsonString());
            return ExitCodes.Done;
        }
        Session.Say($"{result.Milliseconds:0.0} ms, {result.TokensPerSecond:0} tokens/s, {result.Threads} threads"
            + (result.CheckpointStall is { } waited ? $"; a checkpoint stops learning for {waited:0} ms" : ""));
        return ExitCodes.Done;
    }

    private static Command Tokenize()
    {
        var folder = new Option<string>("--tokenizer") { Required = true, Description = "Folder with tokenizer.json or the older files" };
        var file = new Option<string>("--file") { Required = true, Description = "UTF-8 text, read line by line" };
        var command = new Command("tokenize", "A tokenizer over a text, one thread") { folder, file };
        command.SetAction(parsed => LocalModelVerbs.Guarded(() =>
        {
            var found = TokenizerBench.Run(LocalModelVerbs.Existing(parsed.GetValue(folder)!), parsed.GetValue(file)!);
            Console.WriteLine(parsed.GetValue(Session.JsonOption)
                ? new JsonObject
                {
                    ["megabytes_per_s"] = Math.Round(found.MegabytesPerSecond, 2), ["tokens_per_s"] = Math.Round(found.TokensPerSecond),
                    ["allocated_bytes"] = found.AllocatedBytes,
                }.ToJsonString()
                : $"{found.MegabytesPerSecond:0.0} MB/s, {found.TokensPerSecond:0} tokens/s, {found.AllocatedBytes} bytes allocated once warm");
            return ExitCodes.Done;
        }));
        return command;
    }
}
