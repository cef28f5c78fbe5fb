using System.Globalization;
using System.Text;
using Behalf.Audit;

namespace Behalf.Identity;

/// <summary>Makes acting subjects, and nothing else does. A refusal to act for someone leaves a denial record.</summary>
internal sealed class Subjects(IEndUserStore users, IEnvironmentStore environments, IAudit audit)
{
    /// <summary>A whole identifier: redaction looks for it as it stands.</summary>
    private const int ShownLength = Identifier.MaxLength;

    public async Task<Result<ActingSubject>> ActForAsync(
        Principal principal,
        string? named,
        CancellationToken cancellationToken
    ) =>
        principal.Kind switch
        {
            PrincipalKind.ServiceClient => await AsServiceAsync(principal, named, cancellationToken),
            PrincipalKind.UserSession or PrincipalKind.McpSession or PrincipalKind.Person => await AsSessionAsync(
                principal,
                named,
                cancellationToken
            ),
            _ => await RefuseOperatorAsync(principal, named, cancellationToken),
        };

    private async Task<Result<ActingSubject>> AsServiceAsync(
        Principal principal,
        string? named,
        CancellationToken cancellationToken
    )
    {
        if (!Identifier.TryParse(named, out Identifier identifier, out string? problem))
        {
            return Problem.Invalid("identifier", "identifier", problem);
        }

        EnvironmentId environment = EnvironmentOf(principal);
        UserEpoch epoch = await users.EnsureAsync(environment, identifier, cancellationToken);
        return new ActingSubject(environment, identifier, epoch, principal);
    }

    private async Task<Result<ActingSubject>> AsSessionAsync(
        Principal principal,
        string? named,
        CancellationToken cancellationToken
    )
    {
        EnvironmentId environment = EnvironmentOf(principal);
        if (principal is not { Subject: { } own, SubjectEpoch: { } epoch })
        {
            throw new InvalidOperationException("A user session without a subject.");
        }

        if (named is null || string.Equals(named, own.Value, StringComparison.Ordinal))
        {
            return new ActingSubject(environment, own, epoch, principal);
        }

        await DenyAsync(environment, principal, "identifier_mismatch", named, cancellationToken);
        return Problem.Forbidden(
            "identifier_mismatch",
            "This credential acts for one user only, and the request names another. Leave the identifier out."
        );
    }

    private async Task<Result<ActingSubject>> RefuseOperatorAsync(
        Principal principal,
        string? named,
        CancellationToken cancellationToken
    )
    {
        if (await environments.FindBySlugAsync(Bootstrap.DefaultSlug, cancellationToken) is { } environment)
        {
            await DenyAsync(environment.Id, principal, "operator_cannot_act", named, cancellationToken);
        }

        return Problem.Forbidden("operator_cannot_act", "An operator credential never acts for a user.");
    }

    private Task DenyAsync(
        EnvironmentId environment,
        Principal principal,
        string code,
        string? named,
        CancellationToken cancellationToken
    ) =>
        audit.DenyAsync(
            new AuditDraft
            {
                Environment = environment,
                Kind = AuditKind.Denial,
                Action = "subject.act_for",
                Identifier = principal.Subject?.Value,
                Principal = principal.ClientId,
                Decision = "deny",
                Outcome = code,
                Detail = named is null ? null : $"the request named \"{Inert(named)}\"",
            },
            cancellationToken
        );

    private static EnvironmentId EnvironmentOf(Principal principal) =>
        principal.Environment ?? throw new InvalidOperationException($"A {principal.Kind} without an environment.");

    /// <summary>What a caller sent, cut and without characters that could forge a line.</summary>
    private static string Inert(string text)
    {
        StringBuilder shown = new();
        foreach (Rune rune in text.EnumerateRunes().Take(ShownLength))
        {
            bool plain =
                Rune.GetUnicodeCategory(rune)
                is not (
                    UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.OtherNotAssigned
                );
            shown.Append(plain ? rune.ToString() : "\uFFFD");
        }

        return shown.ToString();
    }
}
