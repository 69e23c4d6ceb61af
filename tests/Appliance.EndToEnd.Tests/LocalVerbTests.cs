using System.Text.Json.Nodes;

namespace Appliance.Tests;

/// <summary>The verbs that look at a model's folder without the service.</summary>
public sealed class LocalVerbTests
{
    private static string Golden(params string[] parts) => Repository.File(["tests", "Golden", .. parts]);

    [Fact]
    public void A_folder_is_inspected_and_verified()
    {
        var inspected = Running.Run("appliance", ["model", "inspect", Golden("models", "bert-seqcls-sharded"), "--json"]);
        inspected.Code.Should().Be(0, inspected.Errors);
        ((string?)inspected.Json["family"], (int?)inspected.Json["tensors"], (string?)inspected.Json["head"]).Should().Be(("bert", 41, "SequenceClassification"));
        ((string?)inspected.Json["sha256"])!.Length.Should().Be(64);

        var verified = Running.Run("appliance", ["model", "verify", Golden("models", "t5-relu-tied"), "--json"]);
        (verified.Code, (bool?)verified.Json["ok"]).Should().Be((0, true));
    }

    [Fact]
    public void A_damaged_model_fails_verification_with_the_tensor_and_what_was_expected()
    {
        using var folder = new TempFolder();
        foreach (var file in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Golden("models", "bert-base", file), folder.File(file));
        }
        var config = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!;
        config["intermediate_size"] = 65;
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());

        var verified = Running.Run("appliance", ["model", "verify", folder.Path]);

        verified.Code.Should().Be(4);
        verified.Output.Should().Contain("encoder.layer.0.intermediate.dense.weight has shape [64,32], the configuration says [65,32]");
    }

    [Fact]
    public void Wrong_settings_are_told_all_at_once()
    {
        using var folder = new TempFolder();
        File.Copy(Golden("models", "bert-base", "model.safetensors"), folder.File("model.safetensors"));
        File.WriteAllText(folder.File("config.json"), """{"model_type":"bert","hidden_size":"x","vocab_size":-3,"num_attention_heads":4,"frobnication":7}""");

        var verified = Running.Run("appliance", ["model", "verify", folder.Path]);

        verified.Output.Should().ContainAll("'hidden_size' is", "'vocab_size' is -3", "'num_hidden_layers' is missing", "'frobnication' is not known");
    }

    [Fact]
    public void A_folder_of_pickled_weights_is_refused_with_the_cure()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("config.json"), "{}");
        File.WriteAllText(folder.File("pytorch_model.bin"), "x");

        var inspected = Running.Run("appliance", ["model", "inspect", folder.Path]);

        (inspected.Code, inspected.Errors).Should().Be((2, inspected.Errors));
        inspected.Errors.Should().Contain("convert them to safetensors");
    }

    [Fact]
    public void Text_is_tokenized_line_by_line_with_offsets_in_the_original()
    {
        var lines = Running.Run("appliance", ["tokenize", "--tokenizer", Golden("tokenizers", "bert-base-uncased"), "--jsonl"],
            "{\"id\":\"a\",\"text\":\"😀 Città\"}\n");

        lines.Output.Trim().Should().Be("{\"id\":\"a\",\"ids\":[100,25022,5946],\"offsets\":[[0,1],[2,4],[4,7]]}");
        Running.Run("appliance", ["tokenize", "--tokenizer", "/nonexistent"], "x").Code.Should().Be(2);
    }

    [Fact]
    public void A_model_is_converted_to_gguf_and_nothing_is_written_over()
    {
        using var folder = new TempFolder();
        var samples = Repository.File("samples", "stories260k");
        Running.Run("appliance", ["model", "convert", Path.Combine(samples, "stories260K.bin"), folder.File("m"), "--tokenizer", Path.Combine(samples, "tok512.bin")])
            .Code.Should().Be(0);

        Running.Run("appliance", ["model", "convert", folder.File("m"), folder.File("m.gguf"), "--type", "q8_0"]).Code.Should().Be(0);
        Running.Run("appliance", ["model", "convert", folder.File("m.gguf"), folder.File("back")]).Code.Should().Be(0);

        Running.Run("appliance", ["model", "verify", folder.File("back")]).Code.Should().Be(0);
        Running.Run("appliance", ["model", "convert", folder.File("m"), folder.File("m.gguf")]).Code.Should().Be(2);
    }

    [Theory]
    [InlineData("forward", "fp32")]
    [InlineData("forward", "int8")]
    [InlineData("decode", "fp32")]
    public void A_benchmark_prints_milliseconds_tokens_and_threads(string verb, string precision)
    {
        string[] sizes = verb == "forward" ? ["--batch", "2", "--length", "16", "--runs", "2"] : ["--prompt", "4", "--tokens", "4"];

        var ended = Running.Run("appliance", ["bench", verb, "--layers", "2", "--hidden", "64", "--heads", "4", "--precision", precision, "--json", .. sizes]);

        ended.Code.Should().Be(0, ended.Errors);
        ((double?)ended.Json["milliseconds"]).Should().BePositive();
        ((double?)ended.Json["tokens_per_s"]).Should().BePositive();
        ((int?)ended.Json["threads"]).Should().BePositive();
    }

    [Fact]
    public void One_run_and_one_step_are_timed_without_the_service()
    {
        var trained = Running.Run("appliance",
            ["bench", "train", "--base", Repository.File("samples", "use-lite-en"), "--data", Repository.File("samples", "sentiment-uci"), "--method", "head", "--epochs", "1", "--json"]);
        trained.Code.Should().Be(0, trained.Errors);
        ((double)trained.Json["examples_per_s"]!).Should().BePositive();
        ((double)trained.Json["test_accuracy"]!).Should().BeGreaterThan(0.75);
        ((long)trained.Json["peak_rss_bytes"]!).Should().BeGreaterThan(100_000_000);

        var step = Running.Run("appliance", ["bench", "step", "--layers", "2", "--hidden", "64", "--heads", "2", "--batch", "2", "--length", "16", "--runs", "2", "--json"]);
        step.Code.Should().Be(0, step.Errors);
        ((double)step.Json["milliseconds"]!).Should().BePositive();
    }

    [Theory]
    [InlineData("method: lorra", "line 2: method is 'lorra'", "did you mean 'lora'")]
    [InlineData("learning_rte: 1", "learning_rte is not a field here", "did you mean 'learning_rate'")]
    [InlineData("method: prefix", "has no place in this family", "lora")]
    public void A_wrong_recipe_is_told_with_its_line_and_the_nearest_name(string field, string what, string cure)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("recipe.yaml"), "seed: 1\n" + field + "\n");

        var ended = Running.Run("appliance",
            ["bench", "train", "--base", Repository.File("samples", "use-lite-en"), "--data", Repository.File("samples", "sentiment-uci"), "--recipe", folder.File("recipe.yaml")]);

        ended.Code.Should().Be(2);
        ended.Errors.Should().Contain(what).And.Contain(cure);
    }
}
