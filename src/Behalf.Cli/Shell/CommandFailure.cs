namespace Behalf.Cli.Shell;

/// <summary>Ends a command with one sentence on standard error.</summary>
internal sealed class CommandFailure(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CommandFailure Failed(string message) => new(Shell.ExitCode.Failed, message);

    public static CommandFailure Usage(string message) => new(Shell.ExitCode.Usage, message);

    public static CommandFailure Refused(string message) => new(Shell.ExitCode.Refused, message);
}
