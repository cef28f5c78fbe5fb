using Behalf.Client;

namespace Behalf.Cli.Shell;

/// <summary>The CLI's one translation of errors: one plain sentence on standard error and a distinct exit code.</summary>
internal static class Failures
{
    public static async Task<int> GuardAsync(Invocation call, Func<Invocation, Task<int>> run)
    {
        try
        {
            return await run(call);
        }
        catch (CommandFailure failure)
        {
            call.Report.Fail(failure.Message);
            return failure.ExitCode;
        }
        catch (BehalfException failure)
        {
            foreach (var violation in failure.Violations)
            {
                call.Report.Warn($"{violation.Field}: {violation.Description}");
            }
            if (failure.AuthorizationLink is { } link)
            {
                call.Report.Link(link.AbsoluteUri);
            }
            call.Report.Fail(failure.Message);
            return ExitCodeOf(failure.Kind, failure.NeedsAuthorization);
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            call.Report.Fail("Stopped.");
            return call.Interrupts.StoppedExitCode;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            call.Report.Fail(failure.Message);
            return ExitCode.Failed;
        }
    }

    public static int ExitCodeOf(BehalfErrorKind kind, bool needsAuthorization) =>
        needsAuthorization ? ExitCode.NeedsAuthorization
        : kind is BehalfErrorKind.Forbidden or BehalfErrorKind.Unauthenticated ? ExitCode.Refused
        : ExitCode.Failed;
}
