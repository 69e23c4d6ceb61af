using Appliance.Models.Importing;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>Repair writes what was there with one operator, number or truth changed, or nothing new at all.</summary>
[Collection("torch")]
public sealed class RepairTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("if (a == b) c();", "if (!a == b) c();~if (a != b) c();")]
    [InlineData("i <= n", "i < n~i >= n")]
    [InlineData("i++;", "i--;")]
    [InlineData("x =+ 1;", "x += 1;~x =+ 0;~x =+ 2;")]
    [InlineData("return !done;", "return done;")]
    [InlineData("return done;", "return !done;")]
    [InlineData("a && b", "a && !b~a || b")]
    [InlineData("ok = true;", "ok = false;")]
    [InlineData("List<String> a = b >> c;", "")]
    [InlineData("x -> x.y", "")]
    [InlineData("s = \"a == b \\\" < 1\";", "")]
    [InlineData("c = '<'; // 1 + 1", "")]
    [InlineData("/* i < 0 */ f(10, 1.0, 0x1, a1)", "")]
    [InlineData("\"never closed == ", "")]
    [InlineData("", "")]
    public void Edits_are_these_and_no_others(string source, string edits) =>
        SingleEdits.Of(source).Should().BeEquivalentTo(edits.Split('~', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void A_source_with_many_places_has_a_bounded_number_of_edits() =>
        SingleEdits.Of(string.Concat(Enumerable.Repeat("if (a == b && c < 1) i++;", 4_000))).Should().HaveCount(SingleEdits.EditsMax).And.OnlyHaveUniqueItems();

    [Fact]
    public void A_fault_is_mended_a_sound_source_stays_and_the_saved_model_answers_alike()
    {
        set_num_threads(2);
        random.manual_seed(1);
        using var task = Taught();
        LabelledInput[] held = [.. Enumerable.Range(30, 10).SelectMany(k => Rows(k))];

        task.Calibrate(held);
        var answers = task.Answer([.. held.Select(h => h.Input)]);

        answers.Zip(held, (a, h) => a.Predictions[0].Text == h.Label).Count(right => right).Should().BeGreaterThan(held.Length * 9 / 10);
        answers.Should().OnlyContain(a => a.Predictions.Count <= 3 && a.Predictions.All(p => p.Score >= 0 && p.Score <= 1));
        using var again = RepairTask.Open(new ModelFiles(task.Save()), CPU);
        again.Settings.SourceBias.Should().Be(task.Settings.SourceBias);
        again.Answer([.. held.Select(h => h.Input)]).SelectMany(a => a.Predictions).Should().BeEquivalentTo(answers.SelectMany(a => a.Predictions), o => o.WithStrictOrdering());
    }

    [Fact]
    public void Where_no_held_row_has_a_fault_nothing_is_changed_however_little_the_model_knows()
    {
        set_num_threads(2);
        using var task = RepairTask.Build(Recipe(), Stories(), CPU);
        LabelledInput[] sound = [.. Enumerable.Range(0, 12).Select(k => Rows(k)[1])];
        int Changed() => task.Answer([.. sound.Select(f => f.Input)]).Zip(sound).Count(p => p.First.Predictions[0].Text != p.Second.Label);

        Changed().Should().BeGreaterThan(0);
        ((Action)(() => task.Answer(Row(" ", "").Input))).Should().Throw<ArgumentException>().WithMessage("*'source' is empty*");
        task.Calibrate(sound);
        Changed().Should().Be(0);
    }

    private RepairTask Taught()
    {
        var task = RepairTask.Build(Recipe(), Stories(), CPU);
        using var trainer = new Trainer(Recipe(), task, new Quiet(), TimeProvider.System);
        trainer.Run(
            [.. Enumerable.Range(0, 20).SelectMany(k => Rows(k)).SelectMany(r => task.Encode(r, learning: true))],
            [.. Enumerable.Range(20, 10).SelectMany(k => Rows(k)).SelectMany(r => task.Encode(r, learning: false))],
            null, CancellationToken.None);
        return task;
    }

    // Every counter begins at 0, stays below the end and goes up.
    private static LabelledInput[] Rows(int k)
    {
        var sound = $"for (int i = 0; i < n{k}; i++) {{ sum += a{k % 7}[i]; }}";
        var edits = SingleEdits.Of(sound);
        return [Row(edits[k % edits.Count], sound), Row(sound, sound)];
    }

    private static LabelledInput Row(string source, string sound) => new(new TaskInput(new Dictionary<string, string> { ["source"] = source }), sound);

    private static Recipe Recipe() => RecipeReader.Read(
        "base_model: b\ntask: code-repair\nlearning_rate: 0.003\nnum_train_epochs: 3\nper_device_train_batch_size: 4\nmetric_for_best_model: exact_match\n").Recipe!;

    private string Stories()
    {
        Llama2C.Import(Repository.File("samples", "stories260k", "stories260K.bin"), Repository.File("samples", "stories260k", "tok512.bin"), _folder.File("stories"));
        return _folder.File("stories");
    }
}
