namespace Behalf.Agent.Tests;

public sealed class ModelOptionsTests
{
    [Fact]
    public void Environment_IsHonoured()
    {
        var found = Read(
                ("ANTHROPIC_API_KEY", " key "),
                ("ANTHROPIC_MODEL", "claude-x"),
                ("ANTHROPIC_BASE_URL", "https://models.example.com")
            )
            .Should()
            .BeOfType<ModelOptionsResult.Found>()
            .Subject;

        found.Options.ApiKey.Reveal().Should().Be("key");
        found.Options.Model.Should().Be("claude-x");
        found.Options.BaseUrl.Should().Be(new Uri("https://models.example.com"));
        found.ToString().Should().NotContain("key ");
    }

    [Fact]
    public void MissingKey_SaysWhatToSet()
    {
        Read()
            .Should()
            .BeOfType<ModelOptionsResult.KeyMissing>()
            .Which.Message.Should()
            .Contain("ANTHROPIC_API_KEY")
            .And.Contain("practice model");
    }

    [Fact]
    public void LoopbackAddress_NeedsNoKey()
    {
        Read(("ANTHROPIC_BASE_URL", "http://127.0.0.1:8090")).Should().BeOfType<ModelOptionsResult.Found>();
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ftp://example.com")]
    [InlineData("http://models.example.com")]
    public void UnsafeAddress_IsRefused(string url)
    {
        Read(("ANTHROPIC_API_KEY", "key"), ("ANTHROPIC_BASE_URL", url))
            .Should()
            .BeOfType<ModelOptionsResult.Invalid>()
            .Which.Message.Should()
            .Contain("ANTHROPIC_BASE_URL");
    }

    private static ModelOptionsResult Read(params (string Name, string Value)[] variables) =>
        ModelOptions.FromEnvironment(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
