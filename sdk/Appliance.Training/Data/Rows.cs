namespace Appliance.Training.Data;

/// <summary>What a data folder holds.</summary>
public enum DataKind
{
    /// <summary>A text and a class a row.</summary>
    Texts,

    /// <summary>A word and a tag a line.</summary>
    Tags,

    /// <summary>Contexts with questions and answers.</summary>
    Questions,

    /// <summary>Pixels and classes.</summary>
    Images,
}

/// <summary>A sentence as words, with a BIO tag each.</summary>
public sealed record TaggedSentence(IReadOnlyList<string> Words, IReadOnlyList<string> Tags);

/// <summary>A question about a context.</summary>
/// <param name="Answers">Texts with their first character in the context; none where there is no answer.</param>
public sealed record Question(string Id, string Text, string Context, IReadOnlyList<(string Text, int Start)> Answers);

/// <summary>An image, plane by plane, values from 0 to 1.</summary>
public sealed record LabelledImage(float[] Pixels, int Channels, int Height, int Width, string Label);
