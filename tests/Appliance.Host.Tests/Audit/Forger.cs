using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Appliance.Tests.Audit;

/// <summary>Somebody with root on the machine and the format in hand: changes rows, and makes hashes and links fit again.</summary>
internal sealed class Forger(string folder)
{
    internal string Segment(long seq) => Directory.GetFiles(folder, "audit*.db").Where(f => !f.EndsWith("index.db", StringComparison.Ordinal))
        .MaxBy(f => Scalar(f, $"SELECT CASE WHEN first_seq <= {seq} THEN first_seq ELSE -1 END FROM segment"))!;

    internal string[] Segments => [.. Directory.GetFiles(folder, "audit*.db").OrderBy(f => Scalar(f, "SELECT first_seq FROM segment"))];

    internal string Last => Path.Combine(folder, "audit.db");

    internal long Size => Scalar(Last, "SELECT max(seq) FROM rec");

    internal void Sql(string file, string sql, params (string, object)[] parameters)
    {
        using var connection = Connect(file);
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TRIGGER IF EXISTS rec_no_update; DROP TRIGGER IF EXISTS rec_no_delete; " + sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        command.ExecuteNonQuery();
    }

    internal long Scalar(string file, string sql)
    {
        using var connection = Connect(file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    internal byte[] Blob(string file, string sql)
    {
        using var connection = Connect(file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (byte[])command.ExecuteScalar()!;
    }

    /// <summary>Changes one letter of a body so that it stays a record: the actor becomes another.</summary>
    internal byte[] Edited(long seq) => Encoding.UTF8.GetBytes(
        Encoding.UTF8.GetString(Blob(Segment(seq), $"SELECT body FROM rec WHERE seq = {seq}")).Replace("\"v\":2", "\"v\":1").Replace("mono_ms\":", "mono_ms\":1"));

    internal static byte[] Leaf(byte[] body) => SHA256.HashData([0, .. body]);

    internal static byte[] Link(byte[] chain, byte[] leaf) => SHA256.HashData([2, .. chain, .. leaf]);

    internal byte[] ChainBefore(long seq) => seq == 1 ? new byte[32] : Blob(Segment(seq - 1), $"SELECT chain FROM rec WHERE seq = {seq - 1}");

    /// <summary>Rewrites a record and every link, header and stored node after it: the log fits itself again.</summary>
    internal void RewriteFrom(long seq, byte[] body)
    {
        Sql(Segment(seq), "UPDATE rec SET body = $body, leaf = $leaf WHERE seq = $seq", ("$body", body), ("$leaf", Leaf(body)), ("$seq", seq));
        var chain = ChainBefore(seq);
        var peaks = new List<(int Level, byte[] Hash)>();
        foreach (var file in Segments)
        {
            using var connection = Connect(file);
            using var transaction = connection.BeginTransaction();
            var header = connection.CreateCommand();
            header.CommandText = "DROP TRIGGER IF EXISTS rec_no_update; UPDATE segment SET chain = CASE WHEN first_seq > $seq THEN $chain ELSE chain END, peaks = $peaks; DELETE FROM node";
            header.Parameters.AddWithValue("$seq", seq);
            header.Parameters.AddWithValue("$chain", chain);
            header.Parameters.AddWithValue("$peaks", peaks.SelectMany(p => p.Hash).ToArray());
            header.ExecuteNonQuery();
            foreach (var (number, leaf) in Leaves(connection))
            {
                if (number >= seq)
                {
                    chain = Link(chain, leaf);
                    var update = connection.CreateCommand();
                    update.CommandText = "UPDATE rec SET chain = $chain WHERE seq = $seq";
                    update.Parameters.AddWithValue("$chain", chain);
                    update.Parameters.AddWithValue("$seq", number);
                    update.ExecuteNonQuery();
                }
                Grow(peaks, leaf);
            }
            transaction.Commit();
        }
    }

    /// <summary>Signs every checkpoint anew with a key that was stolen, and drops what others signed.</summary>
    internal static void SignAgain(Forger f, string keyFile)
    {
        var seal = HKDF.DeriveKey(HashAlgorithmName.SHA256, SampleLog.Key, 32, info: "epoch key v1"u8.ToArray());
        var note = new Appliance.Storage.Audit.SignedNote(SampleLog.Origin, Appliance.Storage.Vault.SealedFile.Read(File.ReadAllBytes(keyFile), seal)[8..]);
        var tree = new Appliance.Verifier.Tree();
        foreach (var file in f.Segments)
        {
            f.Sql(file, "DELETE FROM checkpoint; DELETE FROM witness");
            using (var connection = Connect(file))
            {
                Leaves(connection).ForEach(l => tree.Add(l.Item2));
            }
            f.Sql(file, "INSERT INTO checkpoint VALUES ($size, $note)", ("$size", tree.Size), ("$note", note.Write(tree.Size, tree.Root())));
            File.Delete(Path.ChangeExtension(file, ".note"));
        }
    }

    private static List<(long, byte[])> Leaves(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT seq, leaf FROM rec ORDER BY seq";
        using var reader = command.ExecuteReader();
        var rows = new List<(long, byte[])>();
        while (reader.Read())
        {
            rows.Add((reader.GetInt64(0), (byte[])reader[1]));
        }
        return rows;
    }

    private static void Grow(List<(int Level, byte[] Hash)> peaks, byte[] leaf)
    {
        peaks.Add((0, leaf));
        while (peaks.Count > 1 && peaks[^1].Level == peaks[^2].Level)
        {
            var node = SHA256.HashData([1, .. peaks[^2].Hash, .. peaks[^1].Hash]);
            peaks[^2] = (peaks[^1].Level + 1, node);
            peaks.RemoveAt(peaks.Count - 1);
        }
    }

    private static SqliteConnection Connect(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection;
    }
}
