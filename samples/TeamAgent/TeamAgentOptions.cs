using System.Text.Json;

namespace TeamAgent;

/// <summary>
/// Settings, from the command line or the environment: <c>--users FILE --connection NAME --credentials FILE
/// --ready-file FILE --urls URL</c>.
/// </summary>
internal sealed record TeamAgentOptions
{
    /// <value>The people who may sign in. A real application has its own login here.</value>
    public required IReadOnlyList<Person> People { get; init; }

    /// <value>The connection people connect their accounts to.</value>
    public required string Connection { get; init; }

    public required Uri Server { get; init; }

    public required string ClientId { get; init; }

    public required string ClientSecret { get; init; }

    public string? ReadyFile { get; init; }

    public static TeamAgentOptions Read(IConfiguration configuration)
    {
        string credentialsFile = Required(configuration, "credentials");
        using JsonDocument credentials = JsonDocument.Parse(File.ReadAllText(credentialsFile));
        List<Person>? people = JsonSerializer.Deserialize<List<Person>>(
            File.ReadAllText(Required(configuration, "users")),
            JsonSerializerOptions.Web
        );
        return new TeamAgentOptions
        {
            People = people is { Count: > 0 }
                ? people
                : throw new InvalidOperationException("The users file names nobody."),
            Connection = Required(configuration, "connection"),
            Server = new Uri(credentials.RootElement.GetProperty("environment_url").GetString()!),
            ClientId = credentials.RootElement.GetProperty("client_id").GetString()!,
            ClientSecret = credentials.RootElement.GetProperty("client_secret").GetString()!,
            ReadyFile = configuration["ready-file"],
        };
    }

    private static string Required(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"--{name} is missing. See samples/TeamAgent/README.md.");
}

/// <param name="Identifier">What this application calls the person, at Behalf too.</param>
internal sealed record Person(string Identifier, string Name, string Password);
