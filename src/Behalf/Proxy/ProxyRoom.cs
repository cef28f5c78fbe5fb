using System.Text;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Limits;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Proxy;

/// <summary>The walk of one request, in the order in which it is told.</summary>
internal sealed class ProxyRoom(
    ProxyTargets targets,
    ILimits limits,
    IAudit audit,
    IConnections connections,
    IReconnectLinks links,
    IVault vault,
    IOptions<BehalfOptions> options,
    TimeProvider time
) : IProxy
{
    private const string UnknownOperation = "unknown";

    public async Task<Result<ProxyAnswer>> SendAsync(
        ActingSubject subject,
        ProxyRequest request,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(request);
        using CallMeasure measure = new("proxy", time);
        Result<ProxyAnswer> answer = measure.End(await RunAsync(subject, request, measure, cancellationToken));
        return answer.Succeeded ? answer : await links.AddToAsync(subject, answer.Problem, cancellationToken);
    }

    private async Task<Result<ProxyAnswer>> RunAsync(
        ActingSubject subject,
        ProxyRequest request,
        CallMeasure measure,
        CancellationToken cancellationToken
    )
    {
        Result<ProxyTarget> found = await targets.FindAsync(subject, request, cancellationToken);
        if (!found.Succeeded)
        {
            return await RefuseAsync(subject, request, null, found.Problem, cancellationToken);
        }

        ProxyTarget target = found.Value;
        measure.Is(target.Connection.Connector, tool: null);
        Result<UpstreamRequest> check = Check(request, target);
        if (!check.Succeeded)
        {
            return await RefuseAsync(subject, request, target, check.Problem, cancellationToken);
        }

        Result<IDisposable> entered = limits.EnterCall(subject, target.Connection);
        if (!entered.Succeeded)
        {
            return entered.Problem;
        }

        // The answer keeps its place until its last byte is through.
        IDisposable place = entered.Value;
        Result<ProxyAnswer>? answer = null;
        try
        {
            answer = await StartAsync(subject, request, target, check.Value, cancellationToken);
            if (answer is { Succeeded: true } begun)
            {
                begun.Value.Holds(place);
            }

            return answer.Value;
        }
        finally
        {
            if (answer is not { Succeeded: true })
            {
                place.Dispose();
            }
        }
    }

    private async Task<Result<ProxyAnswer>> StartAsync(
        ActingSubject subject,
        ProxyRequest request,
        ProxyTarget target,
        UpstreamRequest upstream,
        CancellationToken cancellationToken
    )
    {
        ProxyBody body = await ProxyBody.ReadAsync(request.Content, cancellationToken);
        Result<StartedCall> started = await audit.StartAsync(
            IntentOf(subject, request, target, body),
            cancellationToken
        );
        return started.Succeeded
            ? await CarryOutAsync(started.Value, target, With(upstream, body), cancellationToken)
            : started.Problem; // the refusal was recorded where it was found
    }

    private Result<UpstreamRequest> Check(ProxyRequest request, ProxyTarget target)
    {
        ProxyOptions bounds = options.Value.Proxy;
        if (ProxyMethods.ProblemWith(request.Method) is { } method)
        {
            return method;
        }

        if (!UpstreamPath.TryJoin(target.Connection.BaseUrl, request.Path, request.Query, out _))
        {
            return Problem.Invalid(
                "path_refused",
                "The path or query cannot be sent as it is: it would leave the connection's base URL, is not encoded, or is too long."
            );
        }

        if (request.Content?.Length > bounds.MaxBytes)
        {
            return Problem.Invalid("body_too_large", $"The body is larger than {bounds.MaxBytes} bytes.");
        }

        return ProxyHeaders
            .ForProvider(request.Headers)
            .To(headers => new UpstreamRequest
            {
                Operation = $"{request.Method} {request.Path}",
                Method = request.Method,
                Path = request.Path,
                RawQuery = request.Query,
                Headers = headers,
                Writes = target.Writes,
                Timeout = bounds.Timeout,
                IdleTimeout = bounds.IdleTimeout,
                MaxResponseBytes = bounds.MaxBytes,
            });
    }

    private static UpstreamRequest With(UpstreamRequest request, ProxyBody body) =>
        request with
        {
            Content = body.Content is null ? null : body.Make,
            IsRepeatable = body.IsRepeatable,
        };

    private CallIntent IntentOf(ActingSubject subject, ProxyRequest request, ProxyTarget target, ProxyBody body) =>
        new()
        {
            Execution = EntityId.New<ExecutionId>(time),
            Subject = subject,
            Connection = target.Connection.Id,
            ConnectionName = target.Connection.Name,
            PolicyRevision = target.Connection.PolicyRevision,
            Account = target.Account.Id,
            Tool = NameOf(target),
            NeededScopes = target.NeededScopes,
            ArgumentDigest = DigestOf(request, body),
            ActingThrough = request.ActingThrough,
            AgentRun = request.AgentRun,
            Writes = target.Writes,
        };

    private async Task<Result<ProxyAnswer>> CarryOutAsync(
        StartedCall started,
        ProxyTarget target,
        UpstreamRequest request,
        CancellationToken cancellationToken
    )
    {
        // A write, once begun, is not cut short by a caller that leaves: its outcome would be unknown for nothing.
        CancellationToken leaving = target.Writes ? CancellationToken.None : cancellationToken;
        try
        {
            Result<IUpstream> upstream = await connections.OpenAsync(started, target.Connection, leaving);
            UpstreamOutcome outcome = upstream.Succeeded
                ? await upstream.Value.StreamAsync(request, leaving)
                : new UpstreamOutcome.Stopped(upstream.Problem);
            return await EndAsync(started, target, outcome, hasBody: request.Method != HttpMethod.Head);
        }
        catch (Exception failure)
        {
            // A bug, or a caller that left before the answer came: the intent gets its end, the exception goes on.
            string end =
                target.Writes ? CallOutcomes.OutcomeUnknown
                : failure is OperationCanceledException ? CallOutcomes.Cancelled
                : CallOutcomes.PlatformError;
            await audit.CompleteAsync(started, new CallCompletion(end));
            throw;
        }
    }

    private async Task<Result<ProxyAnswer>> EndAsync(
        StartedCall started,
        ProxyTarget target,
        UpstreamOutcome outcome,
        bool hasBody
    )
    {
        if (outcome is not UpstreamOutcome.Streaming { Answer: var answer })
        {
            (CallCompletion completion, Problem problem) = ProxyOutcomes.Of(outcome, target.Definition.Name, started);
            await audit.CompleteAsync(started, completion);
            return problem;
        }

        // A write's outcome is known now, and is on record before the caller hears of it.
        if (target.Writes)
        {
            await audit.CompleteAsync(started, ProxyOutcomes.Of(answer.Status, writes: true));
        }

        return new ProxyAnswer(answer, started, audit, isCompleted: target.Writes, hasBody);
    }

    private async Task<Result<ProxyAnswer>> RefuseAsync(
        ActingSubject subject,
        ProxyRequest request,
        ProxyTarget? target,
        Problem problem,
        CancellationToken cancellationToken
    )
    {
        await audit.DenyAsync(
            new AuditDraft
            {
                Environment = subject.Environment,
                Kind = AuditKind.Denial,
                Action = CallRecords.CallAction,
                Identifier = subject.Identifier.Value,
                Principal = subject.Principal.ClientId,
                ActingThrough = request.ActingThrough,
                AgentRun = request.AgentRun,
                Connection = request.Connection.Value,
                Account = target?.Account.Id,
                Tool = target is null ? null : NameOf(target),
                Outcome = problem.Code,
                Detail = $"{request.Method} {request.Path}",
            },
            cancellationToken
        );
        return problem;
    }

    private static string NameOf(ProxyTarget target) => $"proxy:{target.Operation?.Id ?? UnknownOperation}";

    /// <summary>Over method, path, query and, where it was read beforehand, the body; each with its length in front.</summary>
    private string DigestOf(ProxyRequest request, ProxyBody body)
    {
        using MemoryStream canonical = new();
        using (BinaryWriter writer = new(canonical, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(request.Method.Method);
            writer.Write(request.Path);
            writer.Write(request.Query);
            writer.Write(body.Small?.Length ?? 0);
            writer.Write(body.Small ?? []);
        }

        return Convert.ToHexStringLower(vault.Mac("proxy_digest", canonical.ToArray()));
    }
}
