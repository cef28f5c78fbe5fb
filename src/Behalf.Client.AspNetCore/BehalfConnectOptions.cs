using Microsoft.Extensions.Options;

namespace Behalf.Client.AspNetCore;

/// <summary>How people connect their accounts in this application.</summary>
public sealed class BehalfConnectOptions
{
    /// <value>
    /// The application's own origin as browsers see it, such as <c>https://app.acme.com</c>: people are sent back there.
    /// A path is ignored. Null: the request's own origin, on loopback addresses only, since elsewhere the Host header is
    /// whatever the sender wrote.
    /// </value>
    public Uri? PublicUrl { get; set; }

    /// <value>Where a person lands who named no place of their own; a path of this application.</value>
    public string AfterConnect { get; set; } = "/";
}

internal sealed class BehalfConnectOptionsValidator : IValidateOptions<BehalfConnectOptions>
{
    public ValidateOptionsResult Validate(string? name, BehalfConnectOptions options)
    {
        List<string> faults = [];
        if (options.PublicUrl is { } url && !IsAcceptable(url))
        {
            faults.Add($"PublicUrl '{url}' must be an https origin; http is for loopback only.");
        }
        if (!LocalPath.IsLocal(options.AfterConnect))
        {
            faults.Add(
                $"AfterConnect '{options.AfterConnect}' must be a path of this application, such as '/settings'."
            );
        }
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static bool IsAcceptable(Uri url) =>
        url.IsAbsoluteUri
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url.UserInfo.Length == 0;
}
