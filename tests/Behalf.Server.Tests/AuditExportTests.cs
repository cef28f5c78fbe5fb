extern alias Cli;

using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Client;
using Behalf.Server.Commands;
using Behalf.Server.Tests.Infrastructure;
using Cli::Behalf.Cli.Commands.Audit;

namespace Behalf.Server.Tests;

/// <summary><c>behalf audit export</c> as JSON lines: the whole trail, to be read again and held against it later.</summary>
public sealed class AuditExportTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-audit-export-").FullName;
    private readonly Stage _stage = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _stage.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _stage.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Export_HasEveryFieldOfEveryRecord_OnOneLineEach_AndIsReadBackAsItWas()
    {
        await HappenAsync();

        Typed export = await _stage.Server.BehalfAsync("audit", "export");

        export.Exit.Should().Be(ExitCodes.Ok, export.Error);
        export.Out.Should().EndWith("\n").And.NotContain("\r");
        string[] lines = export.Out.TrimEnd('\n').Split('\n');
        AuditRecord[] read = [.. lines.Select(line => JsonSerializer.Deserialize<AuditRecord>(line, Format)!)];
        using BehalfClient behalf = Client();
        AuditRecord[] listed = await behalf.Audit.ListAsync(null, Cancellation).ToArrayAsync(Cancellation);
        read.Should().Equal(listed.Take(read.Length), "what was recorded later is that it was read");
        listed.Length.Should().BeLessThanOrEqualTo(read.Length + 2);

        JsonObject[] objects = [.. lines.Select(line => JsonNode.Parse(line)!.AsObject())];
        string[] names = [.. objects[0].Select(field => field.Key)];
        names.Should().HaveCount(typeof(AuditRecord).GetProperties().Length);
        objects.Should().OnlyContain(one => one.Select(field => field.Key).SequenceEqual(names));
        names
            .Where(name =>
                !objects.Any(one => one[name] is { } value && value.ToString() is not ("" or "0" or "false"))
            )
            .Should()
            .BeEmpty("each field says something somewhere");
    }

    [Fact]
    public async Task Trail_IsHeldAgainstAnEarlierExport()
    {
        await HappenAsync();
        string file = Path.Combine(_folder, "trail.jsonl");
        Typed export = await _stage.Server.BehalfAsync("audit", "export", "--out", file);
        export.Exit.Should().Be(ExitCodes.Ok, export.Error);
        string[] lines = await File.ReadAllLinesAsync(file, Cancellation);
        await _stage.ExecuteAsync("alice", "tracker_get_thing", new { thing = "2" });
        await RedactAsync("dave"); // changes values, and no hash

        Typed whole = await _stage.Server.BehalfAsync("audit", "verify", "--export", file);
        whole.Exit.Should().Be(ExitCodes.Ok, whole.Out + whole.Error);
        whole.Out.Should().Contain($"Of {lines.Length} exported records {lines.Length} are as they were.");

        // As where the trail is another one than was exported: a record replaced, and one cut off.
        JsonNode replaced = JsonNode.Parse(lines[3])!;
        replaced["hash"] = new string('0', 64);
        JsonNode cutOff = JsonNode.Parse(lines[^1])!;
        cutOff["sequence"] = 1_000_000;
        await File.WriteAllLinesAsync(
            file,
            [.. lines[..3], replaced.ToJsonString(), .. lines[4..], cutOff.ToJsonString()],
            Cancellation
        );
        Typed other = await _stage.Server.BehalfAsync("audit", "verify", "--export", file);
        other.Exit.Should().Be(ExitCodes.Failed);
        other
            .Out.Should()
            .Contain($"record {replaced["sequence"]}: is another record than the one that was exported")
            .And.Contain("record 1000000: was exported and is not in the trail")
            .And.Contain("NOT whole");

        await File.WriteAllTextAsync(file, lines[0] + "\n{}\n", Cancellation);
        Typed none = await _stage.Server.BehalfAsync("audit", "verify", "--export", file);
        none.Exit.Should().Be(ExitCodes.Failed);
        none.Error.Should().Contain("line 2: not a line of `behalf audit export`");
    }

    [Fact]
    public async Task RecordsOlderThanWhatTheTrailKeeps_AreNotMissed()
    {
        await HappenAsync();
        string file = Path.Combine(_folder, "trail.jsonl");
        await _stage.Server.BehalfAsync("audit", "export", "--out", file);
        string[] lines = await File.ReadAllLinesAsync(file, Cancellation);

        ExportedTrail exported = await ExportedTrail.ReadAsync(file, Cancellation);
        (IReadOnlyList<AuditFault> faults, int removed) = await exported.CompareAsync(
            lines
                .Select(line => JsonSerializer.Deserialize<AuditRecord>(line, Format)!)
                .Where(record => record.Sequence > 4)
                .ToAsyncEnumerable()
        );

        faults.Should().BeEmpty();
        removed.Should().Be(4);
    }

    /// <summary>Something of each kind: admin, intent, request, completion and denial, a redacted one, and odd letters.</summary>
    private async Task HappenAsync()
    {
        await _stage.ConnectAsync("alice");
        using HttpRequestMessage call = new(HttpMethod.Post, new Uri("/api/v1/execute_tool", UriKind.Relative))
        {
            Content = new StringContent(
                """{"tool_name":"tracker_create_thing","identifier":"alice","params":{"name":"x"}}""",
                null,
                "application/json"
            ),
        };
        call.Headers.Authorization = new("Bearer", _stage.Server.ServiceToken);
        call.Headers.Add("behalf-agent-run-id", "run-1");
        (await _stage.Server.SendAsync(call)).Status.Should().Be(200);
        string session = (await _stage.Server.SessionAsync("alice")).GetProperty("token").GetString()!;
        (await _stage.ExecuteAsync("bo\"b\\ =1+1 \u2603", "tracker_get_thing", new { thing = "1" }, session))
            .Status.Should()
            .Be(403);
        await _stage.Server.SessionAsync("dave");
        await RedactAsync("dave");
    }

    private async Task RedactAsync(string identifier)
    {
        Reply redacted = await _stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/audit:redact",
            _stage.Server.OperatorToken,
            JsonSerializer.Serialize(new { identifier })
        );
        redacted.Status.Should().Be(200, redacted.Body);
    }

    private BehalfClient Client() =>
        new(
            new BehalfClientOptions
            {
                Server = new Uri(_stage.Server.Server.Url),
                ClientId = _stage.Server.ServiceClient.Id,
                ClientSecret = new SecretText(_stage.Server.ServiceClient.Secret),
            }
        );
}
