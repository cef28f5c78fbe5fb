using System.Text.Json.Nodes;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>
/// Reads what a remote MCP server asks of the person. Its words are a stranger's: they are bounded, cleaned, and shown with
/// the server's name before them, and a form that asks for a credential is not passed on.
/// </summary>
internal static class McpQuestions
{
    public const string Method = "elicitation/create";

    private const int MostQuestions = 5;
    private const int MostFields = 50;
    private const int LongestMessage = 2_000;
    private const int LargestForm = 16 * 1024;

    /// <value>Of field names, letters only.</value>
    private static readonly string[] CredentialWords =
    [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "apikey",
        "privatekey",
        "credential",
    ];

    /// <value>Of a schema's words, those that are only read.</value>
    private static readonly string[] Texts = ["title", "description", "enumNames"];

    /// <summary>Of an input-required result (2026-07-28).</summary>
    /// <exception cref="ToolFault">It asks for what cannot be passed on.</exception>
    public static IReadOnlyList<Question> Read(JObject result, RunContext context)
    {
        JProperty[] requests = [.. (result["inputRequests"] as JObject)?.Properties() ?? []];
        return requests.Length <= MostQuestions
            ? [.. requests.Select(request => Read(request.Name, request.Value as JObject, context))]
            : throw Refused(context);
    }

    /// <exception cref="ToolFault">It asks for what cannot be passed on.</exception>
    public static Question Read(string key, JObject? request, RunContext context)
    {
        JObject? parameters = request?["params"] as JObject;
        if (
            TextOf(request?["method"]) != Method
            || TextOf(parameters?["mode"]) is not (null or "form")
            || TextOf(parameters?["message"]) is not { } message
            || parameters?["requestedSchema"] is not JObject schema
            || schema["properties"] is not JObject properties
            || properties.Count > MostFields
            || !properties.Properties().All(property => IsPlain(property.Value) && !IsCredential(property.Name))
            || Cleaned(schema) is not JObject form
            || Tokens.LengthOf(form) > LargestForm
        )
        {
            throw Refused(context);
        }

        string words = PlainText.Cut(PlainText.Clean(message), LongestMessage);
        return new Question(key, $"{context.Definition.Name} asks: {words}", (JsonObject)Tokens.ToJson(form)!);
    }

    private static ToolFault Refused(RunContext context) =>
        context.Fault(
            FaultKinds.ProviderError,
            $"{context.Definition.Name} wants something of the person that is not passed on: only forms of plain values are, and none that asks for a credential."
        );

    /// <summary>One value, or several of a given list.</summary>
    private static bool IsPlain(JToken property) =>
        property is JObject field
        && TextOf(field["type"]) switch
        {
            "string" or "number" or "integer" or "boolean" => true,
            "array" => field["items"] is JObject items && (items["enum"] is JArray || items["anyOf"] is JArray),
            _ => false,
        };

    private static bool IsCredential(string name)
    {
        string letters = new([.. name.Where(char.IsAsciiLetter).Select(char.ToLowerInvariant)]);
        return CredentialWords.Any(word => letters.Contains(word, StringComparison.Ordinal))
            || letters.EndsWith("token", StringComparison.Ordinal);
    }

    /// <returns>Null: a value that has to stay exact holds what people cannot see.</returns>
    private static JToken? Cleaned(JToken token, bool isRead = false)
    {
        switch (token)
        {
            case JObject map:
                JObject cleaned = [];
                foreach (JProperty property in map.Properties())
                {
                    if (
                        PlainText.Clean(property.Name) != property.Name
                        || Cleaned(property.Value, Texts.Contains(property.Name, StringComparer.Ordinal))
                            is not { } value
                    )
                    {
                        return null;
                    }

                    cleaned[property.Name] = value;
                }

                return cleaned;
            case JArray list:
                JToken?[] items = [.. list.Select(item => Cleaned(item, isRead))];
                return items.Any(item => item is null) ? null : new JArray(items!);
            case JValue { Value: string text }:
                string clean = PlainText.Clean(text);
                return isRead || clean == text ? new JValue(clean) : null;
            default:
                return token.DeepClone();
        }
    }

    private static string? TextOf(JToken? token) => token is JValue { Value: string text } ? text : null;
}
