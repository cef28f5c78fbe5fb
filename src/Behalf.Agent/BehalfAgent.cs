using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Behalf.Client;
using Microsoft.Extensions.AI;

namespace Behalf.Agent;

/// <summary>
/// The agent loop: a prompt, the user's tools, and a model that calls them until it ends its turn. The user is the
/// client's user, fixed for the run; neither the model nor a tool result can choose another. Safe to use for several
/// runs at once.
/// </summary>
/// <param name="model">The model. Its own retries should be off: the loop repeats a turn only before its tools ran.</param>
/// <param name="timeProvider">The clock of limits and waits. Default: the system's.</param>
public sealed class BehalfAgent(IChatClient model, TimeProvider? timeProvider = null)
{
    private const int BufferedEvents = 256;

    private readonly TimeProvider clock = timeProvider ?? TimeProvider.System;

    /// <summary>
    /// Runs one prompt. Leaving the enumeration ends the run. Every run that is not cancelled ends with
    /// <see cref="AgentEvent.Completed"/>, whatever went wrong at the model or at Behalf. What the application's own
    /// callbacks throw comes out of the enumeration.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async IAsyncEnumerable<AgentEvent> RunAsync(
        string prompt,
        IUserClient user,
        AgentOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(prompt);
        ArgumentNullException.ThrowIfNull(user);
        options ??= new AgentOptions();
        if (prompt.Length > options.Limits.PromptLength)
        {
            throw new ArgumentException(
                $"The prompt is longer than {options.Limits.PromptLength} characters.",
                nameof(prompt)
            );
        }

        var events = Channel.CreateBounded<AgentEvent>(BufferedEvents);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var run = new AgentRun(model, user, options, clock, events.Writer);
        var loop = run.RunAsync(prompt, stop.Token);
        try
        {
            await foreach (var happened in events.Reader.ReadAllAsync(CancellationToken.None))
            {
                yield return happened;
            }

            await loop;
        }
        finally
        {
            await stop.CancelAsync();
            await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
