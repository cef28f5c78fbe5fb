using Behalf.Cli.Commands.Audit;
using Behalf.Client;

namespace Behalf.Cli.Tests;

public sealed class AuditCsvTests
{
    [Theory]
    [InlineData("=HYPERLINK(\"https://evil.example\")", "'=HYPERLINK(\"\"https://evil.example\"\")")]
    [InlineData("+1", "'+1")]
    [InlineData("-1+2", "'-1+2")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", " =1")]
    [InlineData("a,\"b\"", "a,\"\"b\"\"")]
    public async Task ACell_IsNeverAFormula(string detail, string written)
    {
        var text = await WriteAsync(Record(detail));

        text.Split("\r\n")[1].Should().Contain(written);
        text.Split("\r\n")[1].Split(',').Should().NotContain(cell => cell.StartsWith('=') || cell.StartsWith("\"="));
    }

    [Fact]
    public async Task EveryRecord_IsOneLine_UnderOneHeader()
    {
        var text = await WriteAsync(Record("one\ntwo"), Record("three"));

        var lines = text.Split("\r\n");
        lines.Should().HaveCount(4);
        lines[0].Should().StartWith("at,lane,sequence,kind");
        lines[3].Should().BeEmpty();
    }

    private static async Task<string> WriteAsync(params AuditRecord[] records)
    {
        await using var writer = new StringWriter();
        var count = await AuditCsv.WriteAsync(
            writer,
            records.ToAsyncEnumerable(),
            TestContext.Current.CancellationToken
        );
        count.Should().Be(records.Length);
        return writer.ToString();
    }

    private static AuditRecord Record(string detail) =>
        new(
            "node-1",
            1,
            DateTimeOffset.UnixEpoch,
            "completion",
            "execute",
            "exe_1",
            "alice",
            "cl_1",
            "service",
            "",
            "connection",
            "ca_1",
            "some_tool",
            "",
            "allow",
            "ok",
            200,
            detail,
            "00",
            false
        );
}
