using System.Text.RegularExpressions;

namespace Behalf.Tests.Connectors;

public sealed class ProviderNameTests
{
    private static readonly string[] Exempt = ["src/Behalf.Sandbox/", "src/Behalf.Cli/Demo/"];

    [Fact]
    public void NoCode_NamesAProvider_OutsideTheSandboxAndTheDemo()
    {
        string[] providers =
        [
            .. Directory.EnumerateDirectories(BundledConnectors.Folder).Select(folder => Path.GetFileName(folder)),
        ];
        providers.Should().NotBeEmpty();

        IEnumerable<string> naming = Directory
            .EnumerateFiles(Path.Combine(BundledConnectors.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Relative(file).Contains("/obj/", StringComparison.Ordinal))
            .Where(file => !Exempt.Any(folder => Relative(file).StartsWith(folder, StringComparison.Ordinal)))
            .Where(file =>
                Regex.IsMatch(
                    File.ReadAllText(file),
                    $"\\b({string.Join('|', providers)})",
                    RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
                )
            )
            .Select(Relative);

        naming.Should().BeEmpty("a provider is a folder under connectors/, not code");
    }

    private static string Relative(string file) =>
        Path.GetRelativePath(BundledConnectors.Root, file).Replace('\\', '/');
}
