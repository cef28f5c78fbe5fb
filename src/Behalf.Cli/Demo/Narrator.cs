using System.Globalization;
using Behalf.Cli.Commands.Agent;
using Behalf.Cli.Output;
using Behalf.Cli.Shell;
using Spectre.Console;

namespace Behalf.Cli.Demo;

/// <summary>
/// Tells the story on a terminal or into a pipe, colours only where they are wanted; for programs one JSON document per
/// event.
/// </summary>
internal sealed class Narrator(Report report, Surroundings surroundings)
{
    private readonly long _began = surroundings.Clock.GetTimestamp();
    private int _chapter;

    public void Title(string text)
    {
        Say($"[bold]{text}[/]", new { Event = "title", Text = text });
        Blank();
    }

    /// <summary>Counts the seconds for a person who waits, until it is disposed.</summary>
    public IAsyncDisposable Starting(string what) => WaitingLine.Start(surroundings, $"Starting {what}");

    public void Fact(string name, string value) =>
        Say(
            $"  {name, -18} [dim]{value}[/]",
            new
            {
                Event = "fact",
                Name = name,
                Value = value,
            }
        );

    public void Chapter(string text)
    {
        Blank();
        Say(
            $"[bold]{++_chapter}  {text}[/]",
            new
            {
                Event = "chapter",
                Number = _chapter,
                Text = text,
            }
        );
    }

    public void Good(string text) => Say($"   [green]✓[/] {text}", new { Event = "good", Text = text });

    /// <summary>Something that was refused, as it should be.</summary>
    public void Refused(string text) => Say($"   [yellow]✗[/] {text}", new { Event = "refused", Text = text });

    public void Tool(string name, string person, long milliseconds, bool ok) =>
        Say(
            $"   [blue]→[/] {name}   [dim]as {person} · {milliseconds} ms{(ok ? "" : " · refused")}[/]",
            new
            {
                Event = "tool",
                Name = name,
                Person = person,
                Milliseconds = milliseconds,
                Ok = ok,
            }
        );

    public void Asked(string person, string prompt) =>
        Say(
            $"   {person}: {prompt}",
            new
            {
                Event = "asked",
                Person = person,
                Prompt = prompt,
            }
        );

    public void Answer(string text)
    {
        report.JsonLine(new { Event = "answer", Text = text });
        foreach (string line in text.Trim().Split('\n'))
        {
            Write($"   {line.TrimEnd()}");
        }
    }

    public void Checked(string text) => Say($"   [dim]checked: {text}[/]", new { Event = "checked", Text = text });

    public void Line(string text) => Say($"{text}", new { Event = "line", Text = text });

    /// <summary>Columns of fixed width, so that a line stays a line at 80 columns and in a pipe.</summary>
    public void Table(IReadOnlyList<(string Name, int Width)> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        Write($"  [dim]{Row(columns, [.. columns.Select(column => column.Name)])}[/]");
        foreach (IReadOnlyList<string> row in rows)
        {
            Say($"  {Row(columns, row)}", new { Event = "row", Cells = row });
        }
    }

    public void Done(string next)
    {
        TimeSpan elapsed = surroundings.Clock.GetElapsedTime(_began);
        string seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        Blank();
        Say($"Done in {seconds} s. {next}", new { Event = "done", Milliseconds = (long)elapsed.TotalMilliseconds });
    }

    private static string Row(IReadOnlyList<(string Name, int Width)> columns, IReadOnlyList<string> cells) =>
        string.Join(' ', columns.Zip(cells, (column, cell) => Fit(cell, column.Width))).TrimEnd();

    private static string Fit(string cell, int width) =>
        cell.Length <= width ? cell.PadRight(width) : string.Concat(cell.AsSpan(0, width - 1), "…");

    private void Say<T>(FormattableString text, T document)
    {
        report.JsonLine(document);
        Write(text);
    }

    private void Write(FormattableString text)
    {
        if (!report.IsJson)
        {
            report.Console.MarkupLineInterpolated(text);
        }
    }

    private void Blank()
    {
        if (!report.IsJson)
        {
            report.Console.WriteLine();
        }
    }
}
