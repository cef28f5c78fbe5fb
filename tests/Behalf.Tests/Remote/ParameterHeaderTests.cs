using Behalf.Tools.Running;
using Newtonsoft.Json.Linq;

namespace Behalf.Tests.Remote;

/// <summary>Arguments repeated in headers, as 2026-07-28 writes them.</summary>
public sealed class ParameterHeaderTests
{
    [Theory]
    [InlineData("us-west1", "us-west1")]
    [InlineData("us west 1", "us west 1")]
    [InlineData("", "")]
    [InlineData(" us-west1", "=?base64?IHVzLXdlc3Qx?=")]
    [InlineData("us-west1 ", "=?base64?dXMtd2VzdDEg?=")]
    [InlineData("Zürich", "=?base64?WsO8cmljaA==?=")]
    [InlineData("line1\r\nEvil: yes", "=?base64?bGluZTENCkV2aWw6IHllcw==?=")]
    [InlineData("\tindented", "=?base64?CWluZGVudGVk?=")]
    [InlineData("=?base64?eA==?=", "=?base64?PT9iYXNlNjQ/ZUE9PT89?=")]
    public void Text_ThatNoHeaderHolds_IsEncoded(string text, string header) =>
        ParameterHeader.Write(new JValue(text)).Should().Be(header);

    [Fact]
    public void WholeNumbersAndBooleans_AreWrittenOut_AndNothingElseIs()
    {
        ParameterHeader.Write(new JValue(42L)).Should().Be("42");
        ParameterHeader.Write(new JValue(42.0m)).Should().Be("42");
        ParameterHeader.Write(new JValue(-9_007_199_254_740_991L)).Should().Be("-9007199254740991");
        ParameterHeader.Write(new JValue(value: true)).Should().Be("true");
        ParameterHeader.Write(new JValue(value: false)).Should().Be("false");

        ParameterHeader.Write(new JValue(9_007_199_254_740_992L)).Should().BeNull("nobody between could compare it");
        ParameterHeader.Write(new JValue(1.5m)).Should().BeNull();
        ParameterHeader.Write(JValue.CreateNull()).Should().BeNull();
        ParameterHeader.Write(null).Should().BeNull();
        ParameterHeader.Write(new JArray("a")).Should().BeNull();
    }
}
