using System.Runtime.Intrinsics;
using Appliance.Domain.Privacy.Recognizers;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Arrays that looking for names needs, one place for each token; kept from text to text.</summary>
internal sealed class NameRoom
{
    private const int PeopleMax = 1024;

    internal Seen[] Seen = [];
    internal int[] Candidates = [];
    internal bool[] Taken = [];
    internal byte[] Tags = [];
    internal KnownWords[] Known = [];
    internal HashSet<uint> People = [];
    internal Vector128<short>[] Scores = [];

    internal void ForgetPeople() => People = People.Count > PeopleMax ? [] : People;

    internal void Reserve(int count)
    {
        if (Seen.Length < count)
        {
            count += count / 4;
            (Seen, Candidates, Taken, Tags, Known, Scores) = (new Seen[count], new int[count], new bool[count], new byte[count], new KnownWords[count], new Vector128<short>[count]);
        }
    }
}
