using System.Diagnostics;

namespace Appliance.Tests;

/// <summary>The real screens in a real terminal: tmux, on a socket of the test's own.</summary>
public sealed class TerminalTests : IDisposable
{
    private readonly string _name = "appliance-" + Environment.ProcessId;
    private readonly Running _host = new();

    private string Tmux(params string[] arguments) => Running.Run("/usr/bin/tmux", ["-L", _name, .. arguments]).Output;

    private void Open(string more = "", int width = 80, int height = 24)
    {
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", $"{width}", "-y", $"{height}", "sh");
        Tmux("send-keys", $"LANG=C.UTF-8 {Path.Combine(Repository.Programs, "appliance")} tui --root {_host.Root} {more}", "Enter");
    }

    private string Screen() => Tmux("capture-pane", "-p");

    private void WaitFor(string text) => Running.WaitFor(() => Screen().Contains(text), $"'{text}' on the screen; it shows:\n{Screen()}");

    [Fact]
    public void The_screens_show_follow_keys_and_sizes_and_the_terminal_comes_back_however_they_end()
    {
        _host.Start();
        Open();
        WaitFor("HEALTH     OK");
        Tmux("display-message", "-p", "#{alternate_on}").Trim().Should().Be("1");

        Tmux("send-keys", "2");
        WaitFor("No jobs yet. Next: appliance train");
        Tmux("send-keys", "7");
        WaitFor("sys.start");
        Tmux("resize-window", "-x", "120", "-y", "30");
        WaitFor("OBJECT");
        Tmux("resize-window", "-x", "50", "-y", "10");
        WaitFor("needs 60x16");
        Tmux("resize-window", "-x", "80", "-y", "24");
        WaitFor("appliance > Audit");

        Tmux("send-keys", "q");
        Restored();
        Open();
        WaitFor("HEALTH     OK");
        Running.Run("/usr/bin/pkill", ["-TERM", "-f", $"appliance tui --root {_host.Root}"]);
        Restored();
    }

    [Fact]
    public void A_host_that_goes_away_is_said_and_comes_back_by_itself()
    {
        _host.Start();
        Open("--mono");
        WaitFor("HEALTH     OK");

        _host.Kill();
        WaitFor("HOST DOWN since");
        _host.Start();
        WaitFor("[VIEW]");
    }

    [Fact]
    public void Without_a_terminal_or_when_asked_it_speaks_in_sentences_without_one_escape()
    {
        _host.Start();

        var piped = _host.Command("tui", "--screen", "audit");

        piped.Code.Should().Be(0);
        piped.Output.Should().Contain("sys.start").And.NotContain("\e");
        _host.Command("tui", "--linear").Output.Should().StartWith("HEALTH: OK");
        Running.Run("appliance", ["tui", "--root", "/nonexistent"]).Code.Should().Be(6);
    }

    public void Dispose()
    {
        Tmux("kill-server");
        _host.Dispose();
    }

    private void Restored()
    {
        Running.WaitFor(() => Tmux("display-message", "-p", "#{alternate_on}").Trim() == "0", "the normal screen");
        Tmux("display-message", "-p", "#{cursor_flag}").Trim().Should().Be("1");
        Tmux("send-keys", "echo back-$((20+3))", "Enter");
        WaitFor("back-23");
        Tmux("kill-session");
    }
}
