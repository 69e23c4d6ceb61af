using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy;

/// <summary>Finds one family of personal data. One file in Recognizers/, one line in <see cref="Detector.Standard"/>.</summary>
internal interface IRecognizer
{
    /// <summary>What it is called when it breaks.</summary>
    string Name { get; }

    /// <summary>Words that it waits for: their tokens are in <see cref="Scan.Awaited"/>, with some others.</summary>
    IEnumerable<uint> Awaits => [];

    /// <summary>Adds everything of its kinds to the scan, with places in its view. Time must grow linearly with the text.</summary>
    void Find(Scan scan);
}
