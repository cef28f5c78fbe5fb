using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Who was named in the trail can be forgotten, and old records go: what is left still verifies.</summary>
public sealed class AuditUpkeepTests(Stage stage) : IClassFixture<Stage>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Task<Reply> RedactAsync(string token, string identifier) =>
        stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/audit:redact",
            token,
            JsonSerializer.Serialize(new { identifier })
        );

    private async Task<JsonElement> VerifyAsync()
    {
        Reply verified = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/behalf/audit:verify",
            stage.Server.ServiceToken
        );
        verified.Status.Should().Be(200, verified.Body);
        return verified.Json;
    }

    [Fact]
    public async Task Redaction_IsTheOperators_AndLeavesNoNameButAWholeTrail()
    {
        await stage.ConnectAsync("carol-redact");
        await stage.ExecuteAsync("carol-redact", "tracker_get_thing", new { thing = "1" });
        int about = (await stage.AuditAsync("identifier=carol-redact&page_size=1000")).Length;

        (await RedactAsync(stage.Server.ServiceToken, "carol-redact")).Status.Should().Be(403);
        Reply redacted = await RedactAsync(stage.Server.OperatorToken, "carol-redact");

        redacted.Status.Should().Be(200, redacted.Body);
        int.Parse(redacted.Json.GetProperty("records").ToString()).Should().BeGreaterThanOrEqualTo(about);
        JsonElement[] trail = await stage.AuditAsync("newest=true&page_size=1000");
        trail.Should().NotContain(record => record.GetRawText().Contains("carol-redact"));
        trail.Should().Contain(record => record.GetProperty("action").GetString() == "audit.redacted");
        trail
            .Count(record => record.TryGetProperty("redacted", out JsonElement is_) && is_.GetBoolean())
            .Should()
            .BeGreaterThanOrEqualTo(about);
        (await VerifyAsync()).GetProperty("whole").GetBoolean().Should().BeTrue();
    }

    /// <summary>Redaction cannot be undone: who is called as part of another word is not that word.</summary>
    [Fact]
    public async Task Redaction_TakesRecordsOfOthersThatNameThePerson_AndNoneThatOnlyHoldTheLetters()
    {
        string token = (await stage.Server.SessionAsync("erin-names")).GetProperty("token").GetString()!;
        await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=dave-named", token);
        async Task<string?> DetailAsync() =>
            (await stage.AuditAsync("identifier=erin-names&kind=denial"))
                .Single()
                .TryGetProperty("detail", out var text)
                ? text.GetString()
                : null;

        foreach (string part in new[] { "dave", "named", "request", "e" })
        {
            (await RedactAsync(stage.Server.OperatorToken, part)).Status.Should().Be(200);
        }

        (await DetailAsync()).Should().Contain("dave-named");
        (await RedactAsync(stage.Server.OperatorToken, "dave-named")).Status.Should().Be(200);
        (await stage.AuditAsync("newest=true&page_size=1000"))
            .Should()
            .NotContain(record => record.GetRawText().Contains("dave-named"));
        (await VerifyAsync()).GetProperty("whole").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task OldRecords_GoByThemselves_OnceTheEnvironmentSaysHowLongTheyAreKept()
    {
        await using Stage own = new();
        await own.InitializeAsync();
        await own.ConnectAsync("alice");
        await own.ExecuteAsync("alice", "tracker_get_thing", new { thing = "1" });
        Reply wrong = await SetAsync(own, 40_000);
        Reply set = await SetAsync(own, 1);

        wrong.Status.Should().Be(400, wrong.Body);
        set.Status.Should().Be(200, set.Body);
        set.Json.GetProperty("audit_retention_days").GetInt32().Should().Be(1);
        using CancellationTokenSource limit = new(Patience);
        own.Server.Time.Advance(TimeSpan.FromHours(25));
        JsonElement[] left;
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            own.Server.Time.Advance(TimeSpan.FromMinutes(1));
            string token = await own.Server.TokenAsync(own.Server.ServiceClient.Id, own.Server.ServiceClient.Secret);
            Reply trail = await own.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/audit?page_size=1000", token);
            left = [.. trail.Json.GetProperty("records").EnumerateArray()];
        } while (left.Any(record => record.GetProperty("action").GetString() == "tool.call"));

        left.Should().Contain(record => record.GetProperty("action").GetString() == "audit.removed");
        string last = await own.Server.TokenAsync(own.Server.ServiceClient.Id, own.Server.ServiceClient.Secret);
        Reply verified = await own.Server.SendAsync(HttpMethod.Get, "/api/v1/behalf/audit:verify", last);
        verified.Json.GetProperty("whole").GetBoolean().Should().BeTrue(verified.Body);
    }

    private static Task<Reply> SetAsync(Stage own, int days) =>
        own.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/environments/default",
            own.Server.OperatorToken,
            JsonSerializer.Serialize(new { audit_retention_days = days })
        );
}
