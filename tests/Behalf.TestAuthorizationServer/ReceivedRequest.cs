namespace Behalf.TestAuthorizationServer;

/// <summary>One request as it arrived.</summary>
/// <param name="Endpoint"><c>token</c>, <c>revoke</c>, <c>introspect</c> or <c>api</c>.</param>
/// <param name="User">Whose grant it used, when it used one.</param>
/// <param name="Text">The whole body, to look for what must not be in it.</param>
public sealed record ReceivedRequest(
    string Endpoint,
    string Method,
    string Path,
    string? GrantType,
    string? User,
    int Status,
    string Text
);
