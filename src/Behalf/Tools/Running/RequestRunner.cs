using System.Security.Cryptography;
using Behalf.Connections;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>Sends request steps and says what their answers mean. Writes are sent once.</summary>
internal sealed class RequestRunner(RunContext context, StepRunner steps)
{
    /// <value>In characters: a definition's sentence may hold values of the answer.</value>
    private const int MostOfAMessage = 600;

    /// <value>The longest wait a tool takes upon itself when the provider says "later".</value>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public async Task RunAsync(RequestStep step, RunScope scope, CancellationToken cancellationToken)
    {
        JToken? saved = null;
        JArray? joined = null;
        JToken? position = null;
        for (int page = 0; page < step.Pages; page++)
        {
            UpstreamRequest request = new RequestWriter(context, step).Write(scope, position);
            UpstreamOutcome outcome = await SendAsync(request, cancellationToken);
            if (step.Writes && IsUnknown(outcome, step))
            {
                saved = await ReconcileAsync(step, scope, cancellationToken);
                break;
            }

            ProviderAnswer answer = AnswerOf(outcome, step);
            if (answer.Status is < 200 or > 299 || HasFailed(answer, scope))
            {
                Refuse(step, answer, scope);
                break; // the rule says that this is not an error
            }

            position = context.Definition.Rules.Next is { } next
                ? answer.Ask(next, scope, found => found?.DeepClone())
                : null;
            saved = answer.Take(step.Select, scope);
            if (step.Pages > 1)
            {
                joined ??= [];
                joined.Add((saved is null ? null : context.Definition.Rules.Items.Evaluate(saved))?.Children() ?? []);
                saved = joined;
            }

            context.Wrote |= step.Writes;
            if (position is null)
            {
                break;
            }
        }

        if (step.Pages > 1 && position is not null)
        {
            context.Note($"Only the first {joined?.Count ?? 0} were read; there are more.");
        }

        scope.Save(step.Save, saved);
        scope.Save(step.SaveNext, position);
    }

    public async Task FetchAsync(FetchStep step, RunScope scope, CancellationToken cancellationToken)
    {
        string? text = step.Url.Evaluate(scope.Root) is { } token ? Tokens.TextOf(token) : null;
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            || uri.Scheme != Uri.UriSchemeHttps
            || uri.UserInfo.Length > 0
            || !step.Hosts.Any(host => IsHost(uri.Host, host))
        )
        {
            throw context.Fault(
                FaultKinds.InvalidInput,
                $"Files are fetched over https and only from {string.Join(", ", step.Hosts)}."
            );
        }

        await context.BeginRequestAsync();
        UpstreamOutcome outcome = await context.Upstream.FetchAsync(uri, step.Hosts, step.MaxBytes, cancellationToken);
        if (outcome is not UpstreamOutcome.Answered { Status: 200 } answered)
        {
            throw context.Fault(FaultKinds.ProviderError, "The file could not be fetched.");
        }

        context.CountBytes(answered.Body.Length);
        JObject file = new() { ["bytes"] = new JValue(answered.Body), ["size"] = (long)answered.Body.Length };
        if (HeaderOf(answered.Headers, "Content-Type") is { } type)
        {
            file["content_type"] = type;
        }

