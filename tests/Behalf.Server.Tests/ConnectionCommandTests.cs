using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>What a person reads who configures a connection at the command line.</summary>
public sealed class ConnectionCommandTests(TestServer server)
{
    [Fact]
    public async Task ConnectionAdd_PrintsWhatToRegister_EachOnALineOfItsOwn()
    {
        Typed added = await server.BehalfAsync(
            "connection",
            "add",
            "asana",
            "--name",
            "typed",
            "--client-id",
            "4711",
            "--client-secret",
            "marble-sparrow",
            "--scopes",
            "tasks:read users:read",
            "projects:read"
        );

        added.Exit.Should().Be(0, added.Error);
        string[] lines = added.Out.Split('\n');
        lines[0].Should().Be("Added the connection \"typed\". Register with Asana:");
        string redirect = lines[Array.IndexOf(lines, "Redirect URI") + 1];
        Uri.TryCreate(redirect, UriKind.Absolute, out Uri? uri).Should().BeTrue(redirect);
        uri!.GetLeftPart(UriPartial.Authority).Should().Be(server.Server.Url.TrimEnd('/'));
        lines
            .SkipWhile(line => line != "Scopes (3)")
            .Skip(1)
            .Where(line => line.Length > 0)
            .Should()
            .BeEquivalentTo("tasks:read", "users:read", "projects:read");
        (added.Out + added.Error).Should().NotContain("marble-sparrow");
    }
}
