using System.CommandLine;

namespace Behalf.Cli.Commands.Connection;

/// <summary>The proxy's mode, as commands take and show it.</summary>
internal static class ProxyFeature
{
    public static Option<string?> Option(string description)
    {
        var option = new Option<string?>("--proxy") { Description = description, HelpName = "MODE" };
        option.AcceptOnlyFromAmong("default", "off", "read", "full");
        return option;
    }

    public static string Text(string mode) =>
        mode == "default" ? "full for service credentials, off for user sessions and beside allowed tools" : mode;
}
