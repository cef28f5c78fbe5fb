using Behalf.Identity;
using Behalf.Server.Doors;
using Grpc.Core;

namespace Behalf.Server.Api;

internal static class CallExtensions
{
    public static Principal Principal(this ServerCallContext context) => Caller.Of(context.GetHttpContext());

    /// <summary>The value, or the problem as the exception that the door turns into a status.</summary>
    public static T OrThrow<T>(this Result<T> result, ServerCallContext context)
        where T : notnull => result.Succeeded ? result.Value : throw context.Refuse(result.Problem);

    public static RpcException Refuse(this ServerCallContext context, Problem problem) =>
        ProblemAnswer.ToException(context.GetHttpContext(), problem);

    /// <summary>The door and what the caller is called, for the audit.</summary>
    public static string ActingThrough(this ServerCallContext context) =>
        $"{(ProblemAnswer.IsGrpc(context.GetHttpContext()) ? "grpc" : "rest")} · {context.Principal().DisplayName}";

    /// <summary>The environment of the credential; operators name one, and this is for doors they do not enter.</summary>
    public static EnvironmentId Environment(this ServerCallContext context) =>
        context.Principal().Environment
        ?? throw new InvalidOperationException("An operator has no environment of its own.");

    /// <summary>A connection's name from a request field; null when the field is empty.</summary>
    public static ConnectionName? ReadConnection(this ServerCallContext context, string field, string text) =>
        text.Length == 0 ? null
        : ConnectionName.TryParse(text, out ConnectionName name, out string? problem) ? name
        : throw context.Refuse(Problem.Invalid(field, "connection_name", problem));

    /// <summary>As <see cref="ReadConnection"/>, where the field may not be empty.</summary>
    public static ConnectionName RequireConnection(this ServerCallContext context, string field, string text) =>
        context.ReadConnection(field, text)
        ?? throw context.Refuse(Problem.Invalid(field, "required", "names the connection and is required"));
}
