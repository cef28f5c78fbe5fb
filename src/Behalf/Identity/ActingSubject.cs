namespace Behalf.Identity;

/// <summary>
/// The user a call acts for, with the caller that acts. Made only by <see cref="IIdentity.ActForAsync"/>; everything
/// below the doors takes this type, never a string, so an identifier that a client, a model or a tool result names can
/// never select an account.
/// </summary>
public sealed class ActingSubject
{
    internal ActingSubject(EnvironmentId environment, Identifier identifier, UserEpoch epoch, Principal principal)
    {
        Environment = environment;
        Identifier = identifier;
        Epoch = epoch;
        Principal = principal;
    }

    public EnvironmentId Environment { get; }

    public Identifier Identifier { get; }

    /// <value>The user's incarnation and epoch as known when the subject was made.</value>
    public UserEpoch Epoch { get; }

    public Principal Principal { get; }
}
