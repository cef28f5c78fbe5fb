using System.Security.Cryptography;
using System.Text;
using Behalf.Vault;

namespace Behalf.People;

/// <summary>Where the room's sealed values lie; rotation needs to know as well.</summary>
public static class PersonSeals
{
    public static SealPlace TotpKey(EnvironmentId environment, Identifier identifier) =>
        new(
            environment,
            null,
            new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(identifier.Value)).AsSpan(0, 16)),
            "totp_key"
        );

    public static SealPlace ClientSecret(EnvironmentId environment) =>
        new(environment, null, environment.Value, "identity_provider_secret");
}
