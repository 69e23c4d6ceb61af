using Appliance.Tui.Core;
using Appliance.Tui.Screens;

namespace Appliance.Tests;

public sealed class ScreenTests
{
    [Theory]
    [InlineData(ScreenName.Overview, 80, 24)]
    [InlineData(ScreenName.Overview, 60, 16)]
    [InlineData(ScreenName.Overview, 120, 30)]
    [InlineData(ScreenName.Jobs, 80, 24)]
    [InlineData(ScreenName.Jobs, 60, 16)]
    [InlineData(ScreenName.Jobs, 120, 30)]
    [InlineData(ScreenName.Audit, 80, 24)]
    [InlineData(ScreenName.Plugins, 80, 24)]
    [InlineData(ScreenName.Plugins, 60, 16)]
    [InlineData(ScreenName.Plugins, 120, 30)]
    [InlineData(ScreenName.Audit, 120, 30)]
    public void A_screen_looks_as_it_was_reviewed(ScreenName screen, int width, int height)
    {
        var grid = new OperatorConsole(braille: false).View(Given.Model(screen), width, height);

        (grid.ToText() + "\n--roles--\n" + grid.ToRoles()).ShouldLookLike($"{screen}.{width}x{height}");
    }

    [Fact]
    public void Charts_use_braille_where_the_terminal_has_it() => new OperatorConsole(braille: true)
        .View(Given.Model(ScreenName.Jobs), 80, 24).ToText().ShouldLookLike("Jobs.braille.80x24");

    [Theory]
    [InlineData(ScreenName.Overview)]
    [InlineData(ScreenName.Jobs)]
    [InlineData(ScreenName.Audit)]
    [InlineData(ScreenName.Plugins)]
    public void The_same_facts_read_well_as_sentences(ScreenName screen) =>
        string.Join('\n', Linear.Sentences(Given.Model(screen))).ShouldLookLike($"{screen}.linear");

    [Fact]
    public void Every_state_word_on_the_screen_is_in_the_sentences_too()
    {
        var sentences = string.Join(' ', Linear.Sentences(Given.Model(ScreenName.Jobs)));

        foreach (var word in new[] { "DONE", "FAILED", "RUNNING" })
        {
            new OperatorConsole(false).View(Given.Model(ScreenName.Jobs), 80, 24).ToText().Should().Contain(word);
            sentences.Should().Contain(word);
        }
    }

    [Fact]
    public void Keys_move_the_selection_filter_rows_and_leave()
    {
        var model = Given.Model(ScreenName.Overview).Press("2 j j j");
        model.Screen.Should().Be(ScreenName.Jobs);
        model.Selected.Should().Be(2, "there are three jobs");

        model = model.Press("/ f a i l enter");
        model.Jobs.Should().ContainSingle().Which.State.Should().Be("FAILED");
        model.Press("esc").Jobs.Should().HaveCount(3);
        model.Press("/ q").Over.Should().BeFalse("a letter typed into the filter is text");
        model.Press("q").Over.Should().BeTrue();
    }

    [Fact]
    public void A_host_that_is_down_leaves_the_last_values_and_says_since_when()
    {
        var console = new OperatorConsole(false);
        var model = console.OnNews(Given.Model(ScreenName.Overview), new News(null, "The service does not answer.", Given.Noon.AddMinutes(1)));

        var text = console.View(model, 80, 24).ToText();

        text.Should().Contain("HOST DOWN since 12:04:31Z").And.Contain("8,412 records").And.Contain("does not answer");
    }

    [Fact]
    public void A_terminal_that_is_too_small_gets_the_command_instead() => new OperatorConsole(false)
        .View(Given.Model(ScreenName.Jobs), 50, 10).ToText().Should().Contain("needs 60x16").And.Contain("appliance job list");

    [Fact]
    public void Text_from_outside_cannot_act_on_the_terminal()
    {
        const string Hostile = "a\e]52;c;ZXZpbA==\a\e[2J\u009b31m\u202Egnol\u2028\uD800 end";
        var grid = new OperatorConsole(false).View(Given.Model(ScreenName.Jobs, Given.Facts(Hostile)).Press("j"), 120, 30);

        var bytes = Painter.Diff(null, grid, Theme.Colour);

        System.Text.RegularExpressions.Regex.Replace(bytes, "\e\\[[0-9;?]*[A-Za-z]", "").Should().NotContain("\e").And.NotContain("\u009b").And.NotContain("\u202E");
        bytes.Should().NotContain("]52;c;ZXZpbA==\a");
        SafeText.Line(Hostile).Any(char.IsControl).Should().BeFalse();
    }

    [Fact]
    public void Monochrome_never_uses_a_colour() => System.Text.RegularExpressions.Regex
        .Matches(Painter.Diff(null, new OperatorConsole(false).View(Given.Model(ScreenName.Jobs), 80, 24), Theme.Mono), "\e\\[([0-9;]*)m")
        .SelectMany(m => m.Groups[1].Value.Split(';')).Should().OnlyContain(code => new[] { "", "0", "1", "2", "4", "7" }.Contains(code));

    [Theory]
    [InlineData("j", "j")]
    [InlineData("\e[A", "up")]
    [InlineData("\eOB", "down")]
    [InlineData("\e", "esc")]
    [InlineData("\u0003", "^c")]
    [InlineData("\e[200~rm -rf q\e[201~j", "j")]
    [InlineData("\e[<0;1;1Mq", "q")]
    [InlineData("\r", "enter")]
    public void Bytes_become_keys_and_pasted_text_presses_none(string bytes, string key) =>
        Keys.Parse(System.Text.Encoding.UTF8.GetBytes(bytes)).Should().Equal(key);
}
