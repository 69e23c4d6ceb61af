using Appliance.Domain;
using Appliance.Domain.Datasets;
using Appliance.Domain.Inference;
using Appliance.Domain.Jobs;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Tests;

/// <summary>R5: nothing runs when the audit fails before, nothing leaves when it fails after.</summary>
public sealed class InferenceOrderTests
{
    private readonly FakeAudit _audit = new();
    private readonly Workers _workers = new();
    private readonly Models _models = new();

    private Task<InferenceOutcome> Ask(string purpose = "citizen-service") => new InferenceService(
        new Fixed(PolicyReader.Read(PolicyReader.FileNames.ToDictionary(n => n, n => File.ReadAllText(Repository.File("policies", n)))).Policies!),
        _audit, new Redactor(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5))), _models, _workers, new FakeSubjects(),
        TimeProvider.System).AnswerAsync(
        new InferenceRequest("sentiment", [new Dictionary<string, Sensitive<string>> { ["text"] = new("Mi chiamo Elisa Bruni") }], purpose, "site", ["pii.direct"]),
        new Caller("uid:1", "client"), CancellationToken.None);

    [Fact]
    public async Task A_model_sees_redacted_text_only_and_its_words_are_redacted_too()
    {
        var answered = (InferenceOutcome.Answered)await Ask();

        _workers.Seen.Should().ContainSingle().Which.Should().Be("Mi chiamo <PERSON_1>");
        answered.Outputs[0].Predictions[0].Text.Should().Be("scrivi a <EMAIL_ADDRESS_1>");
        (answered.Outputs[0].Predictions[0].Start, answered.Outputs[0].Predictions[0].End).Should().Be((10, 21), "places are those of the text as it came in");
        _audit.Entries.Select(e => e.Phase.ToString()).Should().Equal("Intent", "Outcome");
        _audit.Entries[1].Reference.Should().Be(1);
    }

    [Fact]
    public async Task Nothing_runs_when_the_audit_log_is_down()
    {
        _audit.Down = true;

        (await Ask()).Should().BeOfType<InferenceOutcome.Failed>().Which.Code.Should().Be("audit_unavailable");
        _workers.Seen.Should().BeEmpty();
    }

    [Fact]
    public async Task Nothing_leaves_when_the_audit_log_fails_after_the_answer()
    {
        _audit.DownFrom = 2;

        (await Ask()).Should().BeOfType<InferenceOutcome.Failed>().Which.Code.Should().Be("audit_unavailable");
        _workers.Seen.Should().ContainSingle();
    }

    [Fact]
    public async Task A_refusal_by_policy_is_recorded_and_runs_nothing()
    {
        (await Ask("marketing")).Should().BeOfType<InferenceOutcome.Refused>().Which.Refusal.Kind.Should().Be(RefusalKind.Policy);
        _audit.Entries.Should().ContainSingle().Which.Decision.ToString().Should().Be("deny");
        _workers.Seen.Should().BeEmpty();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_task_of_plain_rules_is_asked_without_a_model_and_a_trainable_one_is_not(bool trainable, bool answered)
    {
        _workers.Trainable = trainable;
        _models.None = true;

        var outcome = await Ask();

        (outcome is InferenceOutcome.Answered).Should().Be(answered);
        _workers.Seen.Count.Should().Be(answered ? 1 : 0);
    }

    [Fact]
    public async Task A_worker_that_dies_is_a_typed_error_and_is_recorded()
    {
        _workers.Dies = true;

        (await Ask()).Should().BeOfType<InferenceOutcome.Failed>().Which.Code.Should().Be("worker_died");
        _audit.Entries[1].Code.ToString().Should().Be("worker_died");
    }

    private sealed record Fixed(PolicySet Current) : IPolicies;

    private sealed class Workers : IWorkers
    {
        internal List<string> Seen { get; } = [];

        internal bool Dies { get; set; }

        internal bool Trainable { get; set; } = true;

        public IReadOnlyList<InstalledPlugin> Plugins =>
            [new(new PluginManifest("p", "1", 0, "p.dll", "P", [new TaskManifest("sentiment", ["text"], Trainable)], []), "/")];

        public InstalledPlugin? PluginOf(string task) => Plugins[0];

        public Task<IReadOnlyList<TaskOutput>> AnswerAsync(
            string task, string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, IReadOnlyList<TaskInput> inputs, CancellationToken c)
        {
            Seen.Add(inputs[0]["text"]);
            return Dies
                ? throw new WorkerException("worker_died", "it died")
                : Task.FromResult<IReadOnlyList<TaskOutput>>([new TaskOutput([new Prediction("a", 1, "scrivi a mario@example.it", 10, 20)])]);
        }

        public Task<TrainedModel> TrainAsync(
            TrainingOrder o, Action<JobProgress> p, Action<ReadOnlyMemory<byte>> s, CancellationToken c) => throw new NotSupportedException("not asked here");

        public Task<IReadOnlyList<TaskOutput>> EvaluateAsync(
            string t, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> f, IReadOnlyList<TaskInput> r, CancellationToken c) =>
            throw new NotSupportedException("not asked here");

        public Task InspectAsync(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> f, CancellationToken c) => Task.CompletedTask;

        public Task OpenAsync(string t, string m, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> f, CancellationToken c) => Task.CompletedTask;

        public Task RecycleAsync(string task) => Task.CompletedTask;
    }

    private sealed class Models : IModels
    {
        private static readonly ModelVersion Live = new("sentiment", 1, "sentiment", ModelState.Live, [], ["pseudonymous"], null, default);

        public Task<ModelVersion> AddAsync(ModelVersion d, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> f, CancellationToken c) => Task.FromResult(d);

        public ModelVersion? Find(string id) => Live;

        public IReadOnlyList<ModelVersion> List() => [Live];

        internal bool None { get; set; }

        public ModelVersion? Serving(string task) => None ? null : Live;

        public ModelVersion? Previous(string task) => null;

        public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ReadFiles(ModelVersion model) => new Dictionary<string, ReadOnlyMemory<byte>>();

        public void SetPassport(ModelVersion model, Passport passport, ModelState state)
        {
        }

        public void Serve(string task, ModelVersion model)
        {
        }
    }
}
