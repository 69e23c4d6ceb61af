using Appliance.Models.Families;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Data;
using Appliance.Training.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>Adapters beside convolutions: a conv net learns through them, and its file is one without them.</summary>
[Collection("torch")]
public sealed class ConvolutionLoraTests
{
    [Theory]
    [InlineData("lora", "torchvision-resnet18-slim")]
    [InlineData("rslora", "torchvision-resnet18-slim")]
    [InlineData("lora", "torchvision-mobilenet-v2-0.25")] // its depthwise convolutions take none
    public void The_base_stays_adapters_and_head_learn_and_the_merged_file_answers_alike(string method, string model)
    {
        set_num_threads(2);
        random.manual_seed(3);
        var recipe = Recipe($"method: {method}\nlora: {{r: 4, alpha: 8}}\nlearning_rate: 0.01\n");
        using var task = ImageTask.Build(recipe, Folder(model), ["dark", "light"], CPU);
        var (items, net) = (Items(task), (Model)task.Module);
        var before = net.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());

        var untaught = task.Evaluate(items).Loss;

        using var trainer = new Trainer(recipe, task, new Quiet(), TimeProvider.System);
        trainer.Run(items[..32], items[32..], null, CancellationToken.None);

        var taught = task.Evaluate(items).Loss;
        taught.Should().BeLessThan(untaught * 0.9);
        net.Convolutions.Should().OnlyContain(c => c.Convolution.Adapter != null == c.Convolution.Adaptable);
        net.named_parameters().Where(p => p.parameter.requires_grad).Should().OnlyContain(p => p.name.Contains(".lora_") || task.IsHead(p.name));
        before.Where(t => t.Key.EndsWith("weight") && t.Value.shape.Length == 4).Should().Contain(t => (t.Value - net.state_dict()[t.Key]).abs().max().item<float>() > 1e-4f, "the effect was added");
        before.Where(t => t.Value.shape.Length == 1 && !t.Key.Contains("running") && !task.IsHead(t.Key)).Should().OnlyContain(t => (t.Value - net.state_dict()[t.Key]).abs().max().item<float>() == 0, "norms are the base's");

        var files = task.Save();
        using var again = ImageTask.Open(new ModelFiles(files), CPU);
        again.Evaluate(Items(again)).Loss.Should().BeApproximately(taught, 1e-5);
    }

    [Fact]
    public void Before_the_first_step_and_after_merging_the_answers_are_the_same()
    {
        set_num_threads(1);
        using var task = ImageTask.Build(Recipe("method: full\n"), Folder("torchvision-resnet18-slim"), ["dark", "light"], CPU);
        var items = Items(task)[..8];
        var net = (Model)task.Module;
        var plain = task.Evaluate(items).Loss;
        using var off = no_grad();
        foreach (var (_, convolution) in net.Convolutions)
        {
            convolution.Attach(Appliance.Models.Adapters.ConvolutionLora.New(convolution, 3, 2, 0));
        }

        task.Evaluate(items).Loss.Should().BeApproximately(plain, 1e-6, "B begins at zero");
        foreach (var (_, parameter) in net.named_parameters().Where(p => p.name.EndsWith("lora_B.weight")))
        {
            parameter.normal_(0, 0.1);
        }
        var changed = task.Evaluate(items).Loss;
        foreach (var (_, convolution) in net.Convolutions)
        {
            convolution.MergeLora();
            convolution.MergeLora(); // once is enough
        }

        Math.Abs(changed - plain).Should().BeGreaterThan(1e-3);
        task.Evaluate(items).Loss.Should().BeApproximately(changed, 1e-4);
    }

    [Theory]
    [InlineData("method: dora", "use lora or rslora")]
    [InlineData("method: qlora", "use lora or rslora")]
    [InlineData("method: ia3", "it has: conv1")]
    [InlineData("method: lora\nlora: {target_modules: [query]}", "ends in query; it has: conv1")]
    public void What_has_no_place_in_a_conv_net_is_refused_with_what_has(string method, string says)
    {
        var recipe = Recipe(method + "\n");
        using var task = ImageTask.Build(recipe, Folder("torchvision-resnet18-slim"), ["dark", "light"], CPU);
        using var trainer = new Trainer(recipe, task, new Quiet(), TimeProvider.System);
        var items = Items(task);

        ((Action)(() => trainer.Run(items[..32], items[32..], null, CancellationToken.None))).Should().Throw<InvalidDataException>().WithMessage($"*{says}*");
    }

    private static string Folder(string model) => Repository.File("tests", "Golden", "models", model);

    private static Recipe Recipe(string fields)
    {
        var (recipe, errors) = RecipeReader.Read("base_model: b\ntask: t\nper_device_train_batch_size: 8\nnum_train_epochs: 6\nearly_stopping_patience: 0\nmetric_for_best_model: loss\n" + fields);
        errors.Should().BeEmpty();
        return recipe!;
    }

    private static Item[] Items(ImageTask task)
    {
        var chance = new Random(2);
        return [.. Enumerable.Range(0, 48).Select(k => task.Encode(new LabelledImage(
            [.. Enumerable.Range(0, 32 * 32).Select(_ => (float)((chance.NextDouble() * 0.5) + (k % 2 * 0.5)))], 1, 32, 32, k % 2 == 0 ? "dark" : "light")))];
    }
}
