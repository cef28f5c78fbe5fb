using Behalf.Client.AspNetCore;

namespace Behalf.Client.Tests.Connect;

public sealed class LocalPathTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/settings")]
    [InlineData("/settings?tab=a#b")]
    [InlineData("/a//b")]
    [InlineData("/%2f/evil.example")]
    public void APathOfThisApplication_IsLocal(string path) => LocalPath.IsLocal(path).Should().BeTrue();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("settings")]
    [InlineData("~/settings")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/a\\b")]
    [InlineData("/\r\n/evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("\\/evil.example")]
    [InlineData(" /settings")]
    public void WhatABrowserMightReadAsAnotherHost_IsNot(string? path) => LocalPath.IsLocal(path).Should().BeFalse();
}
