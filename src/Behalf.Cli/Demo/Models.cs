namespace Behalf.Cli.Demo;

/// <summary>Which model the demo's agent talks to: Claude when a key is set, else the practice model beside the sandbox.</summary>
internal static class Models
{
    private const string KeyVariable = "ANTHROPIC_API_KEY";
    private const string ModelVariable = "ANTHROPIC_MODEL";
    private const string UrlVariable = "ANTHROPIC_BASE_URL";

    /// <returns>Environment variables for the application's process.</returns>
    public static Dictionary<string, string> Choose(Uri practiceModel, out string name)
    {
        if (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 })
        {
            name = Environment.GetEnvironmentVariable(ModelVariable) is { Length: > 0 } model
                ? $"Claude ({model})"
                : "Claude";
            return [];
        }

        name = $"practice model (set {KeyVariable} to use Claude)";
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [KeyVariable] = "practice",
            [ModelVariable] = "practice-1",
            [UrlVariable] = practiceModel.GetLeftPart(UriPartial.Authority),
        };
    }
}
