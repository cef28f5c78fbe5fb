using Behalf.Audit;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Tests.Audit;

internal static class Calls
{
    public static EnvironmentId Environment { get; } = new(Guid.Parse("01900000-0000-7000-8000-000000000001"));

    public static CallIntent ByAlice()
    {
        Principal principal = new()
        {
            Kind = PrincipalKind.ServiceClient,
            Environment = Environment,
            ClientId = "app_team",
            DisplayName = "Team agent",
            Client = new ApiClientId(Guid.NewGuid()),
            ClientEpoch = 1,
        };
        return new CallIntent
        {
            Execution = new ExecutionId(Guid.NewGuid()),
            Subject = new ActingSubject(Environment, Identifier.Parse("alice"), new UserEpoch(1, 1), principal),
            Connection = new ConnectionId(Guid.NewGuid()),
            ConnectionName = ConnectionName.Parse("tracker"),
            PolicyRevision = 1,
            Account = new AccountId(Guid.NewGuid()),
            Tool = "tracker_create_task",
            NeededScopes = ScopeSet.Parse("tasks:write"),
            ArgumentDigest = new string('a', 64),
            ActingThrough = "grpc · Team agent",
            AgentRun = "run_1",
            Writes = true,
        };
    }

    public static AuditDraft Admin(string? detail = "alice's account was revoked by Erin") =>
        new()
        {
            Environment = Environment,
            Kind = AuditKind.Admin,
            Action = "account.revoked",
            Identifier = "alice",
            Detail = detail,
        };

    public static SealedCredential Credential(CallIntent intent) =>
        new()
        {
            Key = new AccountKey(Environment, intent.Account, [], new RingKeyId(Guid.NewGuid())),
            Connection = intent.Connection,
            Generation = 1,
            AccessSealed = [],
            GrantedScopes = intent.NeededScopes,
        };
}
