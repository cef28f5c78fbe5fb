using System.Net;
using Behalf.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Behalf.Tests.Egress;

public sealed class AddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.168.1.1")]
    [InlineData("192.88.99.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void IsPublic_IsFalse_ForSpecialAddresses(string address) =>
        AddressPolicy.IsPublic(IPAddress.Parse(address)).Should().BeFalse();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void IsPublic_IsTrue_ForAddressesOfTheInternet(string address) =>
        AddressPolicy.IsPublic(IPAddress.Parse(address)).Should().BeTrue();

    [Theory]
    [InlineData("https://127.0.0.1")]
    [InlineData("https://2130706433")]
    [InlineData("https://0x7f000001")]
    [InlineData("https://0x7f.0.0.1")]
    [InlineData("https://0177.0.0.1")]
    [InlineData("https://017700000001")]
    [InlineData("https://127.1")]
    [InlineData("https://127.0.1")]
    [InlineData("https://0")]
    [InlineData("https://[::1]")]
    [InlineData("https://[0:0:0:0:0:0:0:1]")]
    [InlineData("https://[::ffff:127.0.0.1]")]
    [InlineData("https://[::ffff:7f00:1]")]
    [InlineData("https://[::127.0.0.1]")]
    [InlineData("https://[64:ff9b::127.0.0.1]")]
    [InlineData("https://[2002:7f00:0001::]")]
    [InlineData("https://[fe80::1%25eth0]")]
    [InlineData("https://127。0。0。1")]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://2852039166")]
    [InlineData("https://localhost")]
    [InlineData("https://LOCALHOST")]
    public async Task Send_ReachesNoPrivateAddress_WhateverItsSpelling(string origin)
    {
        using Door door = new([]);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Request(new Uri(origin)));

        failed.Failure.Should().Be(EgressFailure.Refused);
        failed.MayHaveBeenSent.Should().BeFalse();
    }

    // Whether these are addresses, names or neither is the resolver's opinion.
    [Theory]
    [InlineData("https://①②⑦.⓪.⓪.①")]
    [InlineData("https://localhost.")]
    [InlineData("https://127.0.0.1.")]
    [InlineData("https://localhost.localdomain")]
    public async Task Send_ConnectsNowhere_WhenAHostIsAPrivateAddressOrNothing(string origin)
    {
        using Door door = new([]);

        EgressOutcome.Failed failed = await door.FailAsync(Door.Request(new Uri(origin)));

        failed.Failure.Should().BeOneOf(EgressFailure.Refused, EgressFailure.NotConnected);
        failed.Description.Should().MatchRegex("not allowed|not a public address|has no address");
        failed.MayHaveBeenSent.Should().BeFalse();
    }

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("8.8.8.8", "127.0.0.1")]
    [InlineData("::ffff:10.0.0.7")]
    [InlineData("2606:4700:4700::1111", "fe80::1")]
    public async Task Send_DialsNothing_WhenANameLeadsToAnAddressThatIsNotAllowed(params string[] answer)
    {
        NameServer names = new(answer);
        using Door door = new([], services => services.AddSingleton<INameResolver>(names));

        EgressOutcome.Failed failed = await door.FailAsync(Door.Request(new Uri("https://api.example.com")));

        failed.Failure.Should().Be(EgressFailure.Refused);
        failed.MayHaveBeenSent.Should().BeFalse();
        failed.Description.Should().Be("api.example.com leads to an address that is not allowed");
        names.Asked.Should().Equal("api.example.com");
    }

    [Fact]
    public async Task Send_IsNotConnected_WhenANameHasNoAddress()
    {
        NameServer names = new([]);
        using Door door = new([], services => services.AddSingleton<INameResolver>(names));

        EgressOutcome.Failed failed = await door.FailAsync(Door.Request(new Uri("https://api.example.com")));

        failed.Failure.Should().Be(EgressFailure.NotConnected);
        failed.MayHaveBeenSent.Should().BeFalse();
    }

    [Theory]
    [InlineData("http://intranet.example.com")]
    [InlineData("http://10.0.0.1")]
    [InlineData("https://api.example.com/path")]
    [InlineData("https://user@api.example.com")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("api.example.com")]
    public void Origins_RefuseASetting_ThatIsNotAnOriginThatMayBeListed(string setting)
    {
        BehalfOptions options = new();
        options.AllowedPrivateOrigins.Add(setting);

        Action read = () => _ = new EgressOrigins(Options.Create(options));

        read.Should().Throw<InvalidOperationException>().WithMessage($"*{setting}*Write exact origins*");
    }

    [Fact]
    public void ListedOrigin_AllowsItself_AndNoOther()
    {
        BehalfOptions options = new();
        options.AllowedPrivateOrigins.Add("http://127.0.0.1:8090");
        EgressOrigins origins = new(Options.Create(options));

        origins.ProblemWith(new Uri("http://127.0.0.1:8090/api/1.0/tasks")).Should().BeNull();
        origins.ProblemWith(new Uri("http://127.0.0.1:8091/")).Should().Contain("https");
        origins.ProblemWith(new Uri("https://127.0.0.1:8090/")).Should().Contain("not a public address");
        origins.ProblemWith(new Uri("http://127.0.0.2:8090/")).Should().NotBeNull();
        origins.ProblemWith(new Uri("https://api.example.com/")).Should().BeNull();
    }

    private sealed class NameServer(string[] answer) : INameResolver
    {
        public List<string> Asked { get; } = [];

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            Asked.Add(host);
            return Task.FromResult(Array.ConvertAll(answer, IPAddress.Parse));
        }
    }
}
