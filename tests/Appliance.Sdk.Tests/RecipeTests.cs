using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;

namespace Appliance.Tests;

public sealed class RecipeTests
{
    [Fact]
    public void A_recipe_with_three_mistakes_reports_all_three_with_lines_and_cures()
    {
        var (recipe, errors) = RecipeReader.Read("base_model: x\ntask: sentiment\nmethod: fulll\nlearning_rate: fast\nnum_epochs: 3\n");

        recipe.Should().BeNull();
        errors.Should().HaveCount(3);
        errors[0].Should().Contain("line 3").And.Contain("full, head, freeze, lora").And.Contain("did you mean 'full'");
        errors[1].Should().Contain("line 4").And.Contain("learning_rate");
        errors[2].Should().Contain("num_epochs").And.Contain("did you mean 'num_train_epochs'");
    }

    [Fact]
    public void Every_recipe_that_ships_can_be_read()
    {
        foreach (var file in Directory.GetFiles(Repository.File("plugins"), "*.yaml", SearchOption.AllDirectories)
            .Where(f => f.Contains("/recipes/", StringComparison.Ordinal)))
        {
            RecipeReader.Read(File.ReadAllText(file)).Errors.Should().BeEmpty(file);
        }
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x", "anchors")]
    [InlineData("a: !!python/object:os.system 1", "tags")]
    [InlineData("a: 1\na: 2", "twice")]
    [InlineData("- a\n- b", "at the top")]
    [InlineData("a: [1, 2", "not valid YAML")]
    [InlineData("", "empty")]
    public void Dangerous_or_ambiguous_yaml_is_refused(string yaml, string reason) =>
        RecipeReader.Read(yaml).Errors.Should().ContainSingle().Which.Should().Contain(reason);

    [Fact]
    public void A_manifest_cannot_lead_out_of_its_folder()
    {
        var (manifest, errors) = PluginManifest.Read(
            "id: x\nversion: 1\nsdk: 0\nassembly: ../../evil.dll\ntype: T\ntasks: [{name: t, input: [text]}]");

        manifest.Should().BeNull();
        errors.Should().ContainSingle().Which.Should().Contain("own folder");
    }

    [Fact]
    public void A_manifest_of_another_sdk_is_refused() =>
        PluginManifest.Read("id: x\nversion: 1\nsdk: 9\nassembly: a.dll\ntype: T\ntasks: [{name: t, input: [text]}]")
            .Errors.Should().ContainSingle().Which.Should().Contain("sdk");
}
