using System.Text.RegularExpressions;
using Behalf.Audit;

namespace Behalf.Identity;

/// <summary>The isolation boundaries of the installation; only an operator adds one.</summary>
internal sealed partial class Environments(IEnvironmentStore environments, TimeProvider time)
{
    public async Task<Result<DeploymentEnvironment>> AddAsync(
        Principal principal,
        NewEnvironment wanted,
        CancellationToken cancellationToken
    )
    {
        if (principal.Kind != PrincipalKind.Operator)
        {
            return Problem.Forbidden("operator_credential_needed", "Environments need the operator credential.");
        }

        if (!Slug().IsMatch(wanted.Slug))
        {
            return Problem.Invalid("slug", "pattern", "1 to 40 lower-case letters, digits and hyphens");
        }

        if (wanted.PublicUrl is { } origin && !IsOrigin(origin))
        {
            return Problem.Invalid("public_url", "origin", "an https origin, or http on loopback, without a path");
        }

        if (wanted.DefaultVerifyUrl is { } verify && !IsVerifyUrl(verify))
        {
            return NoVerifyUrl();
        }

        DeploymentEnvironment environment = Make(wanted);
        return await environments.AddAsync(environment, Added(environment, principal.ClientId), cancellationToken)
            ? environment
            : new Problem(ProblemKind.AlreadyExists, "environment_exists", "That slug or public URL is taken.");
    }

    public DeploymentEnvironment Make(NewEnvironment wanted) =>
        new()
        {
            Id = EntityId.New<EnvironmentId>(time),
            Slug = wanted.Slug,
            Name = wanted.Name.Length == 0 ? wanted.Slug : wanted.Name,
            PublicUrl = wanted.PublicUrl?.TrimEnd('/'),
            VerifyMode = wanted.VerifyMode,
            DefaultVerifyUrl = wanted.DefaultVerifyUrl,
            CreatedAt = time.GetUtcNow(),
            RowVersion = 1,
        };

    public static Traces Added(DeploymentEnvironment environment, string by) =>
        Traces.Of(
            new AuditDraft
            {
                Environment = environment.Id,
                Kind = AuditKind.Admin,
                Action = "environment.added",
                Principal = by,
                Outcome = CallOutcomes.Success,
                Detail = environment.Slug,
            }
        );

    public static bool IsVerifyUrl(string text) =>
        IsWebOrLoopback(text) && !text.Contains('#', StringComparison.Ordinal);

    public static Problem NoVerifyUrl() =>
        Problem.Invalid("default_verify_url", "url", "an https URL, or http on loopback, without a fragment");

    private static bool IsOrigin(string text) =>
        IsWebOrLoopback(text)
        && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && string.Equals(uri.GetLeftPart(UriPartial.Authority), text.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);

    private static bool IsWebOrLoopback(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && uri.UserInfo.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,39}\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Slug();
}
