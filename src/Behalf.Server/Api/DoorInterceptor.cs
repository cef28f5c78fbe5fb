using Behalf.Server.Api.Rules;
using Behalf.Server.Doors;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Behalf.Server.Api;

/// <summary>
/// Around every service method, gRPC and JSON alike: the request keeps its rules, and whatever goes wrong leaves as one
/// kind of status with details.
/// </summary>
internal sealed partial class DoorInterceptor(RequestRules rules, ILogger<DoorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        HttpContext http = context.GetHttpContext();
        try
        {
            if (request is IMessage message && rules.Check(message) is { } problem)
            {
                throw ProblemAnswer.ToException(http, problem);
            }

            return await continuation(request, context);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented && !HasDetails(exception))
        {
            throw ProblemStatus.Unimplemented(context.Method).ToRpcException();
        }
        catch (RpcException)
        {
            throw;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
        }
        catch (Exception exception)
        {
            Problem problem = Failures.ToProblem(exception, http.TraceIdentifier);
            if (problem.Code == Failures.InternalCode)
            {
                Log.Failed(logger, context.Method, http.TraceIdentifier, exception);
            }

            throw ProblemAnswer.ToException(http, problem);
        }
    }

    private static bool HasDetails(RpcException exception) =>
        exception.Trailers.Any(trailer => trailer.Key == ProblemAnswer.DetailsTrailer);

    private static partial class Log
    {
        [LoggerMessage(EventId = 110, Level = LogLevel.Error, Message = "{Method} failed ({TraceId})")]
        public static partial void Failed(ILogger logger, string method, string traceId, Exception exception);
    }
}
