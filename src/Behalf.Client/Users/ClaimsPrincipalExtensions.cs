using System.Globalization;
using System.Security.Claims;

namespace Behalf.Client;

public static class ClaimsPrincipalExtensions
{
    private const int LongestIdentifier = 256;

    /// <summary>
    /// The identifier of the signed-in user, from the application's own login and nowhere else.
    /// </summary>
    /// <param name="claimType">
    /// A claim that names the user for good, such as <c>sub</c>: never a name or an address that can pass to another
    /// person. Null: <c>sub</c>, else <see cref="ClaimTypes.NameIdentifier"/>.
    /// </param>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the claim is missing, ambiguous or too long.</exception>
    public static string GetBehalfIdentifier(this ClaimsPrincipal user, string? claimType = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (user.Identity?.IsAuthenticated != true)
        {
            throw new InvalidOperationException("Nobody is signed in: there is no user to act for.");
        }
        string[] types = claimType is null ? ["sub", ClaimTypes.NameIdentifier] : [claimType];
        var values = types
            .Select(type => user.FindAll(type).Select(claim => claim.Value).Distinct(StringComparer.Ordinal).ToArray())
            .FirstOrDefault(found => found.Length > 0, []);
        var length = values is [var value] ? value.EnumerateRunes().Count() : 0;
        return values.Length switch
        {
            0 => throw new InvalidOperationException($"The signed-in user has no claim '{types[0]}'."),
            > 1 => throw new InvalidOperationException($"The signed-in user has several claims '{types[0]}'."),
            _ when length is 0 or > LongestIdentifier => throw new InvalidOperationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The claim '{types[0]}' has {length} characters; an identifier has 1 to {LongestIdentifier}."
                )
            ),
            _ => values[0],
        };
    }
}
