using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using HttpRule = Google.Api.HttpRule;

namespace Behalf.Server.Tests;

/// <summary>The OpenAPI document and its page, against what the server has mapped.</summary>
public sealed class OpenApiTests(TestServer server)
{
    private const string Path = "/openapi/v1.json";

    [Fact]
    public async Task TheDocument_IsReadByOthers_WithoutAFault()
    {
        ReadResult read = OpenApiDocument.Parse((await DocumentAsync()).GetRawText(), "json");

        read.Diagnostic!.Errors.Should().BeEmpty();
        read.Diagnostic!.Warnings.Should().BeEmpty();
        read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Should().BeEmpty();
        read.Document!.Paths.Should().HaveCountGreaterThan(30);
        read.Document!.Components!.Schemas.Should().ContainKey("tools.ExecuteToolRequest");
    }

    [Fact]
    public async Task EveryTranscodedRoute_IsInTheDocument_AndNoOther()
    {
        JsonElement document = await DocumentAsync();

        string[] documented =
        [
            .. document
                .GetProperty("paths")
                .EnumerateObject()
                .SelectMany(path =>
                    path.Value.EnumerateObject().Select(verb => $"{verb.Name.ToUpperInvariant()} {path.Name}")
                ),
        ];

        documented.Should().BeEquivalentTo(Mapped().Select(rule => VerbAndPath(rule.Rule)));
        documented.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task EveryReference_LeadsToASchema_AndEveryIdIsItsOwn()
    {
        JsonElement document = await DocumentAsync();
        HashSet<string> schemas =
        [
            .. document
                .GetProperty("components")
                .GetProperty("schemas")
                .EnumerateObject()
                .Select(schema => schema.Name),
        ];

        string[] references = [.. Strings(document, "$ref").Where(text => text.Contains("/schemas/"))];
        string[] ids = [.. Strings(document, "operationId")];

        references.Should().NotBeEmpty();
        references.Should().OnlyContain(text => schemas.Contains(text.Substring("#/components/schemas/".Length)));
        ids.Should().OnlyHaveUniqueItems().And.HaveCount(Mapped().Count);
    }

    [Fact]
    public async Task EveryFieldOfARequest_CanBeSent()
    {
        JsonElement document = await DocumentAsync();
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");

        foreach ((MethodDescriptor method, HttpRule rule) in Mapped())
        {
            string[] parts = VerbAndPath(rule).Split(' ');
            JsonElement operation = document
                .GetProperty("paths")
                .GetProperty(parts[1])
                .GetProperty(parts[0].ToLowerInvariant());
            string[] parameters = operation.TryGetProperty("parameters", out JsonElement given)
                ? [.. given.EnumerateArray().Select(p => p.GetProperty("name").GetString()!.Split('.')[0])]
                : [];
            string[] body =
                rule.Body == "*" ? [.. PropertiesOf(operation.GetProperty("requestBody"), schemas)] : [rule.Body];
            string[] fields = [.. method.InputType.Fields.InDeclarationOrder().Select(field => field.Name)];

            fields.Except([.. parameters, .. body]).Should().BeEmpty(method.FullName);
        }
    }

    [Fact]
    public async Task BoundsAndWords_AreThoseOfTheProtoFiles()
    {
        JsonElement document = await DocumentAsync();
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        JsonElement paths = document.GetProperty("paths");

        JsonElement slug = Property(schemas, "behalf.v1.AddEnvironmentRequest", "slug");
        JsonElement id = Property(schemas, "connected_accounts.DeleteConnectedAccountRequest", "id");
        JsonElement secret = Property(schemas, "behalf.v1.AddConnectionRequest", "client_secret");
        JsonElement size = Parameter(paths, "/api/v1/connected_accounts", "page_size");
        JsonElement names = Parameter(paths, "/api/v1/connected_accounts", "connection_names");
        JsonElement identifier = Parameter(paths, "/api/v1/tools/scoped", "identifier");

        slug.GetProperty("maxLength").GetInt32().Should().Be(40);
        slug.GetProperty("pattern").GetString().Should().Be("^[a-z0-9][a-z0-9-]*$");
        size.GetProperty("exclusiveMaximum").GetInt32().Should().Be(100);
        names.GetProperty("maxItems").GetInt32().Should().Be(20);
        names.GetProperty("items").GetProperty("maxLength").GetInt32().Should().Be(400);
        identifier.GetProperty("maxLength").GetInt32().Should().Be(256, "identifiers have one rule at every door");
        id.GetProperty("pattern").GetString().Should().Be("^$|^ca_");
        secret.GetProperty("description").GetString().Should().Be("Sealed at once, never returned.");
    }

    [Fact]
    public async Task Operations_SayWhichCredentialsTheyAccept()
    {
        JsonElement paths = (await DocumentAsync()).GetProperty("paths");

        Accepted(paths, "/api/v1/execute_tool").Should().Equal("service_credential", "user_session");
        Accepted(paths, "/api/v1/connected_accounts/user/verify").Should().Equal("service_credential");
        Accepted(paths, "/api/v1/behalf/environments").Should().Equal("operator_credential");
    }

    [Fact]
    public async Task MethodsThatAreNotHere_SaySo()
    {
        JsonElement create = (await DocumentAsync())
            .GetProperty("paths")
            .GetProperty("/api/v1/tools")
            .GetProperty("post");
        Reply reply = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/tools",
            server.ServiceToken,
            """{"definition":{}}"""
        );

        bool isThere = reply.Status != 501;

        create.TryGetProperty("description", out JsonElement description).Should().Be(!isThere);
        if (!isThere)
        {
            description.GetString().Should().Contain("501");
        }
    }

