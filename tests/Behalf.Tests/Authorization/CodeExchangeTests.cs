using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.TestAuthorizationServer;

namespace Behalf.Tests.Authorization;

public sealed class CodeExchangeTests
{
    public static TheoryData<string, int, string, string> OddAnswers =>
        new()
        {
            { "application/json", 200, """{"access_token":"at-x","expires_in":3600}""", "no token_type" },
            { "application/json", 200, """{"access_token":"at-x","token_type":"mac"}""", "another type" },
            { "application/json", 200, """{"token_type":"bearer"}""", "no token" },
            { "application/json", 200, """{"access_token":"","token_type":"bearer"}""", "an empty token" },
            { "application/json", 200, """{"access_token":"a\r\nb","token_type":"bearer"}""", "CR LF in the token" },
            { "application/json", 200, """{"access_token":["at-x"],"token_type":"bearer"}""", "an array" },
            {
                "application/json",
                200,
                """{"access_token":"at-x","token_type":"bearer","expires_in":-1}""",
                "negative"
            },
            {
                "application/json",
                200,
                """{"access_token":"at-x","token_type":"bearer","expires_in":1e300}""",
                "absurd"
            },
            {
                "application/json",
                200,
                """{"access_token":"at-x","token_type":"bearer","expires_in":"soon"}""",
                "text"
            },
            {
                "application/json",
                200,
                """{"access_token":"at-x","access_token":"at-y","token_type":"bearer"}""",
                "twice"
            },
            { "application/json", 200, """["at-x"]""", "no object" },
            { "application/json", 200, "", "nothing" },
            { "application/json", 201, """{"access_token":"at-x","token_type":"bearer"}""", "another status" },
            { "text/html", 200, "<html>Sign in</html>", "HTML" },
            { "text/html", 502, "<html>Bad gateway</html>", "a gateway" },
            { "application/json", 200, """{"error":"bad_verification_code"}""", "an error with status 200" },
            { "application/json", 302, """{"access_token":"at-x","token_type":"bearer"}""", "a redirect" },
        };

    [Theory]
    [MemberData(nameof(OddAnswers))]
    public async Task OddTokenAnswer_LeavesNoHalfActiveAccount(string type, int status, string body, string why)
    {
        await using World world = await World.StartAsync();
        Result<Uri> verified = await ConnectAsync(world, new OddReply.Text(status, type, body));
        verified.Problem!.Code.Should().Be("failed_to_exchange_token", why);
        verified.Problem.Kind.Should().Be(ProblemKind.FailedPrecondition);
        ConnectedAccount account = await world.AccountAsync("alice");
        account.State.Should().Be(AccountState.PendingAuth);
        account.Generation.Should().Be(0);
        account.Reason.Should().NotBe(AccountReasons.NeverConnected);
    }

