namespace Behalf.Cli.Commands.Agent;

/// <summary>A browser that came back and waits for what became of it.</summary>
/// <param name="AuthRequestId">What verification needs; null when the provider said no.</param>
/// <param name="Error">The provider's or the server's error code.</param>
internal sealed record Arrival(string? AuthRequestId, string? Error)
{
    private readonly TaskCompletionSource<Page> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Redirect(Uri next) => _answer.TrySetResult(Page.Redirect(next));

    public void Refuse(string message) => _answer.TrySetResult(Page.Refused(message));

    /// <summary>The first answer counts.</summary>
    public Task<Page> AnsweredAsync() => _answer.Task;
}
