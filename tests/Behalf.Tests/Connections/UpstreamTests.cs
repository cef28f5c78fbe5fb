using System.Text;
using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.TestAuthorizationServer;
using Behalf.Tests.Authorization;
using Behalf.Vault;

namespace Behalf.Tests.Connections;

public sealed class UpstreamTests
{
    private static readonly UpstreamRequest Read = new()
    {
        Operation = "whoami",
        Method = HttpMethod.Get,
        Path = "/whoami",
        Writes = false,
    };

    private static readonly UpstreamRequest Write = Read with
    {
        Operation = "createTask",
        Method = HttpMethod.Post,
        Path = "/tasks",
        Content = () => new StringContent("{}", Encoding.UTF8, "application/json"),
        Writes = true,
    };

    [Fact]
    public async Task EachCall_UsesItsOwnUsersToken_WhenFiftyRunAtOnce()
    {
        await using World world = await ConnectedAsync();
        await Browser.ConnectAsync(world, "bob");
        IUpstream alice = await OpenAsync(world, "alice");
        IUpstream bob = await OpenAsync(world, "bob");
        UpstreamOutcome[] answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? alice : bob).SendAsync(Read, World.Cancel))
        );
        for (int i = 0; i < answers.Length; i++)
        {
            BodyOf(answers[i]).Should().Be(i % 2 == 0 ? """{"user":"alice"}""" : """{"user":"bob"}""");
        }
    }

    [Fact]
    public async Task Rejected_Read_CausesOneRefreshAndOneRepeat()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        world.Time.Advance(TimeSpan.FromMinutes(2));
        world.Provider.EndAccessTokens("alice");
        BodyOf(await upstream.SendAsync(Read, World.Cancel)).Should().Be("""{"user":"alice"}""");
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
        world.Provider.Received.Count(r => r.Endpoint == "api").Should().Be(2);
    }

    [Fact]
    public async Task SecondRejection_IsUnauthorized_WithoutAThirdRequest()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        world.Time.Advance(TimeSpan.FromMinutes(2));
        world.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));
        world.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));
        (await upstream.SendAsync(Read, World.Cancel))
            .Should()
            .Be(new UpstreamOutcome.Unauthorized(UpstreamOutcome.Unauthorized.ThoughNew));
        world.Provider.Received.Count(r => r.Endpoint == "api").Should().Be(2);
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);

        world.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));
        (await upstream.SendAsync(Read, World.Cancel))
            .Should()
            .Be(new UpstreamOutcome.Unauthorized(UpstreamOutcome.Unauthorized.ThoughNew));
        world
            .Provider.CountTokenRequests("refresh_token")
            .Should()
            .Be(1, "a token renewed just now is not renewed again");
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task Rejected_Write_IsRepeated_OnlyIfTheProviderRejectsFirst(bool rejectsFirst, int requests)
    {
        await using World world = await ConnectedAsync(p => p with { RejectsBeforeEffect = rejectsFirst });
        IUpstream upstream = await OpenAsync(world, "alice", writes: true);
        world.Time.Advance(TimeSpan.FromMinutes(2));
        world.Provider.EndAccessTokens("alice");
        UpstreamOutcome outcome = await upstream.SendAsync(Write, World.Cancel);
        outcome
            .GetType()
            .Should()
            .Be(rejectsFirst ? typeof(UpstreamOutcome.Answered) : typeof(UpstreamOutcome.Unknown));
        world.Provider.Received.Count(r => r.Endpoint == "api").Should().Be(requests);
        (await world.AuditAsync()).Count(r => r.Draft.Kind == AuditKind.Request).Should().Be(requests);
    }

    [Fact]
    public async Task LostReplyOfAWrite_IsUnknown_AndNeverSentAgain()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice", writes: true);
        world.Provider.AnswerNextApiRequest(new OddReply.Cut(IsCarriedOut: true));
        (await upstream.SendAsync(Write, World.Cancel)).Should().BeOfType<UpstreamOutcome.Unknown>();
        world.Provider.Received.Count(r => r.Endpoint == "api").Should().Be(1);
    }

    [Fact]
    public async Task Token_IsPutOn_WhereTheDefinitionSays_AndNoCallerSetsThatHeader()
    {
        await using World world = await ConnectedAsync(p => p with { TokenHeader = "X-Access", TokenPrefix = "Key " });
        IUpstream upstream = await OpenAsync(world, "alice");
        string header = "";
        world.Provider.Api = context =>
        {
            header = context.Request.Headers["X-Access"].ToString();
            context.Request.Headers.Authorization.Should().BeEmpty();
            return Task.CompletedTask;
        };

        await upstream.SendAsync(Read with { Headers = [new("x-access", "the caller's")] }, World.Cancel);

        header.Should().StartWith("Key ");
        world.Provider.Issued.Should().Contain(header[4..]);
    }

    [Fact]
    public async Task UnreachableProvider_IsNotSent()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        await world.Provider.DisposeAsync();
        (await upstream.SendAsync(Read, World.Cancel)).Should().BeOfType<UpstreamOutcome.NotSent>();
    }

    [Fact]
    public async Task StaleCredential_IsRefreshedBeforeUse()
    {
        await using World world = await ConnectedAsync();
        world.Time.Advance(TimeSpan.FromMinutes(58));
        IUpstream upstream = await OpenAsync(world, "alice");
        BodyOf(await upstream.SendAsync(Read, World.Cancel)).Should().Be("""{"user":"alice"}""");
        world.Provider.CountTokenRequests("refresh_token").Should().Be(1);
    }

    [Fact]
    public async Task AlteredCredential_FailsThisAccountAlone_AndRaisesAnAlarm()
    {
        await using World world = await ConnectedAsync();
        await Browser.ConnectAsync(world, "bob");
        StartedCall call = (await world.StartCallAsync("alice")).Value!;
        byte[] altered = [.. call.Credential.AccessSealed];
        altered[^1] ^= 1;
        call = call with { Credential = call.Credential with { AccessSealed = altered } };
        Result<IUpstream> upstream = await world.Connections.OpenAsync(call, world.Connection, World.Cancel);
        UpstreamOutcome outcome = await upstream.Value!.SendAsync(Read, World.Cancel);
        outcome.Should().Be(new UpstreamOutcome.Unauthorized(AccountReasons.CredentialUnreadable));
        world.Provider.Received.Should().NotContain(r => r.Endpoint == "api");
        (await world.AccountAsync("alice")).Reason.Should().Be(AccountReasons.CredentialUnreadable);
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Expired);
        (await world.AccountAsync("bob")).State.Should().Be(AccountState.Active);
        world.Logs.Lines.Should().Contain(line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CallThatOutlivesARingKey_GoesOn()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        RingKeyId old = (await world.CredentialAsync("alice")).Key.RingKey;
        IKeyRotation rotation = world.Get<IKeyRotation>();
        (await rotation.RotateAsync(RingKeyKind.Data, "test", world.Environment.Id, World.Cancel))
            .Succeeded.Should()
            .BeTrue();
        await TurnAsync(world);
        world.Time.Advance(KeyRest.Length);
        (await rotation.DestroyAsync(old, "test", world.Environment.Id, World.Cancel)).Problem.Should().BeNull();
        await TurnAsync(world);

        BodyOf(await upstream.SendAsync(Read, World.Cancel)).Should().Be("""{"user":"alice"}""");

        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task RefreshUnderWay_KeepsTheRingKeyItBeganWith()
    {
        await using World world = await ConnectedAsync();
        SealedCredential stale = await world.CredentialAsync("alice");
        IKeyRotation rotation = world.Get<IKeyRotation>();
        world.Time.Advance(TimeSpan.FromMinutes(61));
        Gate gate = new();
        world.Client.NextTokenReplies.Enqueue(new OddReply.Held(gate));
        Task<FreshCredential> refreshing = world.Authorization.FreshenAsync(
            stale,
            world.Connection,
            FreshenReason.BeforeUse,
            World.Cancel
        );
        await gate.Arrived;
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await rotation.RotateAsync(RingKeyKind.Data, "test", world.Environment.Id, World.Cancel);
        await TurnAsync(world);
        Task<Result<Done>> DestroyAsync() =>
            rotation.DestroyAsync(stale.Key.RingKey, "test", world.Environment.Id, World.Cancel);
        (await DestroyAsync()).Problem!.Code.Should().Be("key_in_use");

        gate.Open();
        SealedCredential fresh = (await refreshing).Should().BeOfType<FreshCredential.Usable>().Which.Credential;

        fresh.Generation.Should().Be(2);
        (await world.CredentialAsync("alice")).Key.RingKey.Should().NotBe(stale.Key.RingKey, "it was moved meanwhile");
        world.Time.Advance(KeyRest.Length);
        (await DestroyAsync()).Problem.Should().BeNull();
        await TurnAsync(world);
        world.Get<IVault>().OpenAccess(await world.CredentialAsync("alice")).Dispose();
    }

    [Fact]
    public async Task AnotherUsersCiphertext_DoesNotOpen()
    {
        await using World world = await ConnectedAsync();
        await Browser.ConnectAsync(world, "bob");
        StartedCall call = (await world.StartCallAsync("alice")).Value!;
        SealedCredential bobs = await world.CredentialAsync("bob");
        call = call with { Credential = call.Credential with { AccessSealed = bobs.AccessSealed } };
        Result<IUpstream> upstream = await world.Connections.OpenAsync(call, world.Connection, World.Cancel);
        (await upstream.Value!.SendAsync(Read, World.Cancel)).Should().BeOfType<UpstreamOutcome.Unauthorized>();
        world.Provider.Received.Should().NotContain(r => r.Endpoint == "api");
    }

    [Fact]
    public async Task PathOutsideTheBase_SendsNothing()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        UpstreamOutcome outcome = await upstream.SendAsync(Read with { Path = "/../token" }, World.Cancel);
        outcome.Should().BeOfType<UpstreamOutcome.Stopped>().Which.Problem.Code.Should().Be("path_refused");
        world.Provider.Received.Should().NotContain(r => r.Endpoint == "api");
    }

    [Fact]
    public async Task Fetch_CarriesNoCredential_AndStaysOnTheNamedHosts()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        var uri = new Uri($"{world.Provider.Origin}/api/file");
        UpstreamOutcome fetched = await upstream.FetchAsync(uri, ["127.0.0.1"], 1024, World.Cancel);
        fetched.Should().BeOfType<UpstreamOutcome.Answered>().Which.Status.Should().Be(401);
        (await upstream.FetchAsync(uri, ["files.example"], 1024, World.Cancel))
            .Should()
            .BeOfType<UpstreamOutcome.NotSent>();
        (await upstream.FetchAsync(new Uri("https://evilfiles.example/x"), ["files.example"], 1024, World.Cancel))
            .Should()
            .BeOfType<UpstreamOutcome.NotSent>();
        world.Provider.Received.Single(r => r.Endpoint == "api").User.Should().BeNull();
    }

    [Fact]
    public async Task CallThatOutlivesARevoke_GetsNoNewToken()
    {
        await using World world = await ConnectedAsync();
        IUpstream upstream = await OpenAsync(world, "alice");
        await world.Connections.DisconnectAsync(world.Service, await world.AccountAsync("alice"), World.Cancel);
        world.Time.Advance(TimeSpan.FromMinutes(61));
        (await upstream.SendAsync(Read, World.Cancel)).Should().BeOfType<UpstreamOutcome.Unauthorized>();
        world.Provider.CountTokenRequests("refresh_token").Should().Be(0);
    }

    /// <summary>What the background does about the ring, until there is nothing left to do.</summary>
    private static async Task TurnAsync(World world)
    {
        for (int turn = 0; turn < 4; turn++)
        {
            await world.Get<IKeyRotation>().TurnAsync(world.Environment.Id, 100, World.Cancel);
        }
    }

    private static async Task<World> ConnectedAsync(Func<OAuthProfile, OAuthProfile>? profile = null)
    {
        World world = await World.StartAsync(profile);
        await Browser.ConnectAsync(world, "alice");
        return world;
    }

    private static async Task<IUpstream> OpenAsync(World world, string identifier, bool writes = false)
    {
        Result<StartedCall> call = await world.StartCallAsync(identifier, writes);
        call.Problem.Should().BeNull();
        Result<IUpstream> upstream = await world.Connections.OpenAsync(call.Value!, world.Connection, World.Cancel);
        upstream.Problem.Should().BeNull();
        return upstream.Value!;
    }

    private static string BodyOf(UpstreamOutcome outcome)
    {
        UpstreamOutcome.Answered answered = outcome.Should().BeOfType<UpstreamOutcome.Answered>().Subject;
        answered.Status.Should().Be(200);
        return Encoding.UTF8.GetString(answered.Body);
    }
}
