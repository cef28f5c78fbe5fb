using System.Text.Json;
using System.Text.Json.Serialization;

namespace Behalf.Sandbox.World;

/// <summary>The document cannot be a world; the message names every problem found.</summary>
internal sealed class InvalidWorldException(string message) : Exception(message);

internal static class WorldReader
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = false,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The built-in world, as text.</summary>
    public static string DefaultText
    {
        get
        {
            using var stream =
                typeof(WorldReader).Assembly.GetManifestResourceStream("acme.json")
                ?? throw new InvalidOperationException("The resource acme.json is missing.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <exception cref="InvalidWorldException">The text is not a world, or refers to what is not in it.</exception>
    public static WorldDocument Read(string text)
    {
        WorldDocument document;
        try
        {
            document =
                JsonSerializer.Deserialize<WorldDocument>(text, Options)
                ?? throw new InvalidWorldException("The world document is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidWorldException($"The world document cannot be read: {exception.Message}");
        }
        var problems = new WorldCheck(document).Problems();
        return problems.Count == 0
            ? document
            : throw new InvalidWorldException(
                $"The world document has {problems.Count} problem(s):\n  {string.Join("\n  ", problems)}"
            );
    }
}
