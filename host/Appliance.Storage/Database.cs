using Microsoft.Data.Sqlite;

namespace Appliance.Storage;

/// <summary>Opens SQLite files the one safe way, and brings their schema up to date.</summary>
/// <remarks>
/// One connection writes and checkpoints each file; readers open read-only. FULL, because an acknowledged row must
/// survive a power cut; secure_delete, because a deleted row must not stay in the file.
/// </remarks>
internal static class Database
{
    private const string WriterPragmas =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=ON; " +
        "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA foreign_keys=ON;";

    /// <param name="schema">First part of the names of its migrations, such as <c>state</c>.</param>
    internal static SqliteConnection OpenWriter(string path, string schema)
    {
        var connection = Open(path, SqliteOpenMode.ReadWriteCreate);
        connection.Execute(WriterPragmas);
        Migrate(connection, schema);
        return connection;
    }

    internal static SqliteConnection OpenReader(string path) => Open(path, SqliteOpenMode.ReadOnly);

    /// <summary>Moves the write-ahead log into the file, so that it does not grow without end.</summary>
    internal static void Checkpoint(SqliteConnection writer) => writer.Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    internal static void Execute(this SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        using var command = connection.Prepare(sql, parameters);
        command.ExecuteNonQuery();
    }

    internal static List<T> Query<T>(
        this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params (string Name, object? Value)[] parameters)
    {
        using var command = connection.Prepare(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    /// <exception cref="InvalidDataException">The row holds something else there: the file is damaged.</exception>
    internal static byte[] Blob(this SqliteDataReader row, int column) =>
        row[column] as byte[] ?? throw new InvalidDataException("A row of a database is damaged. Keep the files; for the audit log call the auditor, and run: appliance-verify");

    internal static SqliteCommand Prepare(
        this SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        return command;
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = 5,
        }.ToString());
        connection.Open();
        return connection;
    }

    private static void Migrate(SqliteConnection connection, string schema)
    {
        var assembly = typeof(Database).Assembly;
        var done = connection.Query("PRAGMA user_version", r => r.GetInt32(0))[0];
        var all = assembly.GetManifestResourceNames()
            .Where(n => n.Contains($".{schema}-", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        if (done > all.Length)
        {
            throw new InvalidDataException(
                $"The {schema} database was written by a newer appliance (schema {done}). Install that version again.");
        }
        for (var k = done; k < all.Length; k++)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(all[k])!);
            connection.Execute($"BEGIN; {reader.ReadToEnd()} PRAGMA user_version={k + 1}; COMMIT;");
        }
    }
}
