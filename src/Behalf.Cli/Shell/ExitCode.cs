namespace Behalf.Cli.Shell;

internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>A user must (re)connect first; the link stands on standard output.</summary>
    public const int NeedsAuthorization = 3;

    /// <summary>The server knows the request and says no.</summary>
    public const int Refused = 4;

    /// <summary>As shells say it for SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>As shells say it for SIGTERM.</summary>
    public const int Terminated = 143;
}
