using System.Net;
using System.Text.Json;
using Behalf.Server.Commands;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests;

/// <summary>What the doctor says of a connection's provider that is gone, has no origin any more, or lives in another time.</summary>
public sealed class DoctorReachTests : IAsyncLifetime
{
    private readonly Stage _stage = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _stage.InitializeAsync();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task ProviderThatIsGone_IsNamed_WithItsConnectionAndTheNextStep()
    {
        await _stage.Provider.DisposeAsync();

        (await TheOneAsync())
            .Should()
            .StartWith($"{new Uri(_stage.Provider.Origin).Authority} (of default/tracker) cannot be reached: ")
            .And.EndWith("or this machine's way out: name service, firewall, trusted authorities.");
    }

    [Fact]
    public async Task ProvidersClock_AnHourBehindOurs_IsNamed_WithTheNextStep()
    {
        string origin = _stage.Provider.Origin;
        await _stage.Provider.DisposeAsync();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(origin);
        await using WebApplication late = builder.Build();
        late.Run(context =>
        {
            context.Response.Headers.Date = TimeProvider.System.GetUtcNow().AddHours(-1).ToString("r");
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            return Task.CompletedTask;
        });
        await late.StartAsync(Cancellation);

        (await TheOneAsync()).Should().Match("clock: this machine and * are 3??? s apart: set up time synchronisation");
    }

    /// <returns>What is wrong, which is one thing.</returns>
    private async Task<string> TheOneAsync()
    {
        using StringWriter output = new();
        int exit = await BehalfServerCommand.RunAsync(
            [
                "doctor",
                "--json",
                "--data",
                Path.GetDirectoryName(_stage.Server.DatabaseFile)!,
                "--allow-private-origin",
                _stage.Provider.Origin,
            ],
            output
        );
        exit.Should().Be(ExitCodes.Failed);
        return JsonDocument
            .Parse(output.ToString())
            .RootElement.EnumerateArray()
            .Single(finding => !finding.GetProperty("is_fine").GetBoolean())
            .GetProperty("text")
            .GetString()!;
    }
}
