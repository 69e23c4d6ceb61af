namespace Appliance.Domain.Privacy.Structured;

/// <summary>How well the rows of a table hide in one another.</summary>
/// <param name="K">Rows in the smallest class of rows that agree in all quasi-identifiers: 1 means that somebody stands alone.</param>
/// <param name="Classes">How many such classes there are.</param>
/// <param name="Alone">Rows that stand alone.</param>
/// <param name="L">Fewest different sensitive values in a class: 1 means that a class gives its value away. 0 without a sensitive column.</param>
/// <remarks>Sources: L. Sweeney, k-anonymity (2002); A. Machanavajjhala and others, l-diversity (2007), the distinct kind.</remarks>
public sealed record Anonymity(int Rows, int K, int Classes, int Alone, int L)
{
    /// <param name="csv">With a header.</param>
    /// <param name="quasi">Columns that others may know: age, postal code, sex.</param>
    /// <param name="sensitive">The column that nobody may learn; null for none.</param>
    /// <exception cref="FormatException">A column is not there, or the table has no rows.</exception>
    public static Anonymity Of(Sensitive<string> csv, IReadOnlyList<string> quasi, string? sensitive)
    {
        var rows = Csv.Read(csv.Reveal());
        if (rows.Count < 2)
        {
            throw new FormatException("The table has no rows.");
        }
        int Column(string name) => Array.IndexOf(rows[0], name) is var at and >= 0 ? at : throw new FormatException($"The table has no column '{name}'; it has {string.Join(", ", rows[0])}.");
        int[] columns = [.. quasi.Select(Column)];
        var secret = sensitive is null ? -1 : Column(sensitive);
        var classes = rows.Skip(1).GroupBy(r => string.Join('\u001F', columns.Select(c => r[c].Trim()))).ToArray();
        return new Anonymity(
            rows.Count - 1, classes.Min(c => c.Count()), classes.Length, classes.Where(c => c.Count() == 1).Sum(c => c.Count()),
            secret < 0 ? 0 : classes.Min(c => c.Select(r => r[secret].Trim()).Distinct().Count()));
    }
}
