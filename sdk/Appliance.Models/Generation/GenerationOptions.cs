namespace Appliance.Models.Generation;

/// <summary>How text is written. The names are the field's own; a value that does nothing is the default.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens to write at the most, 1 or more; default 128.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Draw at random; default false: the most likely token each time.</summary>
    public bool Sample { get; init; }

    /// <summary>Scores are divided by it, above 0; default 1. Below 1 the likely becomes likelier.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only so many of the likeliest tokens; default 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together have this share, above 0 to 1; default 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this share as likely as the likeliest, 0 to below 1; default 0 for all.</summary>
    public double MinP { get; init; }

    /// <summary>Only the tokens nearest to the expected surprise that together have this share; default 1 for all.</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Only tokens at least this likely, 0 to below 1; default 0 for all.</summary>
    public double EpsilonCutoff { get; init; }

    /// <summary>Scores of tokens seen before are pushed down by this factor, 1 or more; default 1.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>No run of so many tokens twice; default 0 for no limit.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>No end before the text, prompt included, has so many tokens; default 0.</summary>
    public int MinLength { get; init; }

    /// <summary>Runs of tokens that are never completed.</summary>
    public IReadOnlyList<int[]> BadWords { get; init; } = [];

    /// <summary>Any of these ends the text; default none.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Stands behind a text that has ended while others of the batch go on; default 0.</summary>
    public int PaddingId { get; init; }

    /// <summary>Beams; default 1 for none. Beams do not stream and do not sample.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>A beam's sum of log-probabilities is divided by its length to this power; default 1.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>Seed of the draws; the same seed gives the same text. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Report how likely each token was. Default false: exact numbers help whoever wants to extract training data.</summary>
    public bool LogProbabilities { get; init; }

    /// <summary>Words that end the text are not part of it; default none.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <exception cref="ArgumentException">A value is out of its range; the message names all that are.</exception>
    public void Check()
    {
        var problems = new List<string>();
        void Need(bool right, string problem)
        {
            if (!right)
            {
                problems.Add(problem);
            }
        }
        Need(MaxNewTokens >= 1, "max_tokens must be 1 or more");
        Need(Temperature > 0 && double.IsFinite(Temperature), "temperature must be above 0 (for the likeliest token each time, do not sample)");
        Need(TopK >= 0, "top_k must be 0 or more");
        Need(TopP is > 0 and <= 1, "top_p must be above 0 and at most 1");
        Need(MinP is >= 0 and < 1, "min_p must be from 0 to below 1");
        Need(TypicalP is > 0 and <= 1, "typical_p must be above 0 and at most 1");
        Need(EpsilonCutoff is >= 0 and < 1, "epsilon_cutoff must be from 0 to below 1");
        Need(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), "repetition_penalty must be above 0");
        Need(Beams >= 1 && !(Beams > 1 && Sample), "num_beams must be 1 or more, and 1 when sampling");
        Need(!StopStrings.Any(string.IsNullOrEmpty), "a stop string must not be empty");
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", problems) + ".");
        }
    }
}
