using System.Text.Json;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>Facts the provider gave with a token, sealed beside it; a generation that brings none keeps the earlier ones.</summary>
internal static class KeptFacts
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <exception cref="SealBrokenException">Altered or moved.</exception>
    public static IReadOnlyDictionary<string, string> OpenKept(this IVault vault, SealedCredential credential)
    {
        if (credential.ExtraSealed is not { } value)
        {
            return None;
        }

        using Secret text = vault.Open(credential.Key, Place(credential), value);
        return Read(text);
    }

    public static SealedCredential WithKept(
        this IVault vault,
        SealedCredential next,
        IReadOnlyDictionary<string, string> kept,
        SealedCredential? before
    )
    {
        Dictionary<string, string> all = new(before is null ? None : vault.OpenKept(before), StringComparer.Ordinal);
        foreach ((string name, string value) in kept)
        {
            all[name] = value;
        }

        if (all.Count == 0)
        {
            return next;
        }

        using Secret text = Secret.FromText(JsonSerializer.Serialize(all));
        return next with { ExtraSealed = vault.Seal(next.Key, Place(next), text) };
    }

    public static IReadOnlyDictionary<string, string> Read(Secret text) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(text.RevealText()) ?? None;

    private static SealPlace Place(SealedCredential credential) =>
        new(
            credential.Key.Environment,
            credential.Connection,
            credential.Key.Account.Value,
            SealedFields.Extra,
            credential.Generation
        );
}
