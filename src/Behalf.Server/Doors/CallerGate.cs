using Behalf.Audit;
using Behalf.Identity;
using Behalf.Limits;

namespace Behalf.Server.Doors;

/// <summary>
/// Authenticates every request before its body is read, by the declaration of its endpoint. The principal travels as a
/// feature of the request.
/// </summary>
internal sealed class CallerGate(RequestDelegate next, IIdentity identity, ILimits limits, IAudit audit)
{
    private static readonly Problem NoCredential = new(
        ProblemKind.Unauthenticated,
        "unauthenticated",
        "This needs an access token: Authorization: Bearer … from /oauth/token."
    );

    private static readonly Problem Ambiguous = new(
        ProblemKind.Unauthenticated,
        "ambiguous_credentials",
        "The request must carry exactly one bearer token."
    );

    /// <summary>Never "unauthenticated": the SDKs would fetch a new token and call again, some without end.</summary>
    private static readonly Problem WrongKind = Problem.Forbidden(
        "wrong_credential_type",
        "This kind of credential is not accepted here."
    );

    public async Task InvokeAsync(HttpContext http)
    {
        IAccessDeclaration? declaration = http.GetEndpoint()?.Metadata.GetMetadata<IAccessDeclaration>();
        if (declaration is not AcceptsAttribute accepts)
        {
            await next(http); // open to all, or no endpoint: nothing will be done
            return;
        }

        Result<Principal> caller = await AuthenticateAsync(http);
        if (!caller.Succeeded)
        {
            await ProblemAnswer.WriteAsync(http, caller.Problem);
            return;
        }

        if (!accepts.Kinds.Contains(caller.Value.Kind))
        {
            await DenyAsync(http, caller.Value);
            await ProblemAnswer.WriteAsync(http, WrongKind);
            return;
        }

        Result<IDisposable> entered = limits.EnterRequest(caller.Value);
        if (!entered.Succeeded)
        {
            await ProblemAnswer.WriteAsync(http, entered.Problem);
            return;
        }

        using IDisposable place = entered.Value;
        http.Features.Set(new Caller(caller.Value));
        await next(http);
    }

    private async Task<Result<Principal>> AuthenticateAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization.Count == 0)
        {
            return NoCredential;
        }

        List<ReadOnlyMemory<char>>? tokens = BearerTokens.ReadInPlace(
            http.Request.Headers.Authorization,
            several: ProblemAnswer.IsGrpc(http)
        );
        if (tokens is null)
        {
            return Ambiguous;
        }

        Principal? found = null;
        Problem? refusal = null;
        foreach (ReadOnlyMemory<char> token in tokens)
        {
            Result<Principal> result = await identity.AuthenticateAsync(token, http.RequestAborted);
            if (!result.Succeeded)
            {
                refusal = result.Problem;
            }
            else if (found is not null && !IsSame(found, result.Value))
            {
                return Ambiguous;
            }
            else
            {
                found = result.Value;
            }
        }

        return found is not null ? found : refusal ?? NoCredential;
    }

    private static bool IsSame(Principal left, Principal right) =>
        left.Kind == right.Kind && string.Equals(left.ClientId, right.ClientId, StringComparison.Ordinal);

    private async Task DenyAsync(HttpContext http, Principal principal)
    {
        if (principal.Environment is { } environment)
        {
            await audit.DenyAsync(
                new AuditDraft
                {
                    Environment = environment,
                    Kind = AuditKind.Denial,
                    Action = "door.enter",
                    Identifier = principal.Subject?.Value,
                    Principal = principal.ClientId,
                    Decision = "deny",
                    Outcome = WrongKind.Code,
                    Detail = http.GetEndpoint()?.DisplayName,
                },
                http.RequestAborted
            );
        }
    }
}

/// <summary>The authenticated caller of a request.</summary>
internal sealed record Caller(Principal Principal)
{
    /// <exception cref="InvalidOperationException">The endpoint is open to all.</exception>
    public static Principal Of(HttpContext http) =>
        http.Features.Get<Caller>()?.Principal
        ?? throw new InvalidOperationException("The endpoint does not authenticate its callers.");
}
