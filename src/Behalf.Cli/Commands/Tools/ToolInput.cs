using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Tools;

/// <summary>A tool's arguments: JSON itself, <c>@file</c>, or <c>-</c> for standard input.</summary>
internal static class ToolInput
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    public static async Task<JsonObject> ReadAsync(
        string input,
        TextReader standardInput,
        CancellationToken cancellationToken
    )
    {
        var text = input switch
        {
            "-" => await standardInput.ReadToEndAsync(cancellationToken),
            ['@', .. var path] => await File.ReadAllTextAsync(path, cancellationToken),
            _ => input,
        };
        try
        {
            return JsonNode.Parse(text, documentOptions: s_strict) as JsonObject
                ?? throw CommandFailure.Usage("--input must be a JSON object, such as '{\"name\": \"…\"}'.");
        }
        catch (JsonException failure)
        {
            throw CommandFailure.Usage($"--input is not valid JSON: {failure.Message}");
        }
    }
}
