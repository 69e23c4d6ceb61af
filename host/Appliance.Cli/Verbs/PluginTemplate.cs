namespace Appliance.Cli.Verbs;

/// <summary>The files of a new plugin: a classifier of texts that learns, in four short files.</summary>
internal static class PluginTemplate
{
    /// <param name="packages">Folder with the SDK's packages; null where they come from a feed that is set up already.</param>
    /// <returns>The folder that was made.</returns>
    /// <exception cref="ArgumentException">It is there already.</exception>
    internal static string Write(string name, string output, string? packages)
    {
        var folder = Path.Combine(output, name);
        if (Directory.Exists(folder))
        {
            throw new ArgumentException($"{folder} exists already.");
        }
        Directory.CreateDirectory(folder);
        var version = typeof(Sdk.Plugins.IPlugin).Assembly.GetName().Version!.ToString(3); // every assembly of ours has one
        foreach (var (file, text) in Files(name, version))
        {
            File.WriteAllText(Path.Combine(folder, file), text + "\n");
        }
        if (packages is not null)
        {
            File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
                <configuration>
                  <packageSources><add key="appliance" value="{Path.GetFullPath(packages)}" /></packageSources>
                </configuration>

                """);
        }
        return folder;
    }

    private static IEnumerable<(string File, string Text)> Files(string name, string version) =>
        [.. Declared(name, name.ToLowerInvariant(), version), .. Written(name), Told(name, name.ToLowerInvariant())];

    // What is built, and what the appliance reads before any code of it runs.
    private static IEnumerable<(string File, string Text)> Declared(string name, string id, string version)
    {
        yield return ($"{name}.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <EnableDynamicLoading>true</EnableDynamicLoading>
                <EnableDefaultCompileItems>false</EnableDefaultCompileItems>
              </PropertyGroup>
              <ItemGroup>
                <!-- Compiled against, not shipped: the worker has the SDK, one copy of each contract type. -->
                <PackageReference Include="Appliance.Training" Version="{version}" ExcludeAssets="runtime" />
                <Compile Include="*.cs" />
                <None Include="plugin.yaml" CopyToOutputDirectory="PreserveNewest" />
              </ItemGroup>
            </Project>
            """);
        yield return ("plugin.yaml", $"""
            id: {id}
            version: 0.1.0
            sdk: {Sdk.Plugins.PluginManifest.SdkMajorSupported}
            assembly: {name}.dll
            type: {name}.{name}Plugin
            tasks:
              - name: {id}
                input: [text]
                trainable: true
            """);
    }

    private static IEnumerable<(string File, string Text)> Written(string name)
    {
        yield return ($"{name}Plugin.cs", $$"""
            using Appliance.Sdk.Plugins;
            using Appliance.Sdk.Recipes;
            using Appliance.Training;
            using Appliance.Training.Tasks;
            using TorchSharp;

            namespace {{name}};

            /// <summary>Says in one sentence what this plugin is for.</summary>
            public sealed class {{name}}Plugin : ITrainablePlugin
            {
                public ITask Open(string task, ModelFiles model, string device) => TextClassifier.Open(model, new torch.Device(device));

                public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) =>
                    TextClassifier.Build(recipe, baseModel, labels, device);

                public void Dispose()
                {
                }
            }
            """);
    }

    private static (string File, string Text) Told(string name, string id) => ("README.md", $"""
            # {name}
            What it answers, on which data it was measured, and how well: its users read this before they sign.

            ```
            dotnet build -c Release -o out
            appliance plugin check out --base BASE_MODEL     # as a site would run it
            appliance plugin pack out                        # {id}-0.1.0.aplug
            appliance plugin sign --key MAKER.key {id}-0.1.0.aplug
            ```
            """);
}
