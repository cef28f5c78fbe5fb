using System.Web;

namespace Behalf.Cli.Commands.Agent;

/// <summary>What a person types or pastes: the one-time code, or the whole address the browser ended at.</summary>
internal static class TypedVerification
{
    /// <summary>
    /// The id or code to verify with. False with a reason for an address that is not of this authorization.
    /// </summary>
    public static bool TryRead(string typed, string state, out string authRequestId, out string objection)
    {
        authRequestId = typed.Trim();
        objection = "";
        if (!Uri.TryCreate(authRequestId, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            objection = authRequestId.Length == 0 ? "Nothing was typed." : "";
            return authRequestId.Length > 0;
        }
        var query = HttpUtility.ParseQueryString(url.Query);
        if (query["auth_request_id"] is not { Length: > 0 } id)
        {
            objection = "That address has no auth_request_id: paste the one the browser ended at.";
            return false;
        }
        if (query["state"] != state)
        {
            objection = "That address belongs to another authorization.";
            return false;
        }
        authRequestId = id;
        return true;
    }
}
