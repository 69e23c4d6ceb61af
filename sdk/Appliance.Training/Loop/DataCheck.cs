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
        RequireKnown(known, held.Select(i => i.Label), labels);
    }

    /// <summary>For tasks with several labels an example: none may be in the held-out part alone.</summary>
    /// <param name="of">The labels of an example, by number.</param>
    /// <exception cref="InvalidDataException">One is.</exception>
    internal static void RequireKnown(IReadOnlyList<Item> train, IReadOnlyList<Item> held, IReadOnlyList<string> labels, Func<Item, IEnumerable<long>> of) =>
        RequireKnown(train.SelectMany(of).ToHashSet(), held.SelectMany(of), labels);

    private static void RequireKnown(HashSet<long> known, IEnumerable<long> held, IReadOnlyList<string> labels)
    {
        foreach (var stranger in held.Where(l => !known.Contains(l)))
        {
            throw new InvalidDataException(
                $"The label '{labels[(int)stranger]}' is in the validation part and not in the training part. Import more rows of it, or split anew.");
        }
    }
}
