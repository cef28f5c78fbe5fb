using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Behalf.Identity;
using Behalf.Tests.Connectors;

namespace Behalf.Tests.Conventions;

/// <summary>The house of the design, held where the compiler cannot: who may name whom, and what is made where.</summary>
public sealed class HouseTests
{
    private static string Source => Path.Combine(BundledConnectors.Root, "src");

    public static TheoryData<string, string[]> References =>
        new()
        {
            { "Behalf", [] },
            { "Behalf.Storage", ["Behalf"] },
            { "Behalf.Storage.Sqlite", ["Behalf.Storage"] },
            { "Behalf.Storage.PostgreSql", ["Behalf.Storage"] },
            { "Behalf.Import", ["Behalf"] },
            { "Behalf.Server", ["Behalf", "Behalf.Import", "Behalf.Storage.PostgreSql", "Behalf.Storage.Sqlite"] },
            { "Behalf.Client", [] },
            { "Behalf.Agent", ["Behalf.Client"] },
            { "Behalf.Cli", ["Behalf.Agent", "Behalf.Client"] },
            { "Behalf.PracticeModel", [] },
            { "Behalf.Sandbox", ["Behalf.PracticeModel"] },
        };

    [Theory]
    [MemberData(nameof(References))]
    public void Projects_ReferenceOneWay(string project, string[] allowed)
    {
        XDocument file = XDocument.Load(Path.Combine(Source, project, project + ".csproj"));

        file.Descendants("ProjectReference")
            .Select(reference =>
                Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))
            )
            .Should()
            .BeEquivalentTo(allowed);
    }

    [Theory]
    [InlineData("new ActingSubject(")]
    [InlineData("new Principal\n")]
    [InlineData("new Principal(")]
    [InlineData("new Principal {")]
    public void CallersAndSubjects_AreMadeByIdentityAlone(string making)
    {
        Files("*.cs")
            .Where(file => !In(file, "Behalf", "Identity"))
            .Where(file => File.ReadAllText(file).Contains(making, StringComparison.Ordinal))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void ActingSubject_CannotBeMadeOutsideTheCore()
    {
        typeof(ActingSubject).GetConstructors(BindingFlags.Public | BindingFlags.Instance).Should().BeEmpty();
    }

    [Theory]
    [InlineData("Api")]
    [InlineData("Connect")]
    [InlineData("Doors")]
    public void Doors_NeverTalkToAStore(string door)
    {
        Regex store = new(@"\bI[A-Z][A-Za-z]*Store\b", RegexOptions.NonBacktracking);

        Files("*.cs")
            .Concat(Files("*.razor"))
            .Where(file => In(file, "Behalf.Server", door))
            .Where(file => store.IsMatch(File.ReadAllText(file)))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void Rooms_KnowNoWebFrameworkAndNoDatabase()
    {
        IEnumerable<string> references = typeof(ActingSubject)
            .Assembly.GetReferencedAssemblies()
            .Select(name => name.Name!);

        references.Should().NotContain(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        references.Should().NotContain(name => name.Contains("Sqlite", StringComparison.Ordinal));
    }

    [Fact]
    public void Classes_AreSealed_UnlessTheyAreClosedHierarchies()
    {
        typeof(ActingSubject)
            .Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false })
            .Where(type => !type.Name.Contains('<', StringComparison.Ordinal))
            .Where(type => !type.GetNestedTypes().Any(nested => nested.BaseType == type))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void PracticeModel_KnowsNoNameOfThePracticeWorld()
    {
        JsonNode world = JsonNode.Parse(
            File.ReadAllText(Path.Combine(Source, "Behalf.Sandbox", "World", "acme.json"))
        )!;
        string[] names =
        [
            .. world["users"]!.AsArray().SelectMany(user => ((string)user!["name"]!).Split(' ')),
            .. world["workspaces"]!.AsArray().Select(workspace => (string)workspace!["name"]!),
            .. world["projects"]!.AsArray().Select(project => (string)project!["name"]!),
            .. world["tasks"]!.AsArray().Select(task => (string)task!["name"]!),
            (string)world["story"]!["task"]!,
            "asana",
        ];
        string[] ordinary = ["Automation", "Bot", "Brown", "Website"];

        foreach (string file in Files("*.cs").Where(file => In(file, "Behalf.PracticeModel")))
        {
            string text = File.ReadAllText(file);
            names
                .Except(ordinary, StringComparer.Ordinal)
                .Where(name => Regex.IsMatch(text, $@"\b{Regex.Escape(name)}\b", RegexOptions.NonBacktracking))
                .Should()
                .BeEmpty(file);
        }
    }

    private static IEnumerable<string> Files(string pattern) =>
        Directory
            .EnumerateFiles(Source, pattern, SearchOption.AllDirectories)
            .Where(file =>
                !file.Contains(
                    $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}",
                    StringComparison.Ordinal
                )
            );

    private static bool In(string file, params string[] folders) =>
        file.StartsWith(Path.Combine([Source, .. folders]) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
