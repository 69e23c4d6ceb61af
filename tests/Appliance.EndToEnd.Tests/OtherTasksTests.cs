using System.Text.Json;
using System.Text.Json.Nodes;

namespace Appliance.Tests;

/// <summary>Tasks that answer with spans and pictures, through the real service: imported, taught, gated, asked.</summary>
public sealed class OtherTasksTests : IClassFixture<OtherTasksTests.Taught>
{
    private readonly Running _host;

    public OtherTasksTests(Taught taught) => _host = taught.Host;

    [Fact]
    public void Entities_pass_their_gate_and_their_places_are_those_of_the_text_as_it_was_sent()
    {
        const string Text = "mi chiamo Elisa Bruni, scrivi a elisa.bruni@example.it. Today Anna works in Rome again.";
        var model = _host.Command("model", "show", "entities", "--json").Json["passport"]!;
        (model["gate"]!["result"]!.ToString(), model["gate"]!["against"]!.ToString()).Should().Be(("pass", "empty-baseline"));
        model["evaluation"]!["measure"]!.ToString().Should().Be("entity_f1");
        model["evaluation"]!["score"]!.GetValue<double>().Should().BeGreaterThan(0.8);

        var reply = _host.CommandWith(Text, "infer", "entities", "--explain", "--json").Json;

        reply["redacted"]!["text"]!.ToString().Should().Contain("<PERSON_1>").And.NotContain("elisa.bruni");
        var found = reply["predictions"]!.AsArray().Select(p => (Label: p!["label"]!.ToString(), Words: Text[p["start"]!.GetValue<int>()..p["end"]!.GetValue<int>()]));
        found.Should().Contain(("place", "Rome")).And.Contain(("who", "Anna"));
    }

    [Fact]
    public void Many_requests_are_answered_together_in_their_order_and_recorded_once_with_their_number()
    {
        string[] names = ["Anna", "Bruno", "Carla"];
        string[] texts = [.. Enumerable.Range(0, 70).Select(k => $"{names[k % 3]} works in Rome .")];

        var ended = _host.CommandWith(string.Join('\n', texts.Select(t => JsonSerializer.Serialize(new { text = t }))), "infer", "entities", "--jsonl", "--purpose", "research", "--data-labels", "public");

        var answers = ended.Output.Trim().Split('\n').Select(l => JsonNode.Parse(l)!).ToArray();
        answers.Should().HaveCount(70);
        // A name that was hidden from the model is found at the place where it stood.
        answers.Select((a, k) => a["predictions"]![0]! is var first && texts[k][(int)first["start"]!..(int)first["end"]!] == names[k % 3]).Count(right => right).Should().BeGreaterThan(60);
        _host.Command("audit", "search", "--action", "model.infer", "--json").Json.AsArray()
            .Where(r => r!["phase"]!.ToString() == "outcome").Select(r => r!["counts"]!["requests"]!.GetValue<int>()).Should().Contain([64, 6]);
        _host.CommandWith("{}\nnonsense", "infer", "entities", "--jsonl").Errors.Should().Contain("Line 2 is no JSON");
        _host.CommandWith("{\"text\":\"a\",\"other\":\"b\"}", "infer", "entities", "--jsonl").Errors.Should().Contain("a field that the task does not know");
    }

    [Fact]
    public void A_recipe_on_rows_of_another_kind_is_refused_before_anything_runs()
    {
        var wrong = _host.Command("train", _host.Recipe("head", 2), "--dataset", "tags", "--purpose", "research");

        (wrong.Code, wrong.Errors).Should().Match<(int Code, string Errors)>(w => w.Code == 2 && w.Errors.Contains("answers with class; the dataset is labelled with spans"));
    }

    [Fact]
    public void A_picture_is_classified_with_a_map_of_what_was_looked_at_and_one_labelled_personal_is_refused()
    {
        var (digit, drawn) = (Repository.File("samples", "photos", "three.png"), Path.Combine(_host.Root, "map.png"));

        var reply = _host.Command("infer", "vision", "--field", "image=" + digit, "--heat-map", drawn, "--purpose", "research", "--data-labels", "public", "--json");
        var refused = _host.Command("infer", "vision", "--field", "image=" + digit, "--purpose", "research");
        var broken = _host.Command("infer", "vision", "--field", "image=" + Repository.File("README.md"), "--purpose", "research", "--data-labels", "public");

        reply.Json["predictions"]!.AsArray().Should().HaveCount(10);
        reply.Json["predictions"]!.AsArray().Take(3).Select(p => p!["label"]!.ToString()).Should().Contain("3");
        _host.Command("model", "show", "vision", "--json").Json["passport"]!["evaluation"]!["score"]!.GetValue<double>().Should().BeGreaterThan(0.9);
        File.ReadAllBytes(drawn).Should().StartWith([0x89, (byte)'P', (byte)'N', (byte)'G']);
        (refused.Code, broken.Code).Should().Be((3, 2));
        refused.Errors.Should().Contain("People in pictures cannot be redacted");
        broken.Errors.Should().Contain("JPEG, PNG or BMP");
    }

    public sealed class Taught : IDisposable
    {
        public Taught()
        {
            Host.Start();
            Host.Command("model", "import", "use-lite-en", Repository.File("samples", "use-lite-en")).Code.Should().Be(0);
            Host.Command("model", "import", "resnet20-cifar10", Repository.File("samples", "resnet20-cifar10")).Code.Should().Be(0);
            string[] names = ["Anna", "Bruno", "Carla", "Dario"], places = ["Rome", "Turin", "Milan", "Bari"], verbs = ["works", "sleeps", "lives", "sings"];
            var sentences = Enumerable.Range(0, 256).Select(k =>
                $"{(k % 2 == 0 ? "Today O\n" : "")}{names[k % 4]} B-who\n{verbs[k / 4 % 4]} O\nin O\n{places[k / 16 % 4]} B-place\n{(k % 3 == 0 ? "again O\n" : "")}number O\nn{k} O\n. O\n");
            Host.Command("dataset", "import", "tags", Host.File_("tags.conll", string.Join('\n', sentences)), "--purpose", "research", "--data-labels", "public").Code.Should().Be(0);
            Host.Command("dataset", "import", "digits", Repository.File("samples", "mnist"), "--purpose", "research", "--data-labels", "public").Code.Should().Be(0);
            Teach("base_model: use-lite-en\ntask: entities\nlearning_rate: 0.001\nnum_train_epochs: 6\nper_device_train_batch_size: 16\nmetric_for_best_model: f1\n", "tags");
            Teach("base_model: resnet20-cifar10\ntask: vision\nlearning_rate: 0.001\nmax_steps: 60\nper_device_train_batch_size: 64\nmetric_for_best_model: accuracy\n", "digits");
        }

        internal Running Host { get; } = new();

        public void Dispose() => Host.Dispose();

        private void Teach(string recipe, string dataset)
        {
            var job = Host.Command("train", Host.File_("recipe.yaml", recipe), "--dataset", dataset, "--purpose", "research", "--promote");
            job.Code.Should().Be(0, job.Errors + job.Output);
        }
    }
}
