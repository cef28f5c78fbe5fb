using System.Text.Json;
using System.Text.Json.Serialization;
using Behalf.Recovery;

namespace Behalf.Server.Hosting;

/// <summary><c>trail.json</c> in the data folder: how far the audit trail had come when this node last looked.</summary>
internal static partial class WitnessFile
{
    /// <returns>Null when there is none yet.</returns>
    /// <exception cref="StartupException">The file is not one of ours.</exception>
    public static TrailWitness? Read(DataFolder folder)
    {
        if (!File.Exists(folder.TrailFile))
        {
            return null;
        }

        try
        {
            Document document =
                JsonSerializer.Deserialize(File.ReadAllBytes(folder.TrailFile), Format.Default.Document)
                ?? throw new JsonException("it is empty");
            return new TrailWitness(
                document.Restoration is { } restoration
                    ? new Restoration(restoration, document.RestoredAt!.Value)
                    : null,
                [
                    .. document.Heads.Select(head => new TrailHead(
                        EntityId.TryParse(head.Environment, out EnvironmentId environment)
                            ? environment
                            : throw new JsonException("an environment is not one"),
                        head.Lane,
                        head.Sequence,
                        Convert.FromHexString(head.Hash)
                    )),
                ]
            );
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            throw new StartupException(
                $"{folder.TrailFile} cannot be read: {failure.Message} It says how far the audit trail had come; without it an old database is not recognised. Remove it if that is meant.",
                failure
            );
        }
    }

    public static void Write(DataFolder folder, TrailWitness witness) =>
        DataFolder.Write(
            folder.TrailFile,
            JsonSerializer.SerializeToUtf8Bytes(
                new Document(
                    witness.Restoration?.Id,
                    witness.Restoration?.At,
                    [
                        .. witness.Heads.Select(head => new Head(
                            head.Environment.ToString(),
                            head.Lane,
                            head.Sequence,
                            Convert.ToHexStringLower(head.Hash)
                        )),
                    ]
                ),
                Format.Default.Document
            )
        );

    internal sealed record Document(Guid? Restoration, DateTimeOffset? RestoredAt, Head[] Heads);

    internal sealed record Head(string Environment, string Lane, long Sequence, string Hash);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true
    )]
    [JsonSerializable(typeof(Document))]
    internal sealed partial class Format : JsonSerializerContext;
}
