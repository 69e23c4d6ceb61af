namespace Appliance.Domain.Privacy.Site;

/// <summary>What a site wants found, and what takes its place.</summary>
/// <param name="Operators">By kind; a kind that is not named is replaced.</param>
/// <param name="Detection">The site's own kinds, exceptions and limits.</param>
public sealed record RedactionPolicy(IReadOnlyDictionary<string, RedactionOperator> Operators, DetectionRules Detection)
{
    /// <summary>The places that may have operators of their own: rows that come in, what a model is asked, what it says, the endpoint <c>/anonymize</c>.</summary>
    public static IReadOnlyList<string> Scopes { get; } = ["import", "infer.input", "infer.output", "anonymize"];

    /// <summary>Operators that differ in one place, by its name among <see cref="Scopes"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, RedactionOperator>> In { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, RedactionOperator>>();

    /// <summary>Operators alone.</summary>
    public static implicit operator RedactionPolicy(Dictionary<string, RedactionOperator> operators) => new(operators, DetectionRules.None);

    /// <summary>What takes the place of a kind.</summary>
    public RedactionOperator Of(string type) => Operators.GetValueOrDefault(type, RedactionOperator.Replace);

    /// <summary>The policy as it holds in one place.</summary>
    /// <param name="scope">One of <see cref="Scopes"/>.</param>
    public RedactionPolicy For(string scope) => In.TryGetValue(scope, out var own)
        ? this with { Operators = Operators.Where(o => !own.ContainsKey(o.Key)).Concat(own).ToDictionary(o => o.Key, o => o.Value) }
        : this;

    /// <summary>The same with other operators.</summary>
    public RedactionPolicy With(Dictionary<string, RedactionOperator> operators) => this with { Operators = operators };
}
