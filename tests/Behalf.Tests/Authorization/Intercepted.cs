using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Tests.Authorization;

/// <summary>A store between which and its users a test stands: each call goes through the test's hand.</summary>
public class Intercepted<T> : DispatchProxy
    where T : class
{
    private T _inner = null!;
    private Func<string, Func<object?>, object?> _hand = null!;

    /// <param name="hand">Given the method's name and the call itself: returns what the method shall return.</param>
    public static void Stand(IServiceCollection services, Func<string, Func<object?>, object?> hand)
    {
        ServiceDescriptor registered = services.Last(service => service.ServiceType == typeof(T));
        services.AddSingleton(provider =>
        {
            T proxy = Create<T, Intercepted<T>>();
            Intercepted<T> standing = (Intercepted<T>)(object)proxy;
            standing._inner = (T)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!);
            standing._hand = hand;
            return proxy;
        });
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _hand(targetMethod!.Name, () => targetMethod.Invoke(_inner, args));
}