    [Fact]
    public async Task ThePage_HoldsEveryOperation_AndRunsNothing()
    {
        Reply page = await server.SendAsync(HttpMethod.Get, "/reference", token: null);
        Reply style = await server.SendAsync(HttpMethod.Get, "/reference/style.css", token: null);

        page.Status.Should().Be(200, page.Body);
        page.Headers["Content-Security-Policy"].Should().StartWith("default-src 'none'");
        page.Body.Should()
            .NotContain("<script")
            .And.NotContain("style=\"")
            .And.NotContain("href=\"http")
            .And.NotContain("src=");
        foreach ((MethodDescriptor method, HttpRule _) in Mapped())
        {
            page.Body.Should().Contain($"id=\"{method.Service.Name}_{method.Name}\"");
        }

        style.Status.Should().Be(200);
    }

    private static IEnumerable<string> Accepted(JsonElement paths, string path) =>
        paths
            .GetProperty(path)
            .GetProperty("post")
            .GetProperty("security")
            .EnumerateArray()
            .Select(scheme => scheme.EnumerateObject().Single().Name);

    private static JsonElement Property(JsonElement schemas, string schema, string property) =>
        schemas.GetProperty(schema).GetProperty("properties").GetProperty(property);

    private static JsonElement Parameter(JsonElement paths, string path, string name) =>
        paths
            .GetProperty(path)
            .GetProperty("get")
            .GetProperty("parameters")
            .EnumerateArray()
            .Single(parameter => parameter.GetProperty("name").GetString() == name)
            .GetProperty("schema");

    private static IEnumerable<string> PropertiesOf(JsonElement body, JsonElement schemas)
    {
        JsonElement schema = body.GetProperty("content").GetProperty("application/json").GetProperty("schema");
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            schema = schemas.GetProperty(reference.GetString()!["#/components/schemas/".Length..]);
        }

        return schema.GetProperty("properties").EnumerateObject().Select(property => property.Name);
    }

    private static IEnumerable<string> Strings(JsonElement element, string name) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(property =>
                    property.Name == name && property.Value.ValueKind == JsonValueKind.String
                        ? [property.Value.GetString()!]
                        : Strings(property.Value, name)
                ),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Strings(item, name)),
            _ => [],
        };

    private static string VerbAndPath(HttpRule rule) =>
        rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => $"GET {rule.Get}",
            HttpRule.PatternOneofCase.Put => $"PUT {rule.Put}",
            HttpRule.PatternOneofCase.Post => $"POST {rule.Post}",
            HttpRule.PatternOneofCase.Delete => $"DELETE {rule.Delete}",
            _ => $"PATCH {rule.Patch}",
        };

    private IReadOnlyList<(MethodDescriptor Method, HttpRule Rule)> Mapped() =>
        [
            .. server
                .Server.Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>())
                .OfType<GrpcJsonTranscodingMetadata>()
                .Select(metadata => (metadata.MethodDescriptor, metadata.HttpRule)),
        ];

    private async Task<JsonElement> DocumentAsync()
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, Path, token: null);
        reply.Status.Should().Be(200, reply.Body);
        reply.Headers["Content-Type"].Should().StartWith("application/json");
        return reply.Json;
    }
}