    [Fact]
    public async Task FiveMebibytes_AreCut()
    {
        await using World world = await World.StartAsync();
        Result<Uri> verified = await ConnectAsync(world, new OddReply.Huge(5 * 1024 * 1024));
        verified.Problem!.Code.Should().Be("failed_to_exchange_token");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.PendingAuth);
    }

    [Fact]
    public async Task DrippingAnswer_EndsAtTheDeadline()
    {
        await using World world = await World.StartAsync();
        var gate = new Gate();
        Task<Result<Uri>> connecting = ConnectAsync(world, new OddReply.Drip(gate));
        await gate.Arrived;
        world.Time.Advance(TimeSpan.FromSeconds(29));
        world.Time.Advance(TimeSpan.FromSeconds(2));
        (await connecting).Problem!.Code.Should().Be("failed_to_exchange_token");
        gate.Open();
    }

    [Fact]
    public async Task RefusedCode_IsCodeExpired()
    {
        await using World world = await World.StartAsync();
        Result<Uri> verified = await ConnectAsync(world, OddReply.Error("invalid_grant"));
        verified.Problem!.Message.Should().Contain(AccountReasons.CodeExpired);
        (await world.AccountAsync("alice")).Reason.Should().Be(AccountReasons.CodeExpired);
    }

    [Fact]
    public async Task GrantedScopes_AreTheAnswersOwn_WhenTheProviderTrimsThem()
    {
        await using World world = await World.StartAsync();
        world.Client.ScopesGranted = ["tasks:read"];
        await Browser.ConnectAsync(world, "alice");
        (await world.AccountAsync("alice")).GrantedScopes.Should().Be(ScopeSet.Of(["tasks:read"]));
    }

    [Fact]
    public async Task GrantedScopes_AreIntrospected_WhenTheAnswerNamesNone()
    {
        await using World world = await World.StartAsync(p => p with { IntrospectPath = "/introspect" });
        world.Client.ScopesGranted = ["tasks:read"];
        world.Client.NamesScopes = false;
        await Browser.ConnectAsync(world, "alice");
        (await world.AccountAsync("alice")).GrantedScopes.Should().Be(ScopeSet.Of(["tasks:read"]));
        world.Provider.Received.Should().ContainSingle(request => request.Endpoint == "introspect");
    }

    [Fact]
    public async Task GrantedScopes_AreTheRequested_WhenNobodySaysOtherwise()
    {
        await using World world = await World.StartAsync();
        world.Client.NamesScopes = false;
        await Browser.ConnectAsync(world, "alice");
        (await world.AccountAsync("alice")).GrantedScopes.Should().Be(ScopeSet.Parse("tasks:read tasks:write"));
    }

    [Fact]
    public async Task BasicClientAuthentication_IsUsed_WhenTheProfileSaysSo()
    {
        await using World world = await World.StartAsync(p =>
            p with
            {
                ClientAuthentication = ClientAuthentication.SecretBasic,
            }
        );
        world.Client.AcceptsSecretInBody = false;
        await Browser.ConnectAsync(world, "alice");
        world.Provider.Received.Single().Text.Should().NotContain("client_secret");
    }

    [Fact]
    public async Task WrongClientSecret_IsTheConnectionsFault()
    {
        await using World world = await World.StartAsync();
        Result<Uri> verified = await ConnectAsync(world, OddReply.Error("invalid_client", 401));
        verified.Problem!.Message.Should().Contain("invalid_client");
        world.Logs.Lines.Should().Contain(line => line.Contains("refuses the OAuth client", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CommitWhoseAnswerIsLost_IsFoundToHaveSucceeded_AndNothingIsRevoked()
    {
        int lost = 0;
        await using World world = await World.StartAsync(decorate: services =>
            Intercepted<IFlowStore>.Stand(
                services,
                (method, call) =>
                    method == nameof(IFlowStore.SucceedAsync) && Interlocked.Increment(ref lost) == 1
                        ? LoseAsync((Task<bool>)call()!)
                        : call()
            )
        );

        (await ConnectPatientlyAsync(world)).Succeeded.Should().BeTrue();
        await RefreshTests.AdvanceUntilAsync(world, world.Authorization.WorkAsync(World.Cancel));

        lost.Should().BeGreaterThan(1);
        ConnectedAccount account = await world.AccountAsync("alice");
        (account.State, account.Generation).Should().Be((AccountState.Active, 1));
        world.Provider.CountLiveGrants("alice").Should().Be(1);
        world.Provider.Received.Should().NotContain(request => request.Endpoint == "revoke");
    }

    [Theory]
    [InlineData(nameof(IAccountStore.FindCredentialAsync))]
    [InlineData(nameof(IFlowStore.SucceedAsync))]
    public async Task TokensThatCannotBeStored_AreGivenBack(string failing)
    {
        bool isDown = false;
        object? Hand(string method, Func<object?> call) =>
            method == failing && isDown ? throw new IOException("The disk is gone.") : call();
        await using World world = await World.StartAsync(decorate: services =>
        {
            Intercepted<IFlowStore>.Stand(services, Hand);
            Intercepted<IAccountStore>.Stand(services, Hand);
        });
        isDown = true;

        Result<Uri> verified = await ConnectPatientlyAsync(world);

        verified.Problem!.Code.Should().Be("storage_unavailable");
        isDown = false;
        await RefreshTests.AdvanceUntilAsync(world, FinishedAsync(world)); // the job is stored while nobody waits for it
        world.Provider.CountLiveGrants("alice").Should().Be(0);
        world.Provider.Received.Count(request => request.Endpoint == "revoke").Should().Be(1);
        (await world.AccountAsync("alice")).State.Should().NotBe(AccountState.Active);
    }

    /// <summary>Some providers end every grant of a user at once: what works goes before what could not be stored.</summary>
    [Fact]
    public async Task TokensThatCannotBeStored_OfSomebodyWhoIsConnected_AreNotRevoked()
    {
        bool isDown = false;
        Func<string, Func<object?>, object?> Away(string failing) =>
            (method, call) =>
                isDown && method == failing
                    ? throw new StorageUnavailableException(StorageFault.Io, "the database is away")
                    : call();
        await using World world = await World.StartAsync(decorate: services =>
        {
            Intercepted<IFlowStore>.Stand(services, Away(nameof(IFlowStore.SucceedAsync)));
            Intercepted<IRevocationStore>.Stand(services, Away(nameof(IRevocationStore.AddAsync)));
        });
        await Browser.ConnectAsync(world, "alice");
        isDown = true;

        (await ConnectPatientlyAsync(world)).Problem!.Code.Should().Be("storage_unavailable");
        world.Provider.Received.Should().NotContain(request => request.Endpoint == "revoke");
        isDown = false;
        await RefreshTests.AdvanceUntilAsync(world, FinishedAsync(world));

        world.Provider.Received.Should().NotContain(request => request.Endpoint == "revoke");
        (await world.AccountAsync("alice")).State.Should().Be(AccountState.Active);
        (await world.AuditAsync())
            .Should()
            .ContainSingle(record =>
                record.Draft.Action == "account.revoked_upstream" && record.Draft.Outcome == Revoker.SharedGrant
            );
    }

    [Fact]
    public async Task TokensThatMayNotBeKept_AreGivenBack_OnceTheJobCanBeStored()
    {
        int refused = 0;
        await using World world = await World.StartAsync(
            profile => profile with { UserIdPath = "user" },
            decorate: services =>
                Intercepted<IRevocationStore>.Stand(
                    services,
                    (method, call) =>
                        method == nameof(IRevocationStore.AddAsync) && Interlocked.Increment(ref refused) <= 3
                            ? throw new StorageUnavailableException(StorageFault.Io, "the database is away")
                            : call()
                )
        );
        await Browser.ConnectAsync(world, "alice");

        using Browser browser = new(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "somebody-else");
        Result<Uri> verified = await RefreshTests.AdvanceUntilAsync(
            world,
            world.Authorization.VerifyAsync(world.Service, requestId, Identifier.Parse("alice"), World.Cancel)
        );

        verified.Succeeded.Should().BeFalse();
        await RefreshTests.AdvanceUntilAsync(world, FinishedAsync(world));
        world.Provider.CountLiveGrants("somebody-else").Should().Be(0);
        world.Provider.CountLiveGrants("alice").Should().Be(1);
    }

    /// <summary>Until a revocation has its end.</summary>
    private static async Task<bool> FinishedAsync(World world)
    {
        while (!(await world.AuditAsync()).Any(record => record.Draft.Action == "account.revoked_upstream"))
        {
            await world.Authorization.WorkAsync(World.Cancel);
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time, World.Cancel);
        }

        return true;
    }

    private static async Task<bool> LoseAsync(Task<bool> commit)
    {
        await commit;
        throw new IOException("The answer was lost.");
    }

    private static async Task<Result<Uri>> ConnectPatientlyAsync(World world)
    {
        using Browser browser = new(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        return await RefreshTests.AdvanceUntilAsync(
            world,
            world.Authorization.VerifyAsync(world.Service, requestId, Identifier.Parse("alice"), World.Cancel)
        );
    }

    private static async Task<Result<Uri>> ConnectAsync(World world, OddReply reply)
    {
        using var browser = new Browser(world);
        string requestId = await browser.ConsentAsync(await Browser.LinkAsync(world, "alice"), "alice");
        world.Client.NextTokenReplies.Enqueue(reply);
        return await world.Authorization.VerifyAsync(world.Service, requestId, Identifier.Parse("alice"), World.Cancel);
    }
}
