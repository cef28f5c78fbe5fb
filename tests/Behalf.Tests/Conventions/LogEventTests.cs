using System.Globalization;
using System.Text.RegularExpressions;
using Behalf.Tests.Connectors;

namespace Behalf.Tests.Conventions;

/// <summary>An event's number means one thing, and the runbook says what to do about each that is worth an alarm.</summary>
public sealed partial class LogEventTests
{
    /// <summary>Not the server: a library of other applications, and the practice provider.</summary>
    private static readonly string[] s_apart = ["Behalf.Client.AspNetCore", "Behalf.Sandbox"];

    [Fact]
    public void Numbers_AreUnique()
    {
        LogEvent[] events = [.. Events()];

        events.Should().HaveCountGreaterThan(60, "they are found at all");
        events
            .GroupBy(one => one.Number)
            .Where(group => group.Count() > 1)
            .Select(group => string.Join(", ", group))
            .Should()
            .BeEmpty();
    }

    [Fact]
    public void Alarms_AreInTheRunbook_WithWhatToDo()
    {
        string[] rows =
        [
            .. File.ReadLines(Path.Combine(BundledConnectors.Root, "docs", "operations.md"))
                .Where(line => line.StartsWith("| event", StringComparison.Ordinal))
                .Where(line => line.Split('|').Length == 5 && line.Split('|')[3].Trim().Length > 0),
        ];
        HashSet<int> explained =
        [
            .. rows.SelectMany(row => Number().Matches(row.Split('|')[1]))
                .Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)),
        ];

        Events()
            .Where(one => one.Level is "Critical" or "Error" && !s_apart.Contains(one.Project, StringComparer.Ordinal))
            .Where(one => !explained.Contains(one.Number))
            .Should()
            .BeEmpty();
        explained.Except(Events().Select(one => one.Number)).Should().BeEmpty("each of them exists");
    }

    private static IEnumerable<LogEvent> Events()
    {
        string source = Path.Combine(BundledConnectors.Root, "src");
        return Directory
            .EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file =>
                !file.Contains(
                    $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}",
                    StringComparison.Ordinal
                )
            )
            .SelectMany(file =>
                Declaration()
                    .Matches(File.ReadAllText(file))
                    .Select(match => new LogEvent(
                        int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture),
                        match.Groups["level"].Value,
                        Path.GetRelativePath(source, file).Split(Path.DirectorySeparatorChar)[0],
                        Path.GetFileName(file)
                    ))
            );
    }

    [GeneratedRegex(
        @"\[LoggerMessage\(\s*(EventId\s*=\s*)?(?<number>[0-9]+),\s*(Level\s*=\s*)?LogLevel\.(?<level>[A-Za-z]+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[0-9]{3,4}\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Number();

    private sealed record LogEvent(int Number, string Level, string Project, string File);
}
