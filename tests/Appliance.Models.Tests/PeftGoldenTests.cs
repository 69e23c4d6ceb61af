using Appliance.Models;
using Appliance.Models.Adapters;
using Appliance.Models.Checkpoints;
using Appliance.Models.Generation;
using Appliance.Models.Heads;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class PeftGoldenTests
{
    public static TheoryData<string> Cases => Fixtures.Folders("peft");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void An_adapter_loads_answers_merges_unmerges_and_is_saved_as_it_came(string name)
    {
        Skip.If(name.Length == 0, "no adapters in this folder");
        var folder = Fixtures.At("peft", name);
        using var expected = new Expected(folder);
        using var scope = NewDisposeScope();
        var className = expected.Text("base_class");
        using var model = ModelGoldenTests.Open(Path.Combine(folder, "base"), className);
        var input = ModelGoldenTests.Input(expected);

        // 1. the base alone, then with its adapter
        Close.Output(expected, "out.base_logits", model.Forward(input).Logits!, Rows(expected, 0));
        var peft = PeftModel.Open(model, Path.Combine(folder, "adapter"));
        var output = peft.Forward(input);
        Close.Output(expected, "out.logits", output.Logits!, Rows(expected, output.Logits!.shape.Length == 3 ? (int)(output.Logits.shape[1] - input.InputIds!.shape[1]) : 0));

        // 2. loss and gradients of what is learnt
        var loss = Losses.Of(className, expected, output, Fixtures.Json(Path.Combine(folder, "base", "config.json")));
        Math.Abs(loss.item<float>() - expected.Json.GetProperty("loss").GetDouble()).Should().BeLessThan(2e-5 * Math.Max(1, loss.item<float>()));
        loss.backward();
        Gradients(expected, peft);

        // 3. the reference writes the same tokens with the adapter on
        Generation(expected, peft);

        // 4. merged and unmerged
        if (peft.Prompt is null)
        {
            Merged(expected, peft, input);
        }

        // 5. what is saved is what was read
        Saved(peft, Path.Combine(folder, "adapter"));
    }

    [Fact]
    public void An_adapter_without_its_trained_head_is_refused()
    {
        using var folder = new TempFolder();
        var source = Repository.File("tests", "Golden", "peft", "bert-seqcls-lora");
        File.Copy(Path.Combine(source, "adapter", "adapter_config.json"), folder.File("adapter_config.json"));
        using (var file = SafeTensors.Open(Path.Combine(source, "adapter", "adapter_model.safetensors")))
        using (var stream = File.Create(folder.File("adapter_model.safetensors")))
        {
            SafeTensors.Write(stream, file.Tensors.Where(t => !t.Name.Contains("classifier")).ToDictionary(t => t.Name, t => file.Read(t.Name)));
        }
        using var model = ModelLoader.Open(Path.Combine(source, "base"), HeadKind.SequenceClassification).Model;

        var act = () => PeftModel.Open(model, folder.Path);

        act.Should().Throw<CheckpointException>().WithMessage("*trained module 'classifier' is missing*");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Lora_and_dora_merge_to_the_same_answers_and_unmerge_to_the_same_weights(bool rankStabilised, bool dora)
    {
        using var scope = NewDisposeScope();
        var source = Repository.File("tests", "Golden", "peft", "gpt2-lora");
        using var expected = new Expected(source);
        using var model = ModelLoader.Open(Path.Combine(source, "base")).Model;
        var config = AdapterConfig.ForLora(4, 8, 0, ["c_attn", "c_proj"], [], "CAUSAL_LM", rankStabilised, dora, transposed: true);
        var peft = PeftModel.NewLora(model, config);
        random.manual_seed(1);
        using (no_grad())
        {
            foreach (var (_, tensor) in peft.Trained.Where(t => !t.Name.EndsWith("vector")))
            {
                tensor.normal_(0, 0.3);
            }
        }
        var input = ModelGoldenTests.Input(expected);
        using var _ = no_grad();
        var before = model.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());
        var adapted = peft.Forward(input).Logits!;

        peft.Merge();
        Close.Check("merged", peft.Forward(input).Logits!, adapted, 5e-5, 1e-4);
        peft.Unmerge();

        foreach (var (name, tensor) in model.state_dict())
        {
            Close.Check(name, tensor, before[name], 1e-5, 1e-4);
        }
        using var folder = new TempFolder();
        peft.Save(folder.Path);
        using var again = ModelLoader.Open(Path.Combine(source, "base")).Model;
        Close.Check("saved and opened again", PeftModel.Open(again, folder.Path).Forward(input).Logits!, adapted, 0, 0);
    }

    private static Tensor? Rows(Expected expected, int virtualTokens) => !expected.Has("in.attention_mask") || expected["out.logits"].shape.Length < 3 ? null
        : virtualTokens == 0 ? expected["in.attention_mask"]
        : cat([ones([expected["in.attention_mask"].shape[0], virtualTokens], ScalarType.Int64), expected["in.attention_mask"]], 1);

    private static void Gradients(Expected expected, PeftModel peft)
    {
        var trained = peft.Trained.ToDictionary(t => t.Name.Replace("prompt_embeddings", "prompt_encoder.embedding.weight"), t => t.Tensor);
        foreach (var name in expected.Names("grad."))
        {
            var ours = name["grad.".Length..].Replace("modules_to_save.", "").Replace("default.", "");
            trained.Should().ContainKey(ours);
            Close.Check(name, trained[ours].grad!, expected[name], Math.Max(2e-6, 10 * (expected.Noise(name) ?? 0)), 1e-3);
        }
        foreach (var one in expected.Json.GetProperty("grad_stats").EnumerateObject())
        {
            var ours = one.Name.Replace("modules_to_save.", "").Replace("default.", "");
            var l2 = one.Value.GetProperty("l2").GetDouble();
            Math.Abs(trained[ours].grad!.norm().item<float>() - l2).Should().BeLessThan(Math.Max(1e-6, 1e-3 * l2), "the gradient of {0}", ours);
        }
    }

    private static void Generation(Expected expected, PeftModel peft)
    {
        if (!expected.Has("gen.sequences"))
        {
            return;
        }
        var (prompt, wanted) = (GenerationGoldenTests.Rows(expected["gen.input_ids"]), GenerationGoldenTests.Rows(expected["gen.sequences"]));
        var options = new GenerationOptions { MaxNewTokens = wanted[0].Length - prompt[0].Length };

        var written = new Generator(peft.Model, peft.Prompt).Generate(prompt, options, CancellationToken.None);

        written[0].Should().Equal(wanted[0][prompt[0].Length..]);
    }

    private static void Merged(Expected expected, PeftModel peft, Appliance.Models.Families.ModelInput input)
    {
        using var _ = no_grad();
        var adapted = peft.Forward(input).Logits!;
        peft.Merge();
        var state = peft.Model.state_dict();
        Close.Output(expected, "out.merged_logits", peft.Forward(input).Logits!, Rows(expected, 0));
        foreach (var name in expected.Names("merged."))
        {
            Close.Check(name, state[name["merged.".Length..]], expected[name], 1e-5, 1e-4);
        }
        peft.Unmerge();
        Close.Check("unmerged", peft.Forward(input).Logits!, adapted, 5e-5, 1e-4, Rows(expected, 0));
    }

    private static void Saved(PeftModel peft, string source)
    {
        using var folder = new TempFolder();
        peft.Save(folder.Path);
        using var before = SafeTensors.Open(Path.Combine(source, "adapter_model.safetensors"));
        using var after = SafeTensors.Open(folder.File("adapter_model.safetensors"));
        after.Tensors.Select(t => t.Name).Should().BeEquivalentTo(before.Tensors.Select(t => t.Name));
        foreach (var tensor in before.Tensors)
        {
            Close.Check(tensor.Name, after.Read(tensor.Name), before.Read(tensor.Name), 0, 0);
        }
        var (was, now) = (Fixtures.Json(Path.Combine(source, "adapter_config.json")), Fixtures.Json(folder.File("adapter_config.json")));
        now.EnumerateObject().Select(p => (p.Name, p.Value.ToString())).Should().BeEquivalentTo(was.EnumerateObject().Select(p => (p.Name, p.Value.ToString())));
    }
}
