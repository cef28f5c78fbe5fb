using Behalf.Client;

namespace Behalf.Agent.Tests;

public sealed class ConventionTests
{
    [Fact]
    public void AgentAndClient_ReferenceNothingThatHoldsCredentialsOfProviders()
    {
        string[] allowed = ["Behalf.Agent", "Behalf.Client"];

        foreach (var assembly in new[] { typeof(BehalfAgent).Assembly, typeof(IUserClient).Assembly })
        {
            assembly
                .GetReferencedAssemblies()
                .Select(reference => reference.Name!)
                .Where(name => name == "Behalf" || name.StartsWith("Behalf.", StringComparison.Ordinal))
                .Should()
                .BeSubsetOf(allowed);
            assembly
                .GetTypes()
                .Where(type => type.FullName!.Contains("Vault", StringComparison.Ordinal))
                .Should()
                .BeEmpty();
        }
    }

    [Fact]
    public void UserBoundClient_HasNoWayToNameAUser()
    {
        typeof(IUserClient)
            .GetMethods()
            .SelectMany(method => method.GetParameters())
            .Select(parameter => parameter.Name!.ToLowerInvariant())
            .Should()
            .NotContain(name => name.Contains("identifier") || name.Contains("user") || name.Contains("account"));
    }

    [Fact]
    public void Classes_AreSealed_UnlessTheyAreClosedHierarchies()
    {
        typeof(BehalfAgent)
            .Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false, IsSealed: false } && !type.Name.StartsWith('<'))
            .Should()
            .BeEmpty();
    }
}
