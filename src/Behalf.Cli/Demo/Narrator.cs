using System.Globalization;
using Spectre.Console;

namespace Behalf.Cli.Demo;

/// <summary>Tells the story on a terminal or into a pipe; colours only where they are wanted.</summary>
internal sealed class Narrator(IAnsiConsole console, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private int _chapter;

    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    public void Title(string text)
    {
        console.MarkupLineInterpolated($"[bold]{text}[/]");
        console.WriteLine();
    }

    public void Fact(string name, string value) => console.MarkupLineInterpolated($"  {name, -18} [dim]{value}[/]");

    public void Chapter(string text)
    {
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{++_chapter}  {text}[/]");
    }

    public void Good(string text) => console.MarkupLineInterpolated($"   [green]✓[/] {text}");

    /// <summary>Something that was refused, as it should be.</summary>
    public void Refused(string text) => console.MarkupLineInterpolated($"   [yellow]✗[/] {text}");

    public void Tool(string name, string person, long milliseconds, bool ok) =>
        console.MarkupLineInterpolated(
            $"   [blue]→[/] {name}   [dim]as {person} · {milliseconds} ms{(ok ? "" : " · refused")}[/]"
        );

    public void Answer(string text)
    {
        foreach (string line in text.Trim().Split('\n'))
        {
            console.MarkupLineInterpolated($"   {line.TrimEnd()}");
        }
    }

    public void Checked(string text) => console.MarkupLineInterpolated($"   [dim]checked: {text}[/]");

    public void Line(string text) => console.MarkupLineInterpolated($"{text}");

    /// <summary>Columns of fixed width, so that a line stays a line at 80 columns and in a pipe.</summary>
    public void Table(IReadOnlyList<(string Name, int Width)> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        console.MarkupLineInterpolated($"  [dim]{Row(columns, [.. columns.Select(column => column.Name)])}[/]");
        foreach (IReadOnlyList<string> row in rows)
        {
            console.MarkupLineInterpolated($"  {Row(columns, row)}");
        }
    }

    public static string Seconds(TimeSpan span) =>
        span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Row(IReadOnlyList<(string Name, int Width)> columns, IReadOnlyList<string> cells) =>
        string.Join(' ', columns.Zip(cells, (column, cell) => Fit(cell, column.Width))).TrimEnd();

    private static string Fit(string cell, int width) =>
        cell.Length <= width ? cell.PadRight(width) : string.Concat(cell.AsSpan(0, width - 1), "…");
}
