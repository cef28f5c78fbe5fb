using Behalf.Audit;
using Behalf.Identity;
using Behalf.Wire.Administration;
using Grpc.Core;
using AuditRecord = Behalf.Audit.AuditRecord;

namespace Behalf.Server.Api;

/// <summary>The audit trail of an environment, read, verified and redacted.</summary>
internal sealed class AdministeredTrail(
    IAudit audit,
    IAuditUpkeep upkeep,
    AdministeredEnvironment environments,
    PageTokens pages
)
{
    private const int DefaultPageSize = 100;

    public async Task<ListAuditResponse> ListAsync(ListAuditRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        AuditFilter filter = new(
            environment.Id,
            NullIfEmpty(request.Identifier),
            request.ExecutionId.Length == 0 ? null
                : EntityId.TryParse(request.ExecutionId, out ExecutionId execution) ? execution
                : throw context.Refuse(Problem.NotFound("execution")),
            request.Kind.Length == 0 ? null : Enum.Parse<AuditKind>(request.Kind, ignoreCase: true),
            NullIfEmpty(request.AgentRunId)
        );
        PageRequest wanted = pages.Read(context, request, request.PageToken, SizeOf(request.PageSize));
        if (request.Newest && wanted is { After: null, Before: null })
        {
            wanted = wanted with { Before = Guid.AllBitsSet };
        }

        await RecordReadingAsync(context, environment.Id, "audit.read");
        Page<AuditRecord> page = await audit.ListAsync(filter, wanted, context.CancellationToken);
        ListAuditResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.After(context, request, page.Next),
            PrevPageToken = pages.Before(context, request, page.Previous),
        };
        response.Records.AddRange(page.Items.Select(AdministrationWire.ToWire));
        return response;
    }

    public async Task<VerifyAuditResponse> VerifyAsync(VerifyAuditRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        await RecordReadingAsync(context, environment.Id, "audit.verified");
        AuditVerification verification = await audit.VerifyAsync(environment.Id, context.CancellationToken);
        VerifyAuditResponse response = new()
        {
            Whole = verification.IsWhole,
            Records = (ulong)verification.Records,
            Lanes = (uint)verification.Lanes,
            Checkpoints = (uint)verification.Checkpoints,
        };
        response.Faults.AddRange(
            verification.Faults.Select(fault => new Wire.Administration.AuditFault
            {
                Lane = fault.Lane,
                Sequence = (ulong)fault.Sequence,
                Description = fault.Description,
            })
        );
        return response;
    }

    public async Task<RedactAuditResponse> RedactAsync(RedactAuditRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        long records = (
            await upkeep.RedactAsync(
                environment.Id,
                Identifier.Parse(request.Identifier),
                context.Principal().ClientId,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new RedactAuditResponse { Records = (ulong)records };
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static int SizeOf(uint asked) => asked == 0 ? DefaultPageSize : (int)asked;

    /// <summary>Reading the trail is permissioned and itself recorded.</summary>
    private async Task RecordReadingAsync(ServerCallContext context, EnvironmentId environment, string action) =>
        (
            await audit.RecordAsync(
                new AuditDraft
                {
                    Environment = environment,
                    Kind = AuditKind.Admin,
                    Action = action,
                    Principal = context.Principal().ClientId,
                    ActingThrough = context.ActingThrough(),
                    Outcome = CallOutcomes.Success,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
}
