namespace Behalf.Client.Internal;

internal sealed record AccessToken(SecretText Value, DateTimeOffset ExpiresAt);
