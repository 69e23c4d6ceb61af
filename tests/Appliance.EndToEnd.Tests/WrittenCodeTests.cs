using System.Text.Json;

namespace Appliance.Tests;

/// <summary>Programs that a model wrote run where they can do no harm, and pass only by getting to their end.</summary>
public sealed class WrittenCodeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Each program would pass if what it tries went well.
    private static readonly string[] Hostile =
    [
        "import socket; s = socket.socket(); s.connect(('127.0.0.1', 22))",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "open('/etc/passwd').read()",
        "open('/usr/lib/x', 'w').write('x')",
        "import os; assert os.fork() >= 0",
        "import subprocess; subprocess.run(['/bin/sh', '-c', 'true'], check=True)",
        "import os; os._exit(0)",
        "import sys; sys.exit(0)",
        "x = 'x' * (4 << 30)",
        "open('/tmp/large', 'wb').write(b'x' * (64 << 20))",
        "import os; assert any(n != '1' and n != str(os.getpid()) and int(n) > 10 for n in os.listdir('/proc') if n.isdigit())",
        "while True: pass",
    ];

    [Fact]
    public void The_public_sets_own_solutions_pass_all_their_tests()
    {
        var ended = Running.Run("appliance", ["bench", "code", "--problems", Repository.File("samples", "code-humaneval", "HumanEval.jsonl.gz"), "--json"]);

        ended.Json["passed"]!.GetValue<int>().Should().Be(164, ended.Errors);
    }

    [Fact]
    public void Wrong_and_hostile_answers_pass_no_test()
    {
        string[] bodies = ["return 1", "return 2", .. Hostile.Select(h => $"{h}\n    return 2")];
        File.WriteAllLines(_folder.File("problems.jsonl"), bodies.Select((_, k) => JsonSerializer.Serialize(new
        {
            task_id = $"t/{k}",
            prompt = "def two():\n    ",
            entry_point = "two",
            canonical_solution = "return 2",
            test = "def check(f):\n    assert f() == 2\n",
        })));
        File.WriteAllLines(_folder.File("answers.jsonl"), bodies.Select((b, k) => JsonSerializer.Serialize(new { task_id = $"t/{k}", completion = b })));

        var ended = Running.Run("appliance", ["bench", "code", "--problems", _folder.File("problems.jsonl"), "--answers", _folder.File("answers.jsonl"), "--json"]);

        ended.Json["passed"]!.GetValue<int>().Should().Be(1, "only the second answer is right and harmless");
        ended.Json["timed_out"]!.GetValue<int>().Should().BeInRange(0, 1);
        ended.Json["problems"]!.GetValue<int>().Should().Be(bodies.Length);
    }

    [Fact]
    public void Bad_files_are_told() =>
        Running.Run("appliance", ["bench", "code", "--problems", Repository.File("README.md")]).Errors.Should().Contain("no JSON");
}
