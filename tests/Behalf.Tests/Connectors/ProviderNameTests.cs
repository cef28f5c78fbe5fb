using System.Text.RegularExpressions;

namespace Behalf.Tests.Connectors;

public sealed class ProviderNameTests
{
    /// <summary>
    /// The product is <c>src</c>. What plays a provider's part may name it: the sandbox, the demo, samples, tests, and
    /// <c>bench</c> and <c>eng</c>, which measure and try the product against the practice provider and are not part of it.
    /// </summary>
    private static readonly string[] Exempt = ["src/Behalf.Sandbox/", "src/Behalf.Cli/Demo/"];

    /// <summary>Slack as in time.</summary>
    private static readonly Regex English = new(@"\b(?:Lease|Exchange)Slack\b", RegexOptions.NonBacktracking);

    [Fact]
    public void NoCode_NamesAProvider_OutsideTheSandboxAndTheDemo()
    {
        string[] providers =
        [
            .. Directory.EnumerateDirectories(BundledConnectors.Folder).Select(folder => Path.GetFileName(folder)),
        ];
        providers.Should().NotBeEmpty();
        string any = string.Join('|', providers);
        // A word of its own, or one inside a name such as AddTracker.
        Regex named = new($"(?i:\\b(?:{any}))|[a-z](?=[A-Z])(?i:{any})");
        named.IsMatch("services.AddAsana()").Should().BeTrue();

        IEnumerable<string> naming = ((string[])["*.cs", "*.razor"])
            .SelectMany(pattern =>
                Directory.EnumerateFiles(
                    Path.Combine(BundledConnectors.Root, "src"),
                    pattern,
                    SearchOption.AllDirectories
                )
            )
            .Where(file => !Relative(file).Contains("/obj/", StringComparison.Ordinal))
            .Where(file => !Exempt.Any(folder => Relative(file).StartsWith(folder, StringComparison.Ordinal)))
            .Where(file => named.IsMatch(English.Replace(File.ReadAllText(file), "")))
            .Select(Relative);

        naming.Should().BeEmpty("a provider is a folder under connectors/, not code");
    }

    private static string Relative(string file) =>
        Path.GetRelativePath(BundledConnectors.Root, file).Replace('\\', '/');
}
