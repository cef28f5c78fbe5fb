using Behalf.People;

namespace Behalf.Authorization;

/// <summary>
/// Verification by our own sign-in: the person in the browser has to be the flow's, when the page is shown, when the button
/// is pressed, and when the provider answers.
/// </summary>
internal static class HostedVerification
{
    /// <value>What the page calls an application when the person's own MCP clients are it.</value>
    public const string Application = "Behalf";

    public static bool IsOwn(AuthorizationFlow flow, BrowserUser? visitor) =>
        visitor is not null && visitor.Environment == flow.Environment && visitor.Identifier == flow.Identifier;

    public static string Describe(AuthorizationFlow flow, BrowserUser? visitor) =>
        visitor is null
            ? $"the link was made for \"{flow.Identifier}\", nobody was signed in in the browser"
            : $"the link was made for \"{flow.Identifier}\", the person in the browser is \"{visitor.Identifier}\"";
}
