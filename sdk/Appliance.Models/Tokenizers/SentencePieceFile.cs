using Google.Protobuf;

namespace Appliance.Models.Tokenizers;

/// <summary>What a piece of a SentencePiece vocabulary is; the numbers are the format's.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A SentencePiece <c>.model</c>: pieces with scores, and how texts are prepared.</summary>
internal sealed class SentencePieceFile
{
    private const int FileBytesMax = 64 << 20;
    private const int PiecesMax = 1 << 22;

    internal List<(string Piece, float Score, PieceKind Kind)> Pieces { get; } = [];

    internal bool IsBpe { get; private set; }

    internal bool ByteFallback { get; private set; }

    internal byte[] CharsMap { get; private set; } = [];

    internal bool AddsPrefix { get; private set; } = true;

    internal bool RemovesExtraBlanks { get; private set; } = true;

    /// <exception cref="InvalidDataException">Too large or no such file.</exception>
    internal static SentencePieceFile Read(string path)
    {
        if (new FileInfo(path).Length > FileBytesMax)
        {
            throw new InvalidDataException($"{path} is larger than {FileBytesMax} bytes.");
        }
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <inheritdoc cref="Read" path="/exception"/>
    internal static SentencePieceFile Parse(byte[] bytes, string path)
    {
        try
        {
            var file = new SentencePieceFile();
            Fields(bytes, (tag, input) => tag switch
            {
                1 => file.AddPiece(input.ReadBytes()),
                2 => file.ReadTrainer(input.ReadBytes()),
                3 => file.ReadNormalizer(input.ReadBytes()),
                _ => false,
            });
            return file.Pieces.Count > 0 ? file : throw new InvalidDataException($"{path} holds no pieces.");
        }
        catch (InvalidProtocolBufferException)
        {
            throw new InvalidDataException($"{path} is not a SentencePiece model.");
        }
    }

    private bool AddPiece(ByteString bytes)
    {
        var (piece, score, kind) = ("", 0f, PieceKind.Normal);
        Fields(bytes.ToByteArray(), (tag, input) => tag switch
        {
            1 => (piece = input.ReadString()) is not null,
            2 => !float.IsNaN(score = input.ReadFloat()),
            3 => (kind = (PieceKind)input.ReadEnum()) != 0,
            _ => false,
        });
        Pieces.Add((piece, score, kind));
        return Pieces.Count <= PiecesMax ? true : throw InvalidProtocol();
    }

    private bool ReadTrainer(ByteString bytes)
    {
        Fields(bytes.ToByteArray(), (tag, input) =>
        {
            switch (tag)
            {
                case 3:
                    var kind = input.ReadEnum();
                    IsBpe = kind == 2 ? true : kind == 1 ? false : throw InvalidProtocol();
                    return true;
                case 35:
                    ByteFallback = input.ReadBool();
                    return true;
                default:
                    return false;
            }
        });
        return true;
    }

    private bool ReadNormalizer(ByteString bytes)
    {
        Fields(bytes.ToByteArray(), (tag, input) =>
        {
            switch (tag)
            {
                case 2:
                    CharsMap = input.ReadBytes().ToByteArray();
                    return true;
                case 3:
                    AddsPrefix = input.ReadBool();
                    return true;
                case 4:
                    RemovesExtraBlanks = input.ReadBool();
                    return true;
                default:
                    return false;
            }
        });
        return true;
    }

    // Reads one message; fields that nobody takes are skipped.
    private static void Fields(byte[] bytes, Func<int, CodedInputStream, bool> take)
    {
        var input = new CodedInputStream(bytes);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (!take(WireFormat.GetTagFieldNumber(tag), input))
            {
                input.SkipLastField();
            }
        }
    }

    private static InvalidDataException InvalidProtocol() => new("The SentencePiece model is of a kind that is not supported.");
}
