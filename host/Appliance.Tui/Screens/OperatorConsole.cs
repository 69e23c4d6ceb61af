using Appliance.Tui.Core;

namespace Appliance.Tui.Screens;

/// <summary>The operator's screens as one program for the loop.</summary>
/// <param name="braille">Whether the terminal shows braille; else charts are ASCII.</param>
public sealed class OperatorConsole(bool braille) : IProgram<Model, News>
{
    public const int WidthMin = 60;
    public const int HeightMin = 16;

    public Model OnKey(Model model, string key) => Bindings.Press(model, key);

    public Model OnNews(Model model, News news) => news.Facts is null
        ? model with { Problem = news.Problem } // the last values stay, and the first row says from when they are
        : model with { Facts = news.Facts, Problem = null, At = news.At };

    public bool IsOver(Model model) => model.Over;

    public Grid View(Model model, int width, int height)
    {
        var grid = new Grid(Math.Max(1, width), Math.Max(1, height));
        if (width < WidthMin || height < HeightMin)
        {
            grid.Put(0, 0, $"Terminal is {width}x{height}; needs {WidthMin}x{HeightMin}.");
            grid.Put(0, 1, "Or: appliance job list");
            return grid;
        }
        Frame.Draw(grid, model);
        if (model.Help)
        {
            Frame.DrawHelp(grid);
        }
        else if (model.Facts is null)
        {
            grid.Put(1, 3, model.Problem is null ? "Asking the host ..." : "Nothing to show: the host does not answer.", Role.Dim);
        }
        else
        {
            Draw(grid, model, model.Facts);
        }
        return grid;
    }

    private void Draw(Grid grid, Model model, Facts facts)
    {
        switch (model.Screen)
        {
            case ScreenName.Jobs:
                JobsScreen.Draw(grid, model, braille);
                break;
            case ScreenName.Plugins:
                PluginsScreen.Draw(grid, model);
                break;
            case ScreenName.Audit:
                AuditScreen.Draw(grid, model);
                break;
            default:
                OverviewScreen.Draw(grid, facts);
                break;
        }
    }
}
