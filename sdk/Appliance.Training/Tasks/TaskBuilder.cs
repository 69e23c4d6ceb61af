using Appliance.Models.Chat;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Sdk.Scoring;
using Appliance.Training.Stages;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A task with its examples, ready for the loop.</summary>
public sealed record PreparedTask(ITrainableTask Task, IReadOnlyList<Item> Train, IReadOnlyList<Item> Validation, IReadOnlyList<Item> Test) : IDisposable
{
    public void Dispose() => Task.Dispose();
}

/// <summary>Makes the task that a recipe's stage and a folder of data ask for.</summary>
public static class TaskBuilder
{
    /// <param name="recipe">Its base_model is a folder.</param>
    /// <exception cref="InvalidDataException">Base, data and stage do not fit each other.</exception>
    public static PreparedTask Build(Recipe recipe, string data, Device device) => recipe.Stage switch
    {
        TrainingStage.Task or TrainingStage.Distill => DataFolder.Kind(data) switch
        {
            DataKind.Texts => Texts(recipe, DataFolder.Texts(data, recipe.Seed), device),
            DataKind.Tags => Tags(recipe, DataFolder.Tags(data, recipe.Seed), device),
            DataKind.Questions => Questions(recipe, DataFolder.Questions(data, recipe.Seed), device),
            _ => Images(recipe, DataFolder.Images(data, recipe.Seed), device),
        },
        TrainingStage.PretrainMlm or TrainingStage.PretrainClm => Language(recipe, DataFolder.Corpus(data, recipe.Seed), device),
        TrainingStage.Sft => Conversations(recipe, DataFolder.Lines(data, recipe.Seed, JsonLines.ToConversation), device),
        TrainingStage.Reward => Pairs(recipe, RewardTask.Build(recipe, recipe.BaseModel, device), data),
        TrainingStage.Dpo => Pairs(recipe, PreferenceTask.Build(recipe, recipe.BaseModel, device), data),
        TrainingStage.Kto => Judgements(recipe, DataFolder.Lines(data, recipe.Seed, JsonLines.ToJudgement), device),
        _ => Reinforcement(recipe, DataFolder.Lines(data, recipe.Seed, JsonLines.ToConversation), device),
    };

    private static PreparedTask Texts(Recipe recipe, Parts<Example> parts, Device device)
    {
        if (recipe.ProblemType == ProblemType.MultiLabelClassification)
        {
            var several = MultiLabelTask.Build(recipe, recipe.BaseModel, [.. parts.All.SelectMany(e => MultiLabelTask.Split(e.Label)).Distinct().Order(StringComparer.Ordinal)], device);
            return Prepare(several, parts, several.Encode);
        }
        string[] labels = [.. parts.All.Select(e => e.Label).Distinct().Order(StringComparer.Ordinal)];
        var task = TextClassifier.Build(recipe, recipe.BaseModel, labels, device);
        if (recipe.Stage != TrainingStage.Distill)
        {
            return Prepare(task, parts, task.Encode);
        }
        var distilled = new DistillationTask(recipe, task, TextClassifier.Trained(recipe, recipe.Preference.Model, labels, device));
        return Prepare(distilled, parts, distilled.Encode);
    }

    private static PreparedTask Tags(Recipe recipe, Parts<TaggedSentence> parts, Device device)
    {
        string[] tags = ["O", .. parts.All.SelectMany(s => s.Tags).Where(t => t != "O").Distinct().Order(StringComparer.Ordinal)];
        var task = TaggingTask.Build(recipe, recipe.BaseModel, tags, device);
        return Prepare(task, parts, task.Encode);
    }

    private static PreparedTask Questions(Recipe recipe, Parts<Question> parts, Device device)
    {
        var task = AnsweringTask.Build(recipe, recipe.BaseModel, device);
        Item[] Windows(IReadOnlyList<Question> questions, bool learning) => [.. questions.SelectMany(q => task.Encode(q, learning))];
        return new PreparedTask(task, Windows(parts.Train, true), Windows(parts.Validation, false), Windows(parts.Test, false));
    }

