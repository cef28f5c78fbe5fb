using System.Text;
using System.Text.RegularExpressions;
using Behalf.Sandbox.Faults;

namespace Behalf.Sandbox.Judge;

/// <summary>
/// Around every API and OAuth request: holds the answer back until it is whole, applies faults, writes the log. Tokens,
/// codes and secrets do not get into the log.
/// </summary>
internal sealed partial class RequestRecorder(
    RequestLog log,
    FaultRules faults,
    CallerOf callers,
    ConcurrencyLimits limits,
    TimeProvider time
)
{
    public async Task RunAsync(HttpContext http, RequestDelegate next)
    {
        if (
            !http.Request.Path.StartsWithSegments(ApiRoutes.Base, StringComparison.Ordinal)
            && !http.Request.Path.StartsWithSegments("/-", StringComparison.Ordinal)
        )
        {
            await next(http);
            return;
        }
        var caller = await callers.FindAsync(http);
        using var place = caller?.Token is { } token ? limits.Enter(token, http.Request.Method) : null;
        var isTooMany = caller?.Token is not null && place is null;
        var fault = isTooMany ? null : faults.Take(http.Request.Method, http.Request.Path, caller?.User.Key);
        var wire = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        try
        {
            await (
                isTooMany
                    ? ApiPipeline.RefuseAsync(http, Refusal.TooManyAtOnce())
                    : FaultPlay.BeforeAsync(http, fault, time, () => next(http))
            );
        }
        finally
        {
            http.Response.Body = wire;
        }
        var written = FaultPlay.AfterCarryingOut(http, fault, buffer.ToArray());
        Record(http, caller, written);
        await FaultPlay.SendAsync(http, fault, written, time);
    }

    private void Record(HttpContext http, Caller? caller, byte[] body)
    {
        var request = http.Request;
        // Who a code or a sign-in stands for is known only afterwards.
        var user = caller?.User ?? http.Items[typeof(User)] as User;
        var text = IsSecret(request.Path)
            ? ""
            : Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, RequestLog.MostBody)));
        var path = request.Path + SecretQuery().Replace(request.QueryString.Value ?? "", "${name}***");
        var now = time.GetUtcNow();
        log.Add(sequence => new LoggedRequest(
            sequence,
            now,
            user?.Key,
            caller?.ClientId,
            request.Method,
            path,
            http.Response.StatusCode,
            Encoding.UTF8.GetBytes(SecretQuery().Replace(text, "${name}***"))
        ));
    }

    /// <summary>Answers that hold tokens, codes or form secrets.</summary>
    private static bool IsSecret(PathString path) =>
        path.StartsWithSegments("/-/oauth_token", StringComparison.Ordinal)
        || path.StartsWithSegments("/-/oauth_authorize", StringComparison.Ordinal)
        || path.StartsWithSegments("/-/sign_in", StringComparison.Ordinal)
        || path.StartsWithSegments("/-/sign_out", StringComparison.Ordinal);

    [GeneratedRegex(
        "(?<name>[?&](?:code|state|token|access_token|client_secret|signature)=)[^&\"\\\\ ]+",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex SecretQuery();
}
