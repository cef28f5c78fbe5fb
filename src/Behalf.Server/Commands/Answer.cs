using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Behalf.Server.Commands;

/// <summary>A verb's answer on standard output: text for people, or with <c>--json</c> one document for programs.</summary>
internal sealed class Answer(ParseResult parsed, Option<bool> json)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // read by a terminal or a program, never by a page
    };

    /// <summary>The option, to be added to each verb that answers.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Answer as JSON on standard output." };

    public Task GiveAsync<T>(string text, T document) =>
        parsed.InvocationConfiguration.Output.WriteLineAsync(
            parsed.GetValue(json) ? JsonSerializer.Serialize(document, Format) : text
        );
}
