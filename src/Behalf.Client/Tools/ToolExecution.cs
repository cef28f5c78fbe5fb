using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.Tools;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>One execute, by whichever credential; decides which refusals are outcomes of the tool.</summary>
internal static class ToolExecution
{
    public static async Task<ToolOutcome> RunAsync<TCredential>(
        Rpc<TCredential> rpc,
        ToolService.ToolServiceClient tools,
        ExecuteToolRequest request,
        JsonObject arguments,
        string? idempotencyKey,
        CancellationToken cancellationToken
    )
        where TCredential : class
    {
        var (parameters, problem) = StructJson.ToStruct(arguments);
        if (problem is not null)
        {
            return new ToolOutcome.Failed("invalid_input", problem, null, NeedsAuthorization: false)
            {
                Kind = BehalfErrorKind.InvalidArgument,
            };
        }
        request.Params = parameters;
        // Also without the application's own: whatever sends this request twice then runs the tool once.
        var headers = new Metadata { { "idempotency-key", idempotencyKey ?? Guid.NewGuid().ToString("N") } };
        try
        {
            var response = await rpc.ExecuteAsync(
                    options => tools.ExecuteToolAsync(request, options),
                    headers,
                    cancellationToken
                )
                .ConfigureAwait(false);
            return new ToolOutcome.Succeeded(StructJson.ToJson(response.Data ?? new()), response.ExecutionId);
        }
        catch (BehalfException exception) when (IsOutcome(exception.Kind))
        {
            return new ToolOutcome.Failed(
                exception.Code,
                exception.Message,
                exception.ExecutionId,
                exception.NeedsAuthorization
            )
            {
                Kind = exception.Kind,
                Violations = exception.Violations,
                AuthorizationLink = exception.AuthorizationLink,
            };
        }
    }

    /// <summary>What a model or a person can act on; a dead credential or server is the application's business.</summary>
    private static bool IsOutcome(BehalfErrorKind kind) =>
        kind
            is BehalfErrorKind.ToolError
                or BehalfErrorKind.InvalidArgument
                or BehalfErrorKind.NotFound
                or BehalfErrorKind.Forbidden
                or BehalfErrorKind.AlreadyExists
                or BehalfErrorKind.FailedPrecondition
                or BehalfErrorKind.RateLimited
                or BehalfErrorKind.DeadlineExceeded;
}