    private static PreparedTask Images(Recipe recipe, Parts<LabelledImage> parts, Device device)
    {
        var task = ImageTask.Build(recipe, recipe.BaseModel, [.. parts.All.Select(i => i.Label).Distinct().Order(StringComparer.Ordinal)], device);
        return Prepare(task, parts, task.Encode);
    }

    private static PreparedTask Language(Recipe recipe, Parts<string> parts, Device device)
    {
        var (task, coder) = (LanguageTask.Build(recipe, recipe.BaseModel, device), TextCoder.Open(recipe.BaseModel));
        IReadOnlyList<Item> Items(IReadOnlyList<string> texts) => recipe.Stage == TrainingStage.PretrainClm
            ? Corpora.Blocks(texts, coder, recipe.LengthMax)
            : [.. texts.Select(t => new Item { Ids = coder.Encode(t, recipe.LengthMax) }).Where(i => i.Ids.Length > 2)];
        return new PreparedTask(task, Items(parts.Train), Items(parts.Validation), Items(parts.Test));
    }

    private static PreparedTask Conversations(Recipe recipe, Parts<Conversation> parts, Device device)
    {
        var (task, coder) = (LanguageTask.Build(recipe, recipe.BaseModel, device), Coder(recipe));
        IReadOnlyList<Item> Items(IReadOnlyList<Conversation> all)
        {
            Item[] items = [.. all.Select(c => coder.Encode(c.Messages)).Where(i => i.Labels!.Any(l => l != Item.Ignored))]; // set by Encode
            return recipe.Packing ? Corpora.Packed(items, recipe.LengthMax) : items;
        }
        return new PreparedTask(task, Items(parts.Train), Items(parts.Validation), Items(parts.Test));
    }

    private static PreparedTask Pairs(Recipe recipe, ITrainableTask task, string data)
    {
        var coder = Coder(recipe);
        return Prepare(task, DataFolder.Lines(data, recipe.Seed, JsonLines.ToPreference), p => coder.Encode(p.Prompt, p.Chosen) with { Rejected = coder.Encode(p.Prompt, p.Rejected) });
    }

    private static PreparedTask Judgements(Recipe recipe, Parts<Judgement> parts, Device device)
    {
        var coder = Coder(recipe);
        return Prepare(PreferenceTask.Build(recipe, recipe.BaseModel, device), parts, j => coder.Encode(j.Prompt, j.Answer) with { Label = j.Good ? 1 : 0 });
    }

    // Without a reward model the rule is: share of the wanted answer's words, as SQuAD counts them.
    private static PreparedTask Reinforcement(Recipe recipe, Parts<Conversation> parts, Device device)
    {
        var (coder, tokens) = (Coder(recipe), TextCoder.Open(recipe.BaseModel));
        var judge = recipe.Preference.Model.Length > 0 ? RewardTask.Build(recipe, recipe.Preference.Model, device) : null;
        IReadOnlyList<double> Reward(Item prompt, IReadOnlyList<int[]> answers)
        {
            if (judge is null)
            {
                return [.. answers.Select(a => SquadScores.F1(tokens.General?.Decode(a) ?? "", [(string)prompt.Source!], emptyAgree: true))]; // set below
            }
            using var _ = no_grad();
            judge.Module.eval();
            return [.. judge.Score([.. answers.Select(a => new Item { Ids = [.. prompt.Ids, .. a] })]).cpu().data<float>().ToArray().Select(s => (double)s)];
        }
        return Prepare(ReinforcementTask.Build(recipe, recipe.BaseModel, Reward, device), parts, c => new Item
        {
            Ids = coder.Prompt(c.Messages[0].Content), Source = c.Messages[^1].Content,
        });
    }

    private static ConversationCoder Coder(Recipe recipe) => new(TextCoder.Open(recipe.BaseModel), ChatTemplate.Open(recipe.BaseModel), recipe.LengthMax);

    private static PreparedTask Prepare<T>(ITrainableTask task, Parts<T> parts, Func<T, Item> encode) =>
        new(task, [.. parts.Train.Select(encode)], [.. parts.Validation.Select(encode)], [.. parts.Test.Select(encode)]);
}
