using System.Net;
using Behalf.Registration;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Registration;

public sealed class SourceBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void OneNetwork_IsOneSource()
    {
        SourceBudget budget = new(_time, limit: 2, TimeSpan.FromMinutes(1));

        Take(budget, "2001:db8:1:2::1").Should().BeNull();
        Take(budget, "2001:db8:1:2:ffff:ffff:ffff:ffff").Should().BeNull();
        Take(budget, "2001:db8:1:2:3::").Should().BePositive("one home or server has all of that network");
        Take(budget, "2001:db8:1:3::1").Should().BeNull("the next network is somebody else's");
    }

    [Fact]
    public void MappedAddress_IsTheSameSource()
    {
        SourceBudget budget = new(_time, limit: 1, TimeSpan.FromMinutes(1));

        Take(budget, "192.0.2.1").Should().BeNull();
        Take(budget, "::ffff:192.0.2.1").Should().BePositive();
        Take(budget, "::ffff:192.0.2.2").Should().BeNull();
    }

    [Fact]
    public void Budget_ComesBack_WithTheNextWindow()
    {
        SourceBudget budget = new(_time, limit: 1, TimeSpan.FromMinutes(1));
        Take(budget, "192.0.2.1").Should().BeNull();
        _time.Advance(TimeSpan.FromSeconds(20));

        Take(budget, "192.0.2.1").Should().Be(TimeSpan.FromSeconds(40));
        _time.Advance(TimeSpan.FromSeconds(40));

        Take(budget, "192.0.2.1").Should().BeNull();
    }

    private static TimeSpan? Take(SourceBudget budget, string address) =>
        budget.Take(SourceAddress.Of(IPAddress.Parse(address)));
}
