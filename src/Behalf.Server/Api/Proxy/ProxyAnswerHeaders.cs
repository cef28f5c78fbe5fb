using Behalf.Proxy;

namespace Behalf.Server.Api.Proxy;

/// <summary>The head of a provider's answer as the caller gets it.</summary>
internal static class ProxyAnswerHeaders
{
    /// <value>The call's id in the audit trail.</value>
    public const string Execution = "behalf-execution-id";

    /// <value>Stands on a provider's answer only, so that a status of ours is never taken for one of theirs.</value>
    private const string AnsweredBy = "behalf-answered-by";

    public static void Write(HttpResponse response, ProxyAnswer answer)
    {
        response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
        {
            response.Headers.Append(name, value);
        }

        response.Headers[Execution] = answer.Execution.ToString();
        response.Headers[AnsweredBy] = "provider";
        // One user's answer, on an origin that also has pages of ours: kept by nobody, and run by no browser.
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
    }
}
