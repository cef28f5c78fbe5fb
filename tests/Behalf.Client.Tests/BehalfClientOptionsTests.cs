using System.Security.Claims;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Behalf.Client.Tests;

public sealed class BehalfClientOptionsTests
{
    [Theory]
    [InlineData("http://behalf.acme.com", "*clear*")]
    [InlineData("ftp://behalf.acme.com", "*http or https*")]
    public void AServerThatWouldGetCredentialsInClear_IsRefused(string server, string message)
    {
        var make = () => new BehalfClient(Options(server));

        make.Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/path?x=1", "http://127.0.0.1:8080/")]
    [InlineData("http://localhost:8080", "http://localhost:8080/")]
    [InlineData("https://someone@behalf.acme.com/", "https://behalf.acme.com/")]
    public void OnlyTheOriginCounts(string server, string origin)
    {
        using var client = new BehalfClient(Options(server));

        client.Server.Should().Be(new Uri(origin));
    }

    [Fact]
    public void MissingCredentials_AreNamed()
    {
        var options = Options("https://behalf.acme.com");
        options.ClientSecret = null;

        var make = () => new BehalfClient(options);

        make.Should().Throw<ArgumentException>().WithMessage("*ClientSecret*");
    }

    [Fact]
    public void AddBehalf_GivesOneClientForTheProcess()
    {
        using var services = new ServiceCollection()
            .AddBehalf(options =>
            {
                options.Server = new Uri("https://behalf.acme.com");
                options.ClientId = "client";
                options.ClientSecret = "secret";
            })
            .BuildServiceProvider();

        services.GetRequiredService<BehalfClient>().Should().BeSameAs(services.GetRequiredService<BehalfClient>());
    }

    [Fact]
    public void AddBehalf_ReadsTheConfiguration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["Behalf:Server"] = "https://behalf.acme.com",
                ["Behalf:ClientId"] = "client",
                ["Behalf:ClientSecret"] = "hunter2",
                ["Behalf:IdentifierClaim"] = "employee_id",
                ["Behalf:Timeout"] = "00:00:07",
            }
        );
        using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration.Build())
            .AddBehalf()
            .BuildServiceProvider();

        var options = services.GetRequiredService<IOptions<BehalfClientOptions>>().Value;

        options.Server.Should().Be(new Uri("https://behalf.acme.com"));
        options.ClientSecret!.Reveal().Should().Be("hunter2");
        options.Timeout.Should().Be(TimeSpan.FromSeconds(7));
        var alice = new ClaimsPrincipal(new ClaimsIdentity([new Claim("employee_id", "alice")], "test"));
        services.GetRequiredService<BehalfClient>().IdentifierOf(alice).Should().Be("alice");
    }

    [Fact]
    public void AddBehalf_NamesEveryFault()
    {
        using var services = new ServiceCollection().AddBehalf(_ => { }).BuildServiceProvider();

        var make = () => services.GetRequiredService<BehalfClient>();

        make.Should()
            .Throw<OptionsValidationException>()
            .Which.Failures.Should()
            .HaveCount(3)
            .And.Contain(fault => fault.Contains("Server", StringComparison.Ordinal));
    }

    [Fact]
    public void ASecret_HasNoTextForm()
    {
        SecretText secret = "hunter2";

        secret.ToString().Should().NotContain("hunter2");
        System.Text.Json.JsonSerializer.Serialize(secret).Should().NotContain("hunter2");
        secret.Reveal().Should().Be("hunter2");
    }

    private static BehalfClientOptions Options(string server) =>
        new()
        {
            Server = new Uri(server),
            ClientId = "client",
            ClientSecret = "secret",
        };
}
