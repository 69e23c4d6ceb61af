namespace Appliance.Domain.Privacy;

/// <summary>Finds one kind of personal data. One file in Recognizers/, one line in <see cref="Detector.Standard"/>.</summary>
public interface IRecognizer
{
    /// <summary>The kind that it finds, a name of <see cref="EntityTypes"/>.</summary>
    string EntityType { get; }

    /// <summary>Everything of its kind, with offsets in the view. Time must grow linearly with the text.</summary>
    IEnumerable<PiiFinding> Find(TextView view);
}
