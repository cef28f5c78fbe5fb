using Behalf.Server.Doors;
using Behalf.Tools;
using Grpc.Core;
using Microsoft.Extensions.Primitives;

namespace Behalf.Server.Api;

/// <summary>What an execute brings beside its message: the caller's key, and whether the answer reaches the caller.</summary>
internal static class ExecuteCall
{
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>From the header, which is gRPC's metadata too.</summary>
    /// <exception cref="RpcException">There are several: none of them is the one that is meant.</exception>
    public static string? IdempotencyKey(this ServerCallContext context)
    {
        StringValues given = context.GetHttpContext().Request.Headers[KeyHeader];
        return given.Count <= 1
            ? given.Count == 0
                ? null
                : given[0]
            : throw context.Refuse(Problem.Invalid("idempotency-key", "single", "may be given once"));
    }

    /// <summary>
    /// Delivered when the caller was there as the response began, and over gRPC until its end. A client that closes its
    /// connection once it has read the answer must not count as gone; one that vanishes within the last bytes cannot be
    /// told from it.
    /// </summary>
    public static AnswerDelivery TrackDelivery(this ServerCallContext context)
    {
        AnswerDelivery delivery = new();
        HttpContext http = context.GetHttpContext();
        bool isGrpc = ProblemAnswer.IsGrpc(http);
        CancellationToken aborted = http.RequestAborted;
        CancellationToken left = context.CancellationToken; // also when the caller's deadline has passed
        bool began = false;
        http.Response.OnStarting(() =>
        {
            began = !aborted.IsCancellationRequested && !left.IsCancellationRequested;
            return Task.CompletedTask;
        });
        http.Response.OnCompleted(() =>
        {
            delivery.End(began && !(isGrpc && left.IsCancellationRequested));
            return Task.CompletedTask;
        });
        return delivery;
    }
}
