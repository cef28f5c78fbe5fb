using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Behalf.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>A stage where people sign in at our own pages, with passwords of the local directory.</summary>
public sealed class PeopleStage : IAsyncLifetime
{
    public const string Password = "correct horse battery staple";

    private readonly Dictionary<string, Person> _signedIn = new(StringComparer.Ordinal);

    public PeopleStage()
    {
        Stage = new Stage
        {
            Services = services => services.AddSingleton<IEgressTransport>(new ScriptedHosts(Web, Stage!.Outside)),
        };
    }

    internal Stage Stage { get; }

    /// <value>What hosts on the internet answer, by URL.</value>
    internal ScriptedWeb Web { get; } = new();

    /// <value>At https://idp.example.</value>
    internal ScriptedProvider Provider => field ??= new ScriptedProvider(Web, Server.Time);

    public TestServer Server => Stage.Server;

    public string Url => Server.Server.Url;

    public async ValueTask InitializeAsync()
    {
        await Stage.InitializeAsync();
        foreach (string name in new[] { "alice", "bob", "carol", "dave" })
        {
            await AddPersonAsync(name);
        }
    }

    public ValueTask DisposeAsync() => Stage.DisposeAsync();

    internal Person NewPerson(string name, IPAddress? from = null) => Stage.NewPerson(name, from);

    /// <value>As the server reads it at each look: a test that changes it puts it back.</value>
    internal McpClientOptions Policy =>
        Server.Server.Services.GetRequiredService<IOptions<BehalfOptions>>().Value.McpClients;

    /// <summary>A browser in which the person is signed in; one per person and stage, since a password costs time.</summary>
    internal async Task<Person> SignedInAsync(string name)
    {
        if (_signedIn.TryGetValue(name, out Person? browser))
        {
            Page page = await browser.OpenAsync(new Uri($"{Url}/sign-in"));
            if (page.Body.Contains("id=\"signed-in\"", StringComparison.Ordinal))
            {
                return browser;
            }
        }

        browser = Stage.NewPerson(name);
        Page signedIn = await browser.SignInAsync(new Uri(Url), name, Password);
        signedIn.Status.Should().Be(200, signedIn.Body);
        _signedIn[name] = browser;
        return browser;
    }

    internal async Task AddPersonAsync(string name, string[]? groups = null, byte[]? totpKey = null)
    {
        Reply added = await Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/people",
            Server.OperatorToken,
            JsonSerializer.Serialize(
                new
                {
                    name,
                    password = Password,
                    groups = groups ?? [],
                    totp_key = totpKey ?? [],
                }
            )
        );
        added.Status.Should().Be(200, added.Body);
    }

    /// <summary>A client that the operator added: unlike those that register themselves, without end.</summary>
    internal async Task<McpClientProgram> ClientAsync(
        string redirectUri = "https://client.example/callback",
        string name = "Sample client",
        string environment = "default"
    ) => (await AddClientAsync(redirectUri, name, environment, withSecret: false)).Client;

    internal async Task<(McpClientProgram Client, string Secret)> ConfidentialClientAsync() =>
        await AddClientAsync("https://client.example/callback", "Sample client", "default", withSecret: true);

    private async Task<(McpClientProgram Client, string Secret)> AddClientAsync(
        string redirectUri,
        string name,
        string environment,
        bool withSecret
    )
    {
        Reply added = await Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/mcp_clients",
            Server.OperatorToken,
            JsonSerializer.Serialize(
                new
                {
                    environment,
                    name,
                    redirect_uris = new[] { redirectUri },
                    with_secret = withSecret,
                }
            )
        );
        added.Status.Should().Be(200, added.Body);
        McpClientProgram client = new(
            Server,
            added.Json.GetProperty("client").GetProperty("client_id").GetString()!,
            redirectUri
        );
        return (client, withSecret ? added.Json.GetProperty("client_secret").GetString()! : "");
    }

    internal async Task SignOutEverywhereAsync(string name)
    {
        Reply reply = await Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:sign_out",
            Server.ServiceToken,
            JsonSerializer.Serialize(new { identifier = name })
        );
        reply.Status.Should().Be(200, reply.Body);
    }

    internal Task<JsonElement[]> AuditAsync(string query) => Stage.AuditAsync(query);

    /// <summary>RFC 6238 as an application on a telephone has it.</summary>
    internal string OneTimePassword(byte[] key)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, Server.Time.GetUtcNow().ToUnixTimeSeconds() / 30);
#pragma warning disable CA5350 // the algorithm of RFC 6238
        byte[] mac = HMACSHA1.HashData(key, counter);
#pragma warning restore CA5350
        int number = BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[^1] & 0xf)) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
