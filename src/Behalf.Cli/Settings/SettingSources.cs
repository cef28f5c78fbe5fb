namespace Behalf.Cli.Settings;

/// <summary>What the command line itself says about server and credentials.</summary>
internal sealed record SettingSources
{
    public string? Server { get; init; }

    public string? CredentialsFile { get; init; }

    public string? DataFolder { get; init; }

    /// <value>The name inside the data folder: <c>credentials.json</c> or <c>operator.json</c>.</value>
    public required string DefaultCredentialFile { get; init; }
}
