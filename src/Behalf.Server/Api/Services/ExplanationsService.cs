using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Tools;
using Behalf.Wire.Explanations;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.Explanations</c>: whether a user may call a tool, and why. Calls nothing.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class ExplanationsService(ITools tools, RequestSubjects subjects) : Explanations.ExplanationsBase
{
    public override async Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context)
    {
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier);
        Explanation explanation = await tools.ExplainAsync(
            subject,
            new ToolCall
            {
                ToolName = request.ToolName,
                Arguments = StructJson.ToElement(request.Params, "params").OrThrow(context),
                Connection = context.ReadConnection("connector", request.Connector),
                ActingThrough = context.ActingThrough(),
            },
            context.CancellationToken
        );
        ExplainResponse response = new()
        {
            Verdict = NameOf(explanation.Verdict),
            ToolName = explanation.Tool?.Name ?? string.Empty,
            Connector = explanation.Tool?.Connection.Name.Value ?? string.Empty,
            ExplainedAt = Timestamp.FromDateTimeOffset(explanation.At),
        };
        response.Checks.AddRange(
            explanation.Checks.Select(check => new Wire.Explanations.ExplainedCheck
            {
                Check = check.Check,
                Verdict = NameOf(check.Verdict),
                Code = check.Code,
                Message = check.Message,
                KnownAt = check.KnownAt is { } knownAt ? Timestamp.FromDateTimeOffset(knownAt) : null,
            })
        );
        return response;
    }

    private static string NameOf(Verdict verdict) =>
        verdict switch
        {
            Verdict.Allowed => "allowed",
            Verdict.Refused => "refused",
            Verdict.Unknown => "unknown",
            _ => throw new InvalidOperationException($"Unknown verdict {verdict}."),
        };
}
