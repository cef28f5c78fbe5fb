using System.Text;
using Behalf.Connectors;
using Behalf.Egress;

namespace Behalf.Connections;

/// <summary>
/// How an account's opened credential is put on a request: the one place that knows, for tools and for every other call.
/// Dispose it with the request.
/// </summary>
internal sealed class CredentialOnRequest : IDisposable
{
    private readonly Secret _derived;

    private CredentialOnRequest(EgressCredential? credential, IReadOnlyList<Secret> parts, Secret derived)
    {
        Credential = credential;
        Parts = parts;
        _derived = derived;
    }

    /// <value>Null: nothing is put on.</value>
    public EgressCredential? Credential { get; }

    /// <value>What else must not come back in an answer: the password of a pair that travels encoded.</value>
    public IReadOnlyList<Secret> Parts { get; }

    /// <param name="opened">The stored access credential: a token, a key, or <c>user:password</c>.</param>
    public static CredentialOnRequest Of(AuthProfile auth, Secret opened)
    {
        if (auth.Kind == CredentialKind.None)
        {
            return new CredentialOnRequest(null, [], Secret.FromText(string.Empty));
        }

        if (auth.Kind == CredentialKind.Basic)
        {
            string pair = opened.RevealText();
            Secret encoded = Secret.FromText(Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
            Secret password = Secret.FromText(pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..]);
            return new CredentialOnRequest(
                new EgressCredential(auth.Header!, auth.Prefix, encoded),
                [opened, password],
                encoded
            );
        }

        Secret value = Secret.FromText(opened.RevealText());
        EgressCredential credential = auth.QueryParameter is { } parameter
            ? EgressCredential.InQuery(parameter, value)
            : new EgressCredential(auth.Header!, auth.Prefix, value);
        return new CredentialOnRequest(credential, [], value);
    }

    public void Dispose()
    {
        _derived.Dispose();
        foreach (Secret part in Parts.Skip(1))
        {
            part.Dispose();
        }
    }
}
