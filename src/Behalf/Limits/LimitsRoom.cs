using System.Threading.RateLimiting;
using Behalf.Connections;
using Behalf.Identity;
using Microsoft.Extensions.Options;

namespace Behalf.Limits;

internal sealed class LimitsRoom(IOptions<BehalfOptions> options) : ILimits, IDisposable
{
    private readonly ScopeLimiter<EnvironmentId> _environments = new(
        "environment",
        "of this environment",
        options.Value.Limits.Environment
    );

    private readonly ScopeLimiter<(EnvironmentId?, string)> _credentials = new(
        "credential",
        "with this credential",
        options.Value.Limits.Credential
    );

    private readonly ScopeLimiter<(EnvironmentId?, string)> _requests = new(
        "credential",
        "with this credential",
        options.Value.Limits.Credential
    );

    private readonly ScopeLimiter<(EnvironmentId, Identifier)> _identifiers = new(
        "identifier",
        "of this user",
        options.Value.Limits.Identifier
    );

    private readonly ScopeLimiter<(EnvironmentId, Identifier)> _visits = new(
        "identifier",
        "of this user",
        options.Value.Limits.Identifier
    );

    private readonly ScopeLimiter<(EnvironmentId, Identifier)> _links = new(
        "link",
        "for this user",
        options.Value.Limits.Link,
        "links"
    );

    private readonly ScopeLimiter<ConnectionId> _connections = new(
        "connection",
        "of this connection",
        options.Value.Limits.Connection
    );

    private readonly ScopeLimiter<string> _hosts = new("host", "to this provider", options.Value.Limits.Host);

    public Result<IDisposable> EnterCall(ActingSubject subject, Connection connection)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(connection);
        List<RateLimitLease> leases = new(6);
        // The narrowest first: whoever is over a limit of their own takes nothing of what is shared.
        return Enter(
            leases,
            _identifiers.TryEnter((subject.Environment, subject.Identifier), leases)
                ?? _credentials.TryEnter((subject.Environment, subject.Principal.ClientId), leases)
                ?? _connections.TryEnter(connection.Id, leases)
                ?? _hosts.TryEnter(connection.BaseUrl.Authority, leases)
                ?? _environments.TryEnter(subject.Environment, leases)
        );
    }

    public Result<IDisposable> EnterRequest(Principal caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        List<RateLimitLease> leases = new(2);
        return Enter(leases, _requests.TryEnter((caller.Environment, caller.ClientId), leases));
    }

    /// <summary>Counted apart from the call that the request may carry, which enters by itself.</summary>
    public Result<IDisposable> EnterRequest(ActingSubject visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        List<RateLimitLease> leases = new(4);
        return Enter(
            leases,
            _visits.TryEnter((visitor.Environment, visitor.Identifier), leases)
                ?? _requests.TryEnter((visitor.Environment, visitor.Principal.ClientId), leases)
        );
    }

    public Result<IDisposable> EnterLink(ActingSubject subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        List<RateLimitLease> leases = new(2);
        return Enter(leases, _links.TryEnter((subject.Environment, subject.Identifier), leases));
    }

    public void Dispose()
    {
        _environments.Dispose();
        _credentials.Dispose();
        _requests.Dispose();
        _identifiers.Dispose();
        _visits.Dispose();
        _links.Dispose();
        _connections.Dispose();
        _hosts.Dispose();
    }

    private static Result<IDisposable> Enter(List<RateLimitLease> leases, Problem? problem)
    {
        Leases entered = new(leases);
        if (problem is null)
        {
            return entered;
        }

        entered.Dispose();
        return problem;
    }

    private sealed class Leases(List<RateLimitLease> leases) : IDisposable
    {
        public void Dispose()
        {
            foreach (RateLimitLease lease in leases)
            {
                lease.Dispose();
            }

            leases.Clear();
        }
    }
}
