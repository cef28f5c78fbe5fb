using Behalf.Vault;

namespace Behalf.Server.Doors;

/// <summary>Exceptions as problems: what cannot be had for the moment, and what is our own fault.</summary>
internal static class Failures
{
    public const string InternalCode = "internal";

    public static Problem Sealed { get; } =
        new(ProblemKind.Unavailable, "vault_sealed", "The vault is sealed: its root key cannot be had now.")
        {
            RetryAfter = TimeSpan.FromSeconds(5), // as often as it is tried
        };

    public static Problem ToProblem(Exception exception, string traceId) =>
        exception switch
        {
            VaultSealedException => Sealed,
            StorageUnavailableException => new Problem(
                ProblemKind.Unavailable,
                "storage_unavailable",
                "The database cannot serve now. Try again in a moment."
            ),
            _ => new Problem(ProblemKind.Internal, InternalCode, $"Something failed on our side (number {traceId})."),
        };
}
