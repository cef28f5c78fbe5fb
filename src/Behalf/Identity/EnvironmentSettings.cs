using System.Globalization;
using Behalf.Audit;

namespace Behalf.Identity;

/// <summary>Which spelling of a connector's tools an environment lists.</summary>
public enum ToolNaming
{
    /// <summary><c>tracker_create_task</c>: verb first, as the connectors define them.</summary>
    Behalf = 1,

    /// <summary><c>tracker_task_create</c>: as the hosted catalogue spells them.</summary>
    Scalekit = 2,
}

/// <summary>What to change about an environment; null leaves a setting as it is.</summary>
public sealed record EnvironmentChange
{
    public VerifyMode? VerifyMode { get; init; }

    /// <value>Empty: none any more.</value>
    public string? DefaultVerifyUrl { get; init; }

    /// <value>Whether service credentials may read tokens back.</value>
    public bool? ReadBack { get; init; }

    public bool? DetailedErrorLogging { get; init; }

    public ToolNaming? ToolNaming { get; init; }

    /// <value>In days, 1–36,500; 0: for ever.</value>
    public int? AuditRetentionDays { get; init; }
}

/// <summary>Changes the settings of an environment; only an operator does, and the trail says what became of each.</summary>
internal sealed class EnvironmentSettings(IEnvironmentStore environments)
{
    private const int MaxTries = 10;
    private const int MaxRetentionDays = 36_500;

    public async Task<Result<DeploymentEnvironment>> ChangeAsync(
        Principal principal,
        EnvironmentId id,
        EnvironmentChange change,
        CancellationToken cancellationToken
    )
    {
        if (principal.Kind != PrincipalKind.Operator)
        {
            return Problem.Forbidden("operator_credential_needed", "Settings need the operator credential.");
        }

        if (change.DefaultVerifyUrl is { Length: > 0 } url && !Environments.IsVerifyUrl(url))
        {
            return Environments.NoVerifyUrl();
        }

        if (change.AuditRetentionDays is < 0 or > MaxRetentionDays)
        {
            return Problem.Invalid("audit_retention_days", "range", "is 1–36,500 days, or 0 for ever");
        }

        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            if (await environments.FindAsync(id, cancellationToken) is not { } environment)
            {
                return Problem.NotFound("environment");
            }

            DeploymentEnvironment changed = Apply(environment, change);
            if (changed == environment)
            {
                return environment;
            }

            Traces traces = Changed(environment, changed, principal.ClientId);
            if (await environments.ChangeAsync(changed, traces, cancellationToken))
            {
                return changed with { RowVersion = changed.RowVersion + 1 };
            }
        }

        return new Problem(ProblemKind.Unavailable, "environment_busy", "The environment keeps changing; try again.");
    }

    private static DeploymentEnvironment Apply(DeploymentEnvironment environment, EnvironmentChange change) =>
        environment with
        {
            VerifyMode = change.VerifyMode ?? environment.VerifyMode,
            DefaultVerifyUrl = change.DefaultVerifyUrl switch
            {
                null => environment.DefaultVerifyUrl,
                "" => null,
                var url => url,
            },
            ReadBack = change.ReadBack ?? environment.ReadBack,
            DetailedErrorLogging = change.DetailedErrorLogging ?? environment.DetailedErrorLogging,
            ToolNaming = change.ToolNaming ?? environment.ToolNaming,
            AuditRetentionDays = change.AuditRetentionDays switch
            {
                null => environment.AuditRetentionDays,
                0 => null,
                var days => days,
            },
        };

    private static Traces Changed(DeploymentEnvironment before, DeploymentEnvironment after, string by)
    {
        (string Name, object? Before, object? After)[] settings =
        [
            ("verify_mode", before.VerifyMode, after.VerifyMode),
            ("default_verify_url", before.DefaultVerifyUrl, after.DefaultVerifyUrl),
            ("read_back", before.ReadBack, after.ReadBack),
            ("detailed_error_logging", before.DetailedErrorLogging, after.DetailedErrorLogging),
            ("tool_naming", before.ToolNaming, after.ToolNaming),
            ("audit_retention_days", before.AuditRetentionDays, after.AuditRetentionDays),
        ];
        IEnumerable<string> changed = settings
            .Where(setting => !Equals(setting.Before, setting.After))
            .Select(setting =>
                string.Create(CultureInfo.InvariantCulture, $"{setting.Name}={setting.After ?? "none"}")
            );
        return Traces.Of(
            new AuditDraft
            {
                Environment = after.Id,
                Kind = AuditKind.Admin,
                Action = "environment.changed",
                Principal = by,
                Outcome = CallOutcomes.Success,
                Detail = string.Join(' ', changed).ToLowerInvariant(),
            }
        );
    }
}
