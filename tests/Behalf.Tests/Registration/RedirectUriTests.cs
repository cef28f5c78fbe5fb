using Behalf.Registration;

namespace Behalf.Tests.Registration;

public sealed class RedirectUriTests
{
    [Theory]
    [InlineData("https://client.example/callback")]
    [InlineData("http://localhost/callback")]
    [InlineData("http://localhost:51234/callback")]
    [InlineData("http://127.0.0.1?done")]
    [InlineData("http://[::1]:8080/callback")]
    [InlineData("com.example.client:/callback")]
    [InlineData("cursor://anysphere.cursor-mcp/callback")]
    public void IsAcceptable_TakesWhatClientsUse(string uri) =>
        RedirectUri.IsAcceptable(uri, ["cursor"]).Should().BeTrue();

    [Theory]
    [InlineData("HTTP://localhost/callback")]
    [InlineData("http://LOCALHOST/callback")]
    [InlineData("http://localhost./callback")]
    [InlineData("http://localhost:/callback")]
    [InlineData("http://localhost:08080/callback")]
    [InlineData("http://127.1/callback")]
    [InlineData("http://2130706433/callback")]
    [InlineData("http://0x7f.0.0.1/callback")]
    [InlineData("http://127.0.0.01/callback")]
    [InlineData("http://[0:0:0:0:0:0:0:1]/callback")]
    [InlineData("http://user@localhost/callback")]
    [InlineData("http://client.example/callback")]
    [InlineData("https://client.example/callback#fragment")]
    [InlineData("https://client.example/call back")]
    [InlineData("javascript:alert(1)")]
    public void IsAcceptable_RefusesOddSpellings_AndWhatCarriesNoAnswerSafely(string uri) =>
        RedirectUri.IsAcceptable(uri, ["cursor"]).Should().BeFalse();

    [Theory]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback")]
    [InlineData("http://127.0.0.1:8080/callback", "http://127.0.0.1:51234/callback")]
    [InlineData("http://127.0.0.1:8080/callback", "http://127.0.0.1/callback")]
    [InlineData("http://[::1]/callback", "http://[::1]:51234/callback")]
    [InlineData("http://localhost/callback?x=1", "http://localhost:51234/callback?x=1")]
    public void IsRegistered_LeavesThePortOfALocalProgramFree(string registered, string wanted) =>
        RedirectUri.IsRegistered([registered], wanted).Should().BeTrue();

    [Theory]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:051234/callback")]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:/callback")]
    [InlineData("http://127.0.0.1/callback", "http://127.1:51234/callback")]
    [InlineData("http://127.0.0.1/callback", "http://2130706433:51234/callback")]
    [InlineData("http://127.0.0.1/callback", "HTTP://127.0.0.1:51234/callback")]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:51234/Callback")]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback/")]
    [InlineData("http://127.0.0.1/callback", "http://127.0.0.1:51234/x/../callback")]
    [InlineData("http://127.0.0.1/callback", "http://[::1]:51234/callback")]
    [InlineData("http://127.0.0.1/callback", "http://localhost:51234/callback")]
    [InlineData("http://[::1]/callback", "http://[0:0:0:0:0:0:0:1]:51234/callback")]
    [InlineData("http://localhost/callback", "http://LOCALHOST:51234/callback")]
    [InlineData("https://localhost/callback", "https://localhost:51234/callback")]
    // Nothing new is registered like these; what was must not stand for all of them.
    [InlineData("HTTP://localhost/callback", "http://127.1/elsewhere")]
    [InlineData("http://127.1/callback", "HTTP://LOCALHOST:51234/elsewhere")]
    [InlineData("http://127.1/callback", "http://127.1:51234/callback")]
    public void IsRegistered_TakesNoOtherSpelling(string registered, string wanted) =>
        RedirectUri.IsRegistered([registered], wanted).Should().BeFalse();
}
