using Behalf.Cli.Shell;
using Spectre.Console;

namespace Behalf.Cli.Output;

/// <summary>
/// What a command says. Answers go to standard output, in one of two forms: text for people, JSON for programs. Remarks
/// and errors go to standard error.
/// </summary>
internal sealed class Report
{
    private readonly Surroundings _surroundings;
    private string _halfCharacter = "";

    public Report(Surroundings surroundings, bool isJson)
    {
        _surroundings = surroundings;
        IsJson = isJson;
        Console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = surroundings.UsesColour ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = surroundings.UsesColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(surroundings.Out),
            }
        );
        // A pipe has no width: a program that reads lines wants them whole.
        Console.Profile.Width = surroundings.OutIsTerminal ? surroundings.Width : 10_000;
    }

    public bool IsJson { get; }

    /// <value>Standard output with colours, for people only.</value>
    public IAnsiConsole Console { get; }

    /// <summary>Text for people only; stored text inside it is made inert.</summary>
    public void Line(string text = "")
    {
        if (!IsJson)
        {
            _surroundings.Out.WriteLine(Inert.Line(text));
        }
    }

    /// <summary>As <see cref="Line"/>, keeping line breaks.</summary>
    public void Text(string text)
    {
        if (!IsJson)
        {
            _surroundings.Out.WriteLine(Inert.Text(text));
        }
    }

    /// <summary>One document, for programs only.</summary>
    public void Json<T>(T document)
    {
        if (IsJson)
        {
            _surroundings.Out.WriteLine(CliJson.Document(document));
        }
    }

    /// <summary>One of several documents, each on a line of its own, for programs only.</summary>
    public void JsonLine<T>(T document)
    {
        if (IsJson)
        {
            _surroundings.Out.WriteLine(CliJson.Line(document));
        }
    }

    /// <summary>A piece of a text that is still being written, for people only.</summary>
    public void Piece(string text)
    {
        if (IsJson)
        {
            return;
        }
        // A character may come in two halves, in two pieces.
        text = _halfCharacter + text;
        _halfCharacter = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1..] : "";
        _surroundings.Out.Write(Inert.Text(text[..^_halfCharacter.Length]));
        _surroundings.Out.Flush();
    }

    /// <summary>A link a person can click, on a line of its own and never wrapped; a document for programs.</summary>
    public void Link(string link)
    {
        if (IsJson)
        {
            Json(new { AuthorizationLink = link });
        }
        else
        {
            _surroundings.Out.WriteLine(Inert.Line(link));
        }
    }

    /// <summary>A list: a table for people, an array for programs.</summary>
    public void Items<T>(IReadOnlyList<T> items, string whenEmpty, params Column<T>[] columns)
    {
        if (IsJson)
        {
            Json(items);
            return;
        }
        if (items.Count == 0)
        {
            Line(whenEmpty);
            return;
        }
        var table = new Table().Border(TableBorder.None);
        table.Collapse();
        for (var index = 0; index < columns.Length; index++)
        {
            var header = new TableColumn(new Markup($"[bold]{Markup.Escape(columns[index].Header)}[/]"))
            {
                NoWrap = columns[index].KeepsWhole,
            };
            table.AddColumn(index == 0 ? header.PadLeft(0) : header);
        }
        foreach (var item in items)
        {
            table.AddRow(columns.Select(column => new Text(Inert.Line(column.Value(item)))));
        }
        Console.Write(table);
    }

    /// <summary>One thing: labelled lines for people, an object for programs.</summary>
    public void Item<T>(T item, params (string Label, string Value)[] lines)
    {
        if (IsJson)
        {
            Json(item);
            return;
        }
        var width = lines.Max(line => line.Label.Length) + 2;
        foreach (var (label, value) in lines)
        {
            Line(label.PadRight(width) + value);
        }
    }

    /// <summary>To standard error, in both forms.</summary>
    public void Remark(string text) => _surroundings.Error.WriteLine(Inert.Line(text));

    public void Warn(string text) => Remark($"Note: {text}");

    public void Fail(string message) => Remark(message);
}

/// <param name="KeepsWhole">True: ids and names that are copied; never wrapped.</param>
internal sealed record Column<T>(string Header, Func<T, string> Value, bool KeepsWhole = false);
