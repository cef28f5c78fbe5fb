using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Vault;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Authorization;

/// <summary>Every combination of facts of a small world against the rules a decision must keep.</summary>
public sealed class RefreshDecisionTests
{
    private const long Known = 4;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Decision_KeepsTheRules_ForEveryCombinationOfFacts()
    {
        int seen = 0;
        foreach (Facts facts in All())
        {
            RefreshDecision decision = Decide(facts);
            string why = facts.ToString();
            seen++;
            if (facts.Status != CredentialStatus.Active)
            {
                decision.Should().BeOfType<RefreshDecision.Refuse>(why);
                continue;
            }

            bool hasEnded = facts.Left < TimeSpan.Zero;
            bool isUnknown =
                facts.Last is RefreshAttemptState.Sent or RefreshAttemptState.Unknown or RefreshAttemptState.Probed
                && facts.LastGeneration == facts.Generation;
            bool isLast = isUnknown && facts is { Last: RefreshAttemptState.Probed, Rotates: true };
            bool doesNoHarm = !facts.Rotates || facts.Grace - facts.SentAgo > RefreshDecision.Underway;
            bool mayStillWork = !hasEnded && (facts.Reason != FreshenReason.Rejected || facts.Generation > Known);
            switch (decision)
            {
                case RefreshDecision.Use use:
                    mayStillWork.Should().BeTrue(why);
                    bool isForItsEnd = facts.IsDue && facts is { Reason: FreshenReason.Due, IsHeldBack: false };
                    (isForItsEnd && facts.Generation == Known && use.HoldBack is null).Should().BeFalse(why);
                    break;
                case RefreshDecision.Expire expire:
                    (facts.HasRefresh && !isLast).Should().BeFalse(why);
                    mayStillWork.Should().BeFalse(why);
                    expire
                        .Reason.Should()
                        .Be(facts.HasRefresh ? AccountReasons.RefreshOutcomeUnknown : AccountReasons.NoRefreshToken);
                    break;
                case RefreshDecision.Wait:
                    facts.IsHeldBack.Should().BeTrue(why);
                    mayStillWork.Should().BeFalse(why);
                    isLast.Should().BeFalse(why);
                    break;
                case RefreshDecision.Send send:
                    facts.HasRefresh.Should().BeTrue(why);
                    facts.IsHeldBack.Should().BeFalse(why);
                    send.IsProbe.Should().Be(isUnknown, why);
                    send.MayStillWork.Should().Be(mayStillWork, why);
                    isLast.Should().BeFalse(why);
                    (facts.Generation > Known && !hasEnded).Should().BeFalse(why);
                    (isUnknown && mayStillWork && !doesNoHarm).Should().BeFalse(why);
                    (facts.Reason == FreshenReason.Due && !facts.IsDue && !hasEnded).Should().BeFalse(why);
                    break;
                default:
                    Assert.Fail($"{decision} for {why}");
                    break;
            }
        }

        seen.Should().BeGreaterThan(50_000);
    }

    [Fact]
    public void UnknownOutcome_IsProbedWithinTheGrace_AndNotAfter()
    {
        Facts facts = new(
            CredentialStatus.Active,
            Known,
            TimeSpan.FromMinutes(2),
            FreshenReason.BeforeUse,
            HasRefresh: true,
            Rotates: true,
            TimeSpan.FromSeconds(30),
            TimeSpan.FromSeconds(24),
            IsHeldBack: false,
            RefreshAttemptState.Sent,
            Known,
            IsDue: true
        );

        Decide(facts).Should().Be(new RefreshDecision.Send(IsProbe: true, MayStillWork: true));
        Decide(facts with { SentAgo = TimeSpan.FromSeconds(26) }).Should().BeOfType<RefreshDecision.Use>();
        Decide(facts with { SentAgo = null }).Should().BeOfType<RefreshDecision.Use>("a restored one, say");
        Decide(facts with { Rotates = false, SentAgo = null }).Should().BeOfType<RefreshDecision.Send>();
        Decide(facts with { SentAgo = TimeSpan.FromSeconds(26), Left = TimeSpan.FromSeconds(-1) })
            .Should()
            .Be(new RefreshDecision.Send(IsProbe: true, MayStillWork: false));
    }

    private RefreshDecision Decide(Facts facts)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var environment = new EnvironmentId(Guid.Parse("00000000-0000-7000-8000-000000000001"));
        var account = new AccountId(Guid.Parse("00000000-0000-7000-8000-000000000002"));
        var connection = new ConnectionId(Guid.Parse("00000000-0000-7000-8000-000000000003"));
        var key = new AccountKey(environment, account, [1], new RingKeyId(Guid.Empty));
        var subject = new RefreshSubject(
            new ConnectedAccount
            {
                Environment = environment,
                Id = account,
                Connection = connection,
                ConnectionName = ConnectionName.Parse("c"),
                Connector = "c",
                Identifier = Identifier.Parse("alice"),
                Incarnation = 1,
                Status = facts.Status,
                Generation = facts.Generation,
                GrantedScopes = ScopeSet.Empty,
                UpdatedAt = now,
                RowVersion = 1,
            },
            new SealedCredential
            {
                Key = key,
                Connection = connection,
                Generation = facts.Generation,
                AccessSealed = [1],
                RefreshSealed = facts.HasRefresh ? [1] : null,
                AccessExpiresAt = facts.Left is { } left ? now + left : null,
                GrantedScopes = ScopeSet.Empty,
            },
            facts.Last,
            facts.LastGeneration,
            facts.IsHeldBack ? now + TimeSpan.FromSeconds(30) : null,
            now - facts.SentAgo,
            facts.IsDue ? now - TimeSpan.FromSeconds(1) : now + TimeSpan.FromMinutes(1)
        );
        var profile = new OAuthProfile
        {
            Origin = new Uri("https://provider.example"),
            AuthorizePath = "/authorize",
            TokenPath = "/token",
            DefaultScopes = ScopeSet.Empty,
            Rotation = facts.Rotates ? RefreshRotation.Rotating : RefreshRotation.None,
            RotationGrace = facts.Grace,
        };
        var schedule = new RefreshSchedule(Options.Create(new BehalfOptions()), new SharedClock(_time));
        return RefreshDecision.Decide(subject, Known, facts.Reason, profile, schedule, now);
    }

    private static IEnumerable<Facts> All() =>
        from status in Enum.GetValues<CredentialStatus>()
        from generation in new[] { Known, Known + 1 }
        from left in new TimeSpan?[] { TimeSpan.FromHours(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(-1), null }
        from reason in Enum.GetValues<FreshenReason>()
        from hasRefresh in new[] { true, false }
        from rotates in new[] { true, false }
        from grace in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(30) }
        from sentAgo in new TimeSpan?[] { TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(28), null }
        from isHeldBack in new[] { true, false }
        from last in Enum.GetValues<RefreshAttemptState>()
        from lastGeneration in new[] { Known, Known + 1 }
        from isDue in new[] { true, false }
        select new Facts(
            status,
            generation,
            left,
            reason,
            hasRefresh,
            rotates,
            grace,
            sentAgo,
            isHeldBack,
            last,
            lastGeneration,
            isDue
        );

    private sealed record Facts(
        CredentialStatus Status,
        long Generation,
        TimeSpan? Left,
        FreshenReason Reason,
        bool HasRefresh,
        bool Rotates,
        TimeSpan Grace,
        TimeSpan? SentAgo,
        bool IsHeldBack,
        RefreshAttemptState Last,
        long LastGeneration,
        bool IsDue
    );
}
