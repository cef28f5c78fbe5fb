using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Environments;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary>
/// <c>scalekit.v1.environments.EnvironmentService</c>, as far as it concerns agents. A service credential reads its own
/// environment's settings; changing them needs the operator.
/// </summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.Operator)]
internal sealed class EnvironmentService(IIdentity identity)
    : Wire.Environments.EnvironmentService.EnvironmentServiceBase
{
    /// <summary>Every environment has its settings from the start: creating them sets those that are given.</summary>
    [Accepts(PrincipalKind.Operator)]
    public override async Task<CreateAgentActionsConfigResponse> CreateAgentActionsConfig(
        CreateAgentActionsConfigRequest request,
        ServerCallContext context
    ) => new() { AgentActionsConfig = await ChangeAsync(context, request.Id, request.AgentActionsConfig) };

    public override async Task<GetAgentActionsConfigResponse> GetAgentActionsConfig(
        GetAgentActionsConfigRequest request,
        ServerCallContext context
    ) => new() { AgentActionsConfig = ToWire(await FindAsync(context, request.Id)) };

    [Accepts(PrincipalKind.Operator)]
    public override async Task<UpdateAgentActionsConfigResponse> UpdateAgentActionsConfig(
        UpdateAgentActionsConfigRequest request,
        ServerCallContext context
    ) => new() { AgentActionsConfig = await ChangeAsync(context, request.Id, request.AgentActionsConfig) };

    private async Task<DeploymentEnvironment> FindAsync(ServerCallContext context, string text)
    {
        DeploymentEnvironment? environment = EntityId.TryParse(text, out EnvironmentId id)
            ? await identity.FindEnvironmentAsync(id, context.CancellationToken)
            : null;
        bool isWithinReach = context.Principal().Environment is not { } own || own == environment?.Id;
        return environment is not null && isWithinReach
            ? environment
            : throw context.Refuse(Problem.NotFound("environment"));
    }

    private async Task<AgentActionsConfig> ChangeAsync(ServerCallContext context, string id, AgentActionsConfig? wanted)
    {
        DeploymentEnvironment environment = await FindAsync(context, id);
        EnvironmentChange change = new()
        {
            VerifyMode = wanted?.UserVerifyMode switch
            {
                ConnectedAccountUserVerifyMode.UserVerifyModeNone => VerifyMode.None,
                ConnectedAccountUserVerifyMode.UserVerifyModeB2B => VerifyMode.Application,
                ConnectedAccountUserVerifyMode.UserVerifyModeScalekitPlatform => VerifyMode.Hosted,
                _ => null,
            },
            DetailedErrorLogging = wanted is { HasDetailedErrorLogging: true } ? wanted.DetailedErrorLogging : null,
        };
        return ToWire(
            (
                await identity.ChangeEnvironmentAsync(
                    context.Principal(),
                    environment.Id,
                    change,
                    context.CancellationToken
                )
            ).OrThrow(context)
        );
    }

    private static AgentActionsConfig ToWire(DeploymentEnvironment environment) =>
        new()
        {
            UserVerifyMode = environment.VerifyMode switch
            {
                VerifyMode.None => ConnectedAccountUserVerifyMode.UserVerifyModeNone,
                VerifyMode.Application => ConnectedAccountUserVerifyMode.UserVerifyModeB2B,
                VerifyMode.Hosted => ConnectedAccountUserVerifyMode.UserVerifyModeScalekitPlatform,
                _ => throw new InvalidOperationException($"Unknown verify mode {environment.VerifyMode}."),
            },
            DetailedErrorLogging = environment.DetailedErrorLogging,
        };
}
