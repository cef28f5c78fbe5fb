using System.Text.Json;
using Behalf.Audit;
using Behalf.Tests.Vault;

namespace Behalf.Tests.Audit;

public sealed class ArgumentDigestTests(OpenVault opened) : IClassFixture<OpenVault>
{
    [Theory]
    [InlineData("""{"a":1,"b":[true,null,"x"]}""", """ { "b" : [ true, null, "x" ], "a" : 1 } """)]
    [InlineData("""{"o":{"z":1,"a":2}}""", """{"o":{"a":2,"z":1}}""")]
    [InlineData("""{"name":"caf\u00e9\/"}""", """{"name":"café/"}""")]
    public void Digest_IsEqual_ForEqualArguments(string left, string right) => Of(left).Should().Be(Of(right));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":12345678901234567890}""", """{"a":12345678901234567891}""")]
    [InlineData("""{"a":0.1}""", """{"a":0.10000000000000001}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"a":"\"b\":1"}""", """{"a":"","b":1}""")]
    public void Digest_Differs_ForDifferentArguments(string left, string right) => Of(left).Should().NotBe(Of(right));

    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udfff":1}""")]
    public void Digest_IsThere_ForTextThatIsNoText(string json)
    {
        Of(json).Should().Be(Of(json)).And.NotBe(Of("""{"a":"\ud801"}"""));
    }

    [Fact]
    public void Digest_HasAFixedForm() => Of("{}").Should().MatchRegex("^[0-9a-f]{64}$");

    private string Of(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return ArgumentDigest.Of(opened.Vault, document.RootElement);
    }
}
