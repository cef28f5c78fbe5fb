using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Behalf.Cli.Output;

/// <summary>JSON as every command writes it: snake_case, readable letters, control and format characters escaped.</summary>
internal static class CliJson
{
    public static JsonSerializerOptions Document { get; } = Make(indented: true);

    public static JsonSerializerOptions Line { get; } = Make(indented: false);

    private static JsonSerializerOptions Make(bool indented) =>
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = indented,
            Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        };
}
