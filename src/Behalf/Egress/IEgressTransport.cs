namespace Behalf.Egress;

/// <summary>
/// What carries requests once the door has let them through. Tests put a handler here that throws for every request
/// nobody registered; registered before <see cref="EgressServices.AddEgress"/> it takes the place of sockets.
/// </summary>
public interface IEgressTransport
{
    /// <summary>Called once; the door owns the handler. It must follow no redirects, keep no cookies and retry nothing.</summary>
    HttpMessageHandler CreateHandler();
}
