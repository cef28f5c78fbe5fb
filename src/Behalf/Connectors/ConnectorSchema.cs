namespace Behalf.Connectors;

/// <summary>The connector format as a JSON Schema (draft 7), for editors. The readers decide; the tests hold the two together.</summary>
public static class ConnectorSchema
{
    private const string Resource = "connector.schema.json";

    public static async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        await using Stream stream =
            typeof(ConnectorSchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is missing.");
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
