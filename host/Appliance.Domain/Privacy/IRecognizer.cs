using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy;

/// <summary>Who waits for words; a bit each, so that a token is shown to those whom it concerns.</summary>
[Flags]
internal enum Waiting : byte
{
    Nobody = 0,
    Secrets = 1,
    Emails = 2,
    Dates = 4,
    Origins = 8,
    Addresses = 16,
    Numbers = 32,
}

/// <summary>Finds one family of personal data. One file in Recognizers/, one line in <see cref="Detector.Standard"/>.</summary>
internal interface IRecognizer
{
    /// <summary>What it is called when it breaks.</summary>
    string Name { get; }

    /// <summary>The bit of those who wait for words.</summary>
    Waiting Waits => Waiting.Nobody;

    /// <summary>Words that it waits for: their tokens are in <see cref="Scan.Awaited"/>, with others; <see cref="Scan.IsFor"/> tells them apart.</summary>
    IEnumerable<uint> Awaits => [];

    /// <summary>Adds everything of its kinds to the scan, with places in its view. Time must grow linearly with the text.</summary>
    void Find(Scan scan);
}
