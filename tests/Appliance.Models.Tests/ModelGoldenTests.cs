using Appliance.Models;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class ModelGoldenTests
{
    public static TheoryData<string> Cases => Fixtures.Folders("models");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_checkpoint_gives_the_references_outputs_loss_and_gradients(string name)
    {
        Skip.If(name.Length == 0, "no models in this folder");
        var folder = Fixtures.At("models", name);
        using var expected = new Expected(folder);
        using var scope = NewDisposeScope();
        using var model = Open(folder, expected.Text("class"));
        var input = Input(expected);

        var output = model.Forward(input with { Trace = true });

        Compare(expected, output);
        if (expected.Has("out.loss"))
        {
            using var config = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
            var loss = Losses.Of(expected.Text("class"), expected, output, config.RootElement);
            Close.Loss(expected, loss);
            loss.backward();
            Gradients(expected, model, "grad.", "grad_stats");
        }
        if (expected.Has("out.train_logits"))
        {
            TrainingMode(expected, model, input);
        }
    }

    /// <summary>Opens what the case's class says, or skips where the family is not implemented.</summary>
    internal static Model Open(string folder, string className)
    {
        using var checkpoint = CheckpointFolder.Open(folder);
        var config = ModelLoader.Configuration(folder, checkpoint);
        Skip.IfNot(FamilyRegistry.All.Any(f => f.Claims(config)), $"family {config.ModelType} ({className}) is not implemented");
        var head = HeadKinds.Of(className);
        Skip.If(head is null && config.ModelType.Length > 0, $"class {className} of family {config.ModelType} is not implemented");
        Skip.If(className.EndsWith("ForPreTraining", StringComparison.Ordinal) && head == HeadKind.Base, $"class {className} is not implemented");
        try
        {
            return ModelLoader.Open(folder, head).Model;
        }
        catch (ModelConfigException e) when (e.Message.Contains("does not exist for this family", StringComparison.Ordinal))
        {
            throw new SkipException($"class {className} of family {config.ModelType} is not implemented");
        }
    }

    internal static ModelInput Input(Expected expected)
    {
        var decoderIds = expected.Optional("in.decoder_input_ids");
        return new ModelInput
        {
            InputIds = expected.Optional("in.input_ids"),
            AttentionMask = expected.Optional("in.attention_mask"),
            TokenTypeIds = expected.Optional("in.token_type_ids"),
            PositionIds = expected.Optional("in.position_ids"),
            PixelValues = expected.Optional("in.pixel_values") ?? expected.Optional("in.x") ?? expected.Optional("in.images"),
            DecoderInputIds = decoderIds ?? (expected.Text("class").StartsWith("T5For", StringComparison.Ordinal) ? Shifted(expected["in.labels"]) : null),
        };
    }

    // BatchNorm by the batch's own statistics; the reference switched dropout off for this pass.
    private static void TrainingMode(Expected expected, Model model, ModelInput input)
    {
        foreach (var (_, parameter) in model.named_parameters())
        {
            parameter.grad = null;
        }
        model.train();
        (model as IHasDropout)?.SetDropout(0);
        var output = model.Forward(input);
        Close.Output(expected, "out.train_logits", output.Logits!);
        nn.functional.cross_entropy(output.Logits!, expected["in.labels"]).backward();
        Gradients(expected, model, "train_grad.", "train_grad_stats");
        var state = model.state_dict();
        foreach (var name in expected.Names("train_buffer."))
        {
            Close.Check(name, state[name["train_buffer.".Length..]], expected[name], 1e-5, 1e-4);
        }
    }

    private static Tensor Shifted(Tensor labels)
    {
        var start = zeros([labels.shape[0], 1], ScalarType.Int64);
        return cat([start, labels.narrow(1, 0, labels.shape[1] - 1)], 1).clamp(0);
    }

    private static void Compare(Expected expected, ModelOutput output)
    {
        var mask = expected.Optional("in.attention_mask");
        foreach (var name in expected.Names("out."))
        {
            var actual = Find(name, output);
            if (actual is null)
            {
                (name is "out.loss" || name.StartsWith("out.train_", StringComparison.Ordinal)).Should().BeTrue("{0} must have an output of ours", name);
                continue;
            }
            var perToken = mask is not null && actual.shape is [_, var t, ..] && t == mask.shape[1] && !name.StartsWith("out.attentions", StringComparison.Ordinal);
            var rows = name.StartsWith("out.attentions", StringComparison.Ordinal) && mask is not null && actual.shape[2] == mask.shape[1]
                ? mask.unsqueeze(1).expand(actual.shape[0], actual.shape[1], actual.shape[2]).contiguous() : perToken ? mask : null;
            Close.Output(expected, name, actual, rows);
        }
    }

    private static Tensor? Find(string name, ModelOutput output)
    {
        var parts = name.Split('.');
        return parts[1] switch
        {
            "logits" or "prediction_logits" => output.Logits,
            "start_logits" => output.StartLogits,
            "end_logits" => output.EndLogits,
            "last_hidden_state" => output.Last,
            "pooler_output" => output.Pooled,
            "encoder_last_hidden_state" => output.EncoderLast,
            "hidden_states" => output.HiddenStates[int.Parse(parts[2])],
            "attentions" => output.Attentions[int.Parse(parts[2])],
            var other => output.Stages.GetValueOrDefault(other),
        };
    }

    internal static void Gradients(Expected expected, Model model, string prefix, string statistics)
    {
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var name in expected.Names(prefix))
        {
            var gradient = parameters[name[prefix.Length..]].grad;
            gradient.Should().NotBeNull("{0} must have a gradient", name);
            Close.Check(name, gradient!, expected[name], Math.Max(2e-6, 10 * (expected.Noise(name) ?? 0)), 1e-3);
        }
        if (!expected.Json.TryGetProperty(statistics, out var all))
        {
            return;
        }
        foreach (var one in all.EnumerateObject())
        {
            parameters.Should().ContainKey(one.Name, "every parameter of the reference is ours too");
            var l2 = one.Value.GetProperty("l2").GetDouble();
            var ours = parameters[one.Name].grad is { } g ? g.to(ScalarType.Float64).norm().item<double>() : 0;
            Math.Abs(ours - l2).Should().BeLessThanOrEqualTo(Math.Max(1e-6, 1e-3 * l2), "the gradient of {0} has the reference's length", one.Name);
        }
    }
}
