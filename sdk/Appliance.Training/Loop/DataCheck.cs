namespace Appliance.Training;

/// <summary>Looks at the examples before anything is computed.</summary>
internal static class DataCheck
{
    /// <exception cref="InvalidDataException">Nothing can be learnt from them.</exception>
    internal static void Require(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
    {
        if (train.Count == 0 || held.Count == 0)
        {
            throw new InvalidDataException("The dataset has no training or no validation examples. Import more rows.");
        }
    }

    /// <summary>For tasks with one class an example.</summary>
    /// <exception cref="InvalidDataException">One class only, or a class in the held-out part that training lacks.</exception>
    internal static void RequireClasses(IReadOnlyList<Item> train, IReadOnlyList<Item> held, IReadOnlyList<string> labels)
    {
        var known = train.Select(i => i.Label).ToHashSet();
        if (train.Count > 0 && known.Count < 2)
        {
            throw new InvalidDataException("All training examples have the same label. Import rows of at least two classes.");
        }
        if (held.FirstOrDefault(i => !known.Contains(i.Label)) is { } stranger)
        {
            throw new InvalidDataException(
                $"The label '{labels[(int)stranger.Label]}' is in the validation part and not in the training part. Import more rows of it, or split anew.");
        }
    }
}
