using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Lists of accounts: to the end and back, and narrowed by each filter exactly.</summary>
public sealed class AccountListTests(TestServer server)
{
    private async Task<TestEnvironment> PopulateAsync(int count)
    {
        TestEnvironment environment = await TestEnvironment.AddAsync(server);
        Reply added = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/connections",
            environment.Token,
            """{"connector":"asana","client_id":"1208","client_secret":"not used","base_url":"http://127.0.0.1:9","oauth_url":"http://127.0.0.1:9"}"""
        );
        added.Status.Should().Be(200, added.Body);
        for (int i = 0; i < count; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(1)); // ids follow the clock
            Reply created = await server.SendAsync(
                HttpMethod.Post,
                "/api/v1/connected_accounts",
                environment.Token,
                JsonSerializer.Serialize(
                    new
                    {
                        connector = "asana",
                        identifier = $"{(i % 2 == 0 ? "even" : "odd")}-{i:00}",
                        organization_id = $"org_{i % 3}",
                        user_id = $"user_{i}",
                        connected_account = new { },
                    }
                )
            );
            created.Status.Should().Be(200, created.Body);
        }

        return environment;
    }

    private async Task<JsonElement> ListAsync(TestEnvironment environment, string query)
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, $"/api/v1/connected_accounts{query}", environment.Token);
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json;
    }

    private static string[] Identifiers(JsonElement list) =>
        [
            .. list.GetProperty("connected_accounts")
                .EnumerateArray()
                .Select(account => account.GetProperty("identifier").GetString()!),
        ];

    [Fact]
    public async Task List_IsWalkedToItsEnd_AndBack()
    {
        TestEnvironment environment = await PopulateAsync(11);
        List<string[]> forward = [];
        string token = string.Empty;
        JsonElement page;
        do
        {
            page = await ListAsync(environment, $"?page_size=4&page_token={token}");
            forward.Add(Identifiers(page));
            page.GetProperty("total_size").GetInt32().Should().Be(11);
            token = page.GetProperty("next_page_token").GetString()!;
        } while (token.Length > 0);

        List<string[]> back = [Identifiers(page)];
        for (token = page.GetProperty("prev_page_token").GetString()!; token.Length > 0; )
        {
            token.Length.Should().BeLessThanOrEqualTo(32);
            page = await ListAsync(environment, $"?page_size=4&page_token={token}");
            back.Insert(0, Identifiers(page));
            token = page.GetProperty("prev_page_token").GetString()!;
        }

        forward.SelectMany(ids => ids).Should().HaveCount(11).And.OnlyHaveUniqueItems();
        back.SelectMany(ids => ids).Should().Equal(forward.SelectMany(ids => ids));
    }

    [Fact]
    public async Task Filters_NarrowExactly()
    {
        TestEnvironment environment = await PopulateAsync(7);

        Identifiers(await ListAsync(environment, "?query=odd")).Should().Equal("odd-01", "odd-03", "odd-05");
        Identifiers(await ListAsync(environment, "?query=%25")).Should().BeEmpty("wildcards are literal");
        Identifiers(await ListAsync(environment, "?identifier=odd-03")).Should().Equal("odd-03");
        Identifiers(await ListAsync(environment, "?identifier=odd-0")).Should().BeEmpty();
        Identifiers(await ListAsync(environment, "?organization_id=org_1")).Should().Equal("odd-01", "even-04");
        Identifiers(await ListAsync(environment, "?organization_id=org_1&user_id=user_4")).Should().Equal("even-04");
        Identifiers(await ListAsync(environment, "?organization_id=org_2&user_id=user_4")).Should().BeEmpty();
        Identifiers(await ListAsync(environment, "?provider=ASANA")).Should().HaveCount(7);
        Identifiers(await ListAsync(environment, "?provider=github")).Should().BeEmpty();
        Identifiers(await ListAsync(environment, "?connection_names=asana&connection_names=other"))
            .Should()
            .HaveCount(7);
        Identifiers(await ListAsync(environment, ":search?query=even&page_size=2"))
            .Should()
            .Equal("even-00", "even-02");
    }

    [Fact]
    public async Task Label_ThatDoesNotFit_HidesTheAccount_ByNameAndById()
    {
        TestEnvironment environment = await PopulateAsync(1);
        string id = (await ListAsync(environment, string.Empty))
            .GetProperty("connected_accounts")[0]
            .GetProperty("id")
            .GetString()!;

        foreach (string name in new[] { "connector=asana&identifier=even-00", $"id={id}" })
        {
            Reply fits = await server.SendAsync(
                HttpMethod.Get,
                $"/api/v1/connected_accounts/details?{name}&organization_id=org_0",
                environment.Token
            );
            Reply other = await server.SendAsync(
                HttpMethod.Get,
                $"/api/v1/connected_accounts/details?{name}&organization_id=org_9",
                environment.Token
            );

            fits.Status.Should().Be(200, fits.Body);
            other.Status.Should().Be(404, other.Body);
        }
    }

    [Theory]
    [InlineData("?page_size=100", "page_size")]
    [InlineData(":search?query=ab", "query")]
    [InlineData(":search?query=abc&page_size=31", "page_size")]
    public async Task BoundOfAList_IsNamed(string query, string field)
    {
        Reply refused = await server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts{query}",
            server.ServiceToken
        );

        refused.Status.Should().Be(400, refused.Body);
        refused
            .Json.GetProperty("details")[0]
            .GetProperty("validation_error_info")
            .GetProperty("field_violations")[0]
            .GetProperty("field")
            .GetString()
            .Should()
            .Be(field);
    }
}
