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

    /// <summary>No name of a person, place or thing that it will be asked about, in code, rules or words around them.</summary>
    [Fact]
    public void PracticeModel_KnowsNoNameOfThePracticeWorld()
    {
        JsonNode world = JsonNode.Parse(
            File.ReadAllText(Path.Combine(Source, "Behalf.Sandbox", "World", "acme.json"))
        )!;
        string[] names =
        [
            .. Of("users", "name").SelectMany(name => name.Split(' ')),
            .. Of("users", "email"),
            .. Of("workspaces", "name"),
            .. Of("teams", "name"),
            .. Of("custom_fields", "name"),
            .. world["custom_fields"]!
                .AsArray()
                .SelectMany(field => (field!["options"] as JsonArray ?? []).Select(option => (string)option!["name"]!)),
            .. Of("tags", "name"),
            .. Of("projects", "name"),
            .. world["projects"]!
                .AsArray()
                .SelectMany(project => project!["sections"]!.AsArray().Select(section => (string)section!)),
            .. Of("tasks", "name"),
            .. Of("portfolios", "name"),
            .. Of("goals", "name"),
            (string)world["story"]!["task"]!,
            (string)world["story"]!["comment"]!,
            "asana",
        ];
        // Words that every tracker has, and English.
        string[] ordinary = ["Priority", "Ticket", "To do", "Done", "Before", "After", "Web", "customer"];

        string[] files = [.. Files("*").Where(file => In(file, "Behalf.PracticeModel") && !IsLock(file))];
        files.Should().Contain(file => !file.EndsWith(".cs", StringComparison.Ordinal));
        Regex any = new(
            $@"\b(?:{string.Join('|', names.Except(ordinary, StringComparer.Ordinal).Select(Regex.Escape))})\b",
            RegexOptions.CultureInvariant
        );
        foreach (string file in files)
        {
            any.Matches(File.ReadAllText(file)).Select(match => match.Value).Should().BeEmpty(file);
        }

        IEnumerable<string> Of(string rows, string property) =>
            world[rows]!.AsArray().Select(row => (string)row![property]!);
        static bool IsLock(string file) => Path.GetFileName(file) == "packages.lock.json";
    }

    [Fact]
    public void WalksOfTheDocument_NameFilesThatExist()
    {
        string walks = File.ReadAllText(Path.Combine(BundledConnectors.Root, "docs", "walks.md"));
        string[] named =
        [
            .. Regex
                .Matches(walks, "`(?<name>[A-Za-z.]+(?:/[A-Za-z.]+)*)`", RegexOptions.NonBacktracking)
                .Select(match => match.Groups["name"].Value)
                .Where(name => char.IsUpper(name[0]))
                .Distinct(),
        ];
        string[] files = [.. Files("*.cs").Concat(Files("*.razor")).Select(file => Path.GetRelativePath(Source, file))];
        named.Should().HaveCountGreaterThan(50);

        named
            .Where(name => !files.Any(file => IsNamed(file, name)))
            .Should()
            .BeEmpty("a reader follows the walks by them");
    }

    /// <summary>
    /// A file or folder by the end of its path without the ending, a member of a type behind it: <c>Egress/EgressDoor.StreamAsync</c>.
    /// </summary>
    private static bool IsNamed(string file, string name)
    {
        string path = "/" + Path.ChangeExtension(file.Replace('\\', '/'), null);
        string type = name;
        int member = name.LastIndexOf('.');
        if (member > name.LastIndexOf('/') && member > 0)
        {
            type = name[..member];
        }

        return path.EndsWith("/" + name, StringComparison.Ordinal)
            || path.EndsWith("/" + type, StringComparison.Ordinal)
            || path.Contains($"/{name}/", StringComparison.Ordinal);
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
