using System.CommandLine;

namespace Behalf.Cli.Shell;

/// <summary>Options that several commands share.</summary>
internal static class Options
{
    public static Option<string> Identifier() =>
        new("--identifier", "--user")
        {
            Description = "The user, as your application names them.",
            HelpName = "USER",
            Required = true,
        };

    public static Option<string?> IdentifierFilter() =>
        new("--identifier", "--user") { Description = "Only this user.", HelpName = "USER" };

    public static Option<string?> Connection(string description) =>
        new("--connection") { Description = description, HelpName = "NAME" };

    public static Option<string> Out() =>
        new("--out")
        {
            Description = "The file the secret is written to, readable by its owner only.",
            HelpName = "FILE",
            Required = true,
        };

    public static Option<bool> Force() => new("--force") { Description = "Write over an existing file." };

    public static Option<string[]> Many(string name, string help, string description) =>
        new(name)
        {
            Description = description,
            HelpName = help,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
}
