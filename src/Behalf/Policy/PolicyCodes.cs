namespace Behalf.Policy;

/// <summary>Reasons of the policy that doors tell apart.</summary>
public static class PolicyCodes
{
    /// <value>A credential with more access would not be refused.</value>
    public const string ReadOnlyCredential = "read_only_credential";
}
