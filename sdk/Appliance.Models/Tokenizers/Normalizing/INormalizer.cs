namespace Appliance.Models.Tokenizers.Normalizing;

/// <summary>One change of a text before it is split.</summary>
internal interface INormalizer
{
    void Apply(TextBuffer text);
}

/// <summary>Several changes in order.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public void Apply(TextBuffer text)
    {
        for (var k = 0; k < steps.Count; k++)
        {
            steps[k].Apply(text);
        }
    }
}
