using Behalf.Connections;
using CsCheck;

namespace Behalf.Tests.Connections;

public sealed class UpstreamPathTests
{
    private static readonly Uri Base = new("https://provider.example/api");

    [Theory]
    [InlineData("")]
    [InlineData("tasks")]
    [InlineData("//evil.example/x")]
    [InlineData("/\\evil.example")]
    [InlineData("/tasks//1")]
    [InlineData("/../admin")]
    [InlineData("/tasks/..")]
    [InlineData("/tasks/./1")]
    [InlineData("/%2e%2e/admin")]
    [InlineData("/tasks/%2E%2E/%2e%2e/admin")]
    [InlineData("/..%2fadmin")]
    [InlineData("/%2f%2fevil.example")]
    [InlineData("/%5c%5cevil.example")]
    [InlineData("/tasks/..%5c..%5cadmin")]
    [InlineData("/..;/admin")]
    [InlineData("/tasks?x=1")]
    [InlineData("/tasks#x")]
    [InlineData("/tasks\r\nHost: evil")]
    [InlineData("/tasks%0d%0aHost:%20evil")]
    [InlineData("/tásk")]
    [InlineData("@evil.example/x")]
    public void PathThatWouldLeaveTheBase_IsRefused(string path) =>
        UpstreamPath.TryJoin(Base, path, [], out _).Should().BeFalse();

    [Fact]
    public void EncodedSegments_ArriveExactlyAsTheyWereEncoded() =>
        Gen.String[Gen.Char[' ', '\uffff'], 1, 20]
            .Array[1, 5]
            .Where(segments => segments.All(IsData))
            .Sample(segments =>
            {
                string path = "/" + string.Join('/', segments.Select(Uri.EscapeDataString));
                if (UpstreamPath.TryJoin(Base, path, [new("q", "a&b=c#d")], out Uri? uri))
                {
                    uri.GetLeftPart(UriPartial.Authority).Should().Be("https://provider.example");
                    uri.AbsolutePath.Should().Be($"/api{path}");
                    uri.Query.Should().Be("?q=a%26b%3Dc%23d");
                }
            });

    [Theory]
    [InlineData("/tasks/12%2F34")]
    [InlineData("/projects/group%2Fname")]
    [InlineData("/a.b/..c/d..")]
    [InlineData("/tasks/")]
    public void HarmlessPath_IsAppended(string path)
    {
        UpstreamPath.TryJoin(Base, path, [], out Uri? uri).Should().BeTrue();
        uri!.AbsoluteUri.Should().Be($"https://provider.example/api{path}");
    }

    [Theory]
    [InlineData("a=b&a=c&d", true)]
    [InlineData("q=a%20b+c", true)]
    [InlineData("u=//evil.example/?x=@", true)]
    [InlineData("a=b#c", false)]
    [InlineData("a=b c", false)]
    [InlineData("a=\\", false)]
    [InlineData("a=\r\nHost: evil", false)]
    [InlineData("a=ä", false)]
    public void EncodedQuery_ArrivesAsItIs_OrIsRefused(string query, bool passes)
    {
        UpstreamPath.TryJoin(Base, "/tasks", query, out Uri? uri).Should().Be(passes);
        if (passes)
        {
            uri!.AbsoluteUri.Should().Be($"https://provider.example/api/tasks?{query}");
        }
    }

    private static bool IsData(string segment) => !segment.Any(char.IsSurrogate);
}
