using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
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
    public static PreparedTask Build(Recipe recipe, string data, Device device) => DataFolder.Kind(data) switch
    {
        DataKind.Texts => Texts(recipe, DataFolder.Texts(data, recipe.Seed), device),
        var kind => throw new InvalidDataException($"stage: {recipe.Stage} cannot be taught from {kind}."),
    };

    private static PreparedTask Texts(Recipe recipe, Parts<Sdk.Plugins.Example> parts, Device device)
    {
        string[] labels = [.. parts.All.Select(e => e.Label).Distinct().Order(StringComparer.Ordinal)];
        var task = TextClassifier.Build(recipe, recipe.BaseModel, labels, device);
        return Prepare(task, parts, task.Encode);
    }

    private static PreparedTask Prepare<T>(ITrainableTask task, Parts<T> parts, Func<T, Item> encode) =>
        new(task, [.. parts.Train.Select(encode)], [.. parts.Validation.Select(encode)], [.. parts.Test.Select(encode)]);
}