        scope.Save(step.Save, file);
    }

    private static bool IsHost(string host, string allowed) =>
        host.Equals(allowed, StringComparison.OrdinalIgnoreCase)
        || host.EndsWith($".{allowed}", StringComparison.OrdinalIgnoreCase);

    /// <summary>One request; once more only if the provider said that it did nothing and how short to wait.</summary>
    private async Task<UpstreamOutcome> SendAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        UpstreamOutcome outcome = await SendOnceAsync(request, cancellationToken);
        bool mayRepeat =
            context.Tool.Retry == RetryClass.Rejected
            && outcome is UpstreamOutcome.Answered { Status: 429 or 503 } refused
            && (!request.Writes || (refused.Status == 429 && context.Definition.OAuth.RejectsBeforeEffect));
        if (!mayRepeat || RetryAfter((UpstreamOutcome.Answered)outcome) is not { } wait || wait > LongestWait)
        {
            return outcome;
        }

        await Task.Delay(
            wait + TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(250)),
            context.Time,
            cancellationToken
        );
        return await SendOnceAsync(request, cancellationToken);
    }

    private async Task<UpstreamOutcome> SendOnceAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        await context.BeginRequestAsync();
        context.WriteInFlight = request.Writes;
        UpstreamOutcome outcome = await context.Upstream.SendAsync(request, cancellationToken);
        context.WriteInFlight = false;
        if (outcome is UpstreamOutcome.Answered answered)
        {
            context.LastStatus = answered.Status;
            context.CountBytes(answered.Body.Length);
        }

        return outcome;
    }

    /// <summary>A 5xx to a write says as little as no answer does, unless the step knows better.</summary>
    private static bool IsUnknown(UpstreamOutcome outcome, RequestStep step) =>
        outcome is UpstreamOutcome.Unknown
        || (
            outcome is UpstreamOutcome.Answered { Status: >= 500 and var status }
            && !step.On.Any(rule => rule.Matches is null && rule.Covers(status, ""))
        );

    private ProviderAnswer AnswerOf(UpstreamOutcome outcome, RequestStep step) =>
        outcome switch
        {
            UpstreamOutcome.Answered answered => ProviderAnswer.Read(answered)
                ?? throw (
                    step.Writes
                        ? context.Fault(FaultKinds.OutcomeUnknown, FaultSentences.Unknown(context.Definition.Name))
                        : context.Fault(
                            FaultKinds.ProviderError,
                            $"{context.Definition.Name} answered in a form that cannot be read."
                        )
                ),
            UpstreamOutcome.NotSent => throw context.Fault(
                FaultKinds.ProviderError,
                $"{context.Definition.Name} could not be reached; nothing was sent."
            ),
            UpstreamOutcome.Unknown => throw context.Fault(
                FaultKinds.ProviderError,
                $"{context.Definition.Name} did not answer in time."
            ),
            UpstreamOutcome.Unauthorized { Reason: UpstreamOutcome.Unauthorized.ThoughNew } => throw context.Fault(
                FaultKinds.AppBlocked
            ),
            UpstreamOutcome.Unauthorized => throw context.Fault(FaultKinds.ReconnectRequired),
            UpstreamOutcome.Stopped stopped => throw new ToolFault(FaultKinds.ProviderError, stopped.Problem.Message)
            {
                Stopped = stopped.Problem,
            },
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };

    private async Task<JToken> ReconcileAsync(RequestStep step, RunScope scope, CancellationToken cancellationToken)
    {
        if (step.Reconcile is { } reconcile)
        {
            try
            {
                await steps.RunAsync(reconcile.Steps, scope, cancellationToken);
                if (reconcile.Found.Evaluate(scope.Root) is { } found)
                {
                    context.Note(
                        $"{context.Definition.Name}'s reply was lost; the change was looked for and found, so it was not made twice."
                    );
                    return found.DeepClone();
                }
            }
            catch (ToolFault fault) when (fault.Stopped is null)
            {
                // Looking failed as well: the write's own outcome stays unknown, which is what is told.
            }
        }

        throw context.Fault(FaultKinds.OutcomeUnknown, FaultSentences.Unknown(context.Definition.Name));
    }

    /// <summary>Some providers refuse with a status that says success.</summary>
    private bool HasFailed(ProviderAnswer answer, RunScope scope) =>
        context.Definition.Rules.Failed is { } failed && answer.Ask(failed, scope, Tokens.IsTrue);

    private void Refuse(RequestStep step, ProviderAnswer answer, RunScope scope)
    {
        ProviderRules rules = context.Definition.Rules;
        string words =
            (
                rules.ProviderMessage is { } own
                    ? answer.Ask(own, scope, found => found is null ? null : Tokens.TextOf(found))
                    : null
            ) ?? "";
        ErrorRule? rule = step.On.Concat(rules.Errors).FirstOrDefault(one => one.Covers(answer.Status, words));
        if (rule is { Kind: null })
        {
            return;
        }

        string kind = rule?.Kind ?? (answer.Status == 429 ? FaultKinds.RateLimited : FaultKinds.ProviderError);
        TimeSpan? retryAfter =
            kind == FaultKinds.RateLimited ? answer.RetryAfter(context.Time) ?? TimeSpan.FromSeconds(1) : null;
        string sentence =
            answer.With(scope, () => rule?.Message?.Evaluate(scope.Root)) is { } message
            && Tokens.TextOf(message) is { } told
                ? PlainText.Cut(PlainText.Clean(told), MostOfAMessage)
                : FaultSentences.For(kind, context.Definition.Name, answer.Status, retryAfter);
        throw new ToolFault(
            kind,
            rule is { Quote: true } ? FaultSentences.Quote(sentence, context.Definition, words) : sentence
        )
        {
            ProviderStatus = answer.Status,
            RetryAfter = retryAfter,
        };
    }

    private TimeSpan? RetryAfter(UpstreamOutcome.Answered answered) =>
        ProviderAnswer.RetryAfter(answered.Headers, context.Time);

    private static string? HeaderOf(IReadOnlyDictionary<string, string> headers, string name) =>
        headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
