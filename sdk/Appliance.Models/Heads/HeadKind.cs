namespace Appliance.Models.Heads;

/// <summary>What stands on top of a base model.</summary>
public enum HeadKind
{
    /// <summary>Nothing: hidden states, and the family's pooler where it has one.</summary>
    Base,

    /// <summary>Nothing, and no pooler either, because the file has none.</summary>
    BaseWithoutPooler,
    MaskedLanguage,
    CausalLanguage,
    SequenceToSequence,
    SequenceClassification,
    TokenClassification,
    QuestionAnswering,

    /// <summary>ELECTRA's: was each token replaced?</summary>
    ReplacedTokens,
    ImageClassification,

    /// <summary>DeiT's: the mean of its own head and the one that learnt from a teacher.</summary>
    ImageClassificationWithTeacher,

    /// <summary>The encoder of an encoder-decoder model alone.</summary>
    EncoderOnly,
}

/// <summary>Reads the head off the class that wrote a checkpoint.</summary>
public static class HeadKinds
{
    // The longest ending that fits wins; "Model" alone is the base.
    private static readonly (string Ending, HeadKind Kind)[] Endings =
    [
        ("ForMaskedLM", HeadKind.MaskedLanguage),
        ("LMHeadModel", HeadKind.CausalLanguage),
        ("ForCausalLM", HeadKind.CausalLanguage),
        ("ForConditionalGeneration", HeadKind.SequenceToSequence),
        ("ForSequenceClassification", HeadKind.SequenceClassification),
        ("ForTokenClassification", HeadKind.TokenClassification),
        ("ForQuestionAnswering", HeadKind.QuestionAnswering),
        ("ElectraForPreTraining", HeadKind.ReplacedTokens),
        ("ForImageClassification", HeadKind.ImageClassification),
        ("ForPreTraining", HeadKind.Base),
        ("ForImageClassificationWithTeacher", HeadKind.ImageClassificationWithTeacher),
        ("EncoderModel", HeadKind.EncoderOnly),
        ("Model", HeadKind.Base),
    ];

    /// <summary>The head of a class such as <c>BertForSequenceClassification</c>; null for one that we do not have.</summary>
    public static HeadKind? Of(string architecture)
    {
        foreach (var (ending, kind) in Endings)
        {
            if (architecture.EndsWith(ending, StringComparison.Ordinal))
            {
                return kind;
            }
        }
        return null;
    }
}
