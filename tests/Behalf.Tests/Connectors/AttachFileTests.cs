using System.Text;
using Behalf.Connectors;
using Behalf.Tests.Tools.Support;

namespace Behalf.Tests.Connectors;

/// <summary>Apart from the fixtures, because the body is a form and not JSON.</summary>
public sealed class AttachFileTests
{
    private const string Task = """{"data":{"gid":"1001","name":"Plan the launch"}}""";
    private const string Made = """{"data":{"gid":"8001","name":"plan.txt","resource_subtype":"asana"}}""";

    private static async Task<FakeUpstream> AttachAsync(string arguments)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        FakeUpstream upstream = new(sent => FakeUpstream.Json(sent.Method == "GET" ? Task : Made));
        await new ToolBench(definition).SucceedAsync("attach_file", arguments, upstream);
        return upstream;
    }

    [Fact]
    public async Task File_GoesUpAsAFormPart_UnderItsNameOnly()
    {
        string content = Convert.ToBase64String(Encoding.UTF8.GetBytes("Invite everyone."));

        FakeUpstream upstream = await AttachAsync(
            $$"""{"task":"1001","name":"../plan\r\n.txt","file":"{{content}}","content_type":"text/plain"}"""
        );

        SentRequest sent = upstream.Requests[^1];
        sent.Line.Should().Be("POST /api/1.0/attachments");
        sent.ContentType.Should().Be("multipart/form-data");
        sent.Body.Should().Contain("Invite everyone.").And.Contain("filename=").And.Contain("text/plain");
        sent.Body.Should().NotContain("filename=\"..").And.NotContain("Authorization");
    }

    [Fact]
    public async Task Link_IsAttachedByItsAddress_AndNothingIsFetched()
    {
        FakeUpstream upstream = await AttachAsync(
            """{"task":"1001","name":"Spec","url":"https://acme.example/spec"}"""
        );

        upstream.Requests[^1].Body.Should().Contain("https://acme.example/spec").And.Contain("external");
        upstream.Fetched.Should().BeEmpty();
    }
}
