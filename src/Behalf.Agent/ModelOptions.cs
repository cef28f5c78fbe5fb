using Behalf.Client;

namespace Behalf.Agent;

/// <summary>Which model to use, and how to reach it.</summary>
public sealed record ModelOptions
{
    /// <value>A current model made for agents.</value>
    public const string DefaultModel = "claude-sonnet-5-5";

    public static readonly Uri DefaultBaseUrl = new("https://api.anthropic.com");

    /// <value>What the practice model accepts; any text will do.</value>
    public const string PracticeKey = "practice";

    public required SecretText ApiKey { get; init; }

    public string Model { get; init; } = DefaultModel;

    /// <value>Null: <see cref="DefaultBaseUrl"/>. An origin, such as <c>http://127.0.0.1:8090</c> for the practice model.</value>
    public Uri? BaseUrl { get; init; }

    /// <value>Per model turn, unless a run sets its own. Default 4,096.</value>
    public int MaxOutputTokens { get; init; } = 4_096;

    /// <value>For one whole HTTP call, the stream included. Default 5 minutes.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Reads <c>ANTHROPIC_API_KEY</c>, <c>ANTHROPIC_MODEL</c> and <c>ANTHROPIC_BASE_URL</c>. Without a key a loopback
    /// base URL is taken for a practice model, which needs none.
    /// </summary>
    /// <param name="read">Reads one variable. Default: the process environment.</param>
    public static ModelOptionsResult FromEnvironment(Func<string, string?>? read = null)
    {
        read ??= Environment.GetEnvironmentVariable;
        var key = Trimmed(read("ANTHROPIC_API_KEY"));
        var url = Trimmed(read("ANTHROPIC_BASE_URL"));
        Uri? baseUrl = null;
        if (
            url is not null
            && !(Uri.TryCreate(url, UriKind.Absolute, out baseUrl) && baseUrl.Scheme is "http" or "https")
        )
        {
            return new ModelOptionsResult.Invalid($"ANTHROPIC_BASE_URL is not an http or https address: {url}");
        }

        if (baseUrl is { Scheme: "http", IsLoopback: false })
        {
            return new ModelOptionsResult.Invalid(
                "ANTHROPIC_BASE_URL may use http for loopback addresses only; use https."
            );
        }

        if (key is null && baseUrl is not { IsLoopback: true })
        {
            return new ModelOptionsResult.KeyMissing(
                "No model key. Set ANTHROPIC_API_KEY to a key from the Claude console, or use the practice model: start "
                    + "`behalf sandbox` and set ANTHROPIC_BASE_URL to the address it prints."
            );
        }

        return new ModelOptionsResult.Found(
            new ModelOptions
            {
                ApiKey = key ?? PracticeKey,
                Model = Trimmed(read("ANTHROPIC_MODEL")) ?? DefaultModel,
                BaseUrl = baseUrl,
            }
        );
    }

    /// <summary>The practice model at this origin.</summary>
    public static ModelOptions Practice(Uri baseUrl) =>
        new()
        {
            ApiKey = PracticeKey,
            Model = "practice-1",
            BaseUrl = baseUrl,
        };

    private static string? Trimmed(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}

/// <summary>What the environment says about the model.</summary>
public abstract record ModelOptionsResult
{
    private ModelOptionsResult() { }

    public sealed record Found(ModelOptions Options) : ModelOptionsResult;

    /// <param name="Message">Says exactly what to set.</param>
    public sealed record KeyMissing(string Message) : ModelOptionsResult;

    public sealed record Invalid(string Message) : ModelOptionsResult;
}
