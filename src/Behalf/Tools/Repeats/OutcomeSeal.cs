using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Behalf.Audit;
using Behalf.Vault;

namespace Behalf.Tools.Repeats;

/// <summary>
/// The outcome of a call as it is kept for repeats: sealed under the account's own key and bound to the execution. Its
/// size is that of an answer: at most <see cref="ResultShaper.MaxBytes"/> and a little.
/// </summary>
internal sealed class OutcomeSeal(IVault vault)
{
    private const string Field = "call_outcome";

    /// <param name="isUnknown">Whether it is not known what the provider did.</param>
    public CallEnd Seal(StartedCall call, Result<ToolAnswer> outcome, bool isUnknown)
    {
        OutcomeDocument document = new(
            outcome.Value?.Data,
            outcome.Problem is { } problem
                ? new ProblemDocument(
                    problem.Kind,
                    problem.Code,
                    problem.Message,
                    problem.Violations,
                    problem.RetryAfter,
                    problem.ProviderStatus,
                    problem.Reconnect?.Value
                )
                : null
        );
        using Secret clear = Secret.Own(
            JsonSerializer.SerializeToUtf8Bytes(document, OutcomeJson.Default.OutcomeDocument)
        );
        CallState state =
            outcome.Succeeded ? CallState.Succeeded
            : isUnknown ? CallState.Unknown
            : CallState.Failed;
        return new CallEnd(
            state,
            vault.Seal(call.Credential.Key, PlaceOf(call.Intent, call.Intent.Execution), clear),
            SharedRun.WindowOf(outcome)
        );
    }

    /// <summary>What a repeat of an ended call is told.</summary>
    public Result<ToolAnswer> Open(CallIntent repeat, PriorCall prior, AccountKey key)
    {
        if (prior.OutcomeSealed is not { } kept)
        {
            return Unknown(prior);
        }

        OutcomeDocument? document;
        try
        {
            using Secret clear = vault.Open(key, PlaceOf(repeat, prior.Execution), kept);
            document = JsonSerializer.Deserialize(clear.Reveal(), OutcomeJson.Default.OutcomeDocument);
        }
        catch (SealBrokenException)
        {
            return Unreadable(prior); // the account was connected anew since, under another key
        }

        return document switch
        {
            { Data: { } data } => new ToolAnswer(prior.Execution, data),
            { Problem: { } problem } => new Problem(problem.Kind, problem.Code, problem.Message)
            {
                Violations = problem.Violations,
                RetryAfter = problem.RetryAfter,
                ProviderStatus = problem.ProviderStatus,
                Reconnect = problem.Reconnect is { } name ? ConnectionName.Parse(name) : null,
                Execution = prior.Execution,
            },
            _ => throw new InvalidOperationException($"The outcome of {prior.Execution} holds nothing."),
        };
    }

    private static SealPlace PlaceOf(CallIntent intent, ExecutionId execution) =>
        new(intent.Subject.Environment, intent.Connection, execution.Value, Field);

    private static Problem Unknown(PriorCall prior) =>
        new(
            ProblemKind.ToolError,
            CallOutcomes.OutcomeUnknown,
            "This call was begun before and interrupted; whether it was carried out is not known. Look for its effect before you repeat it with a new key."
        )
        {
            Execution = prior.Execution,
        };

    private static Problem Unreadable(PriorCall prior) =>
        new(
            ProblemKind.FailedPrecondition,
            "outcome_not_readable",
            $"This call was made before ({(prior.State == CallState.Succeeded ? "it succeeded" : "it did not succeed")}); its answer can no longer be read because the account was connected anew since."
        )
        {
            Execution = prior.Execution,
        };
}

internal sealed record OutcomeDocument(JsonObject? Data, ProblemDocument? Problem);

internal sealed record ProblemDocument(
    ProblemKind Kind,
    string Code,
    string Message,
    IReadOnlyList<FieldViolation> Violations,
    TimeSpan? RetryAfter,
    int? ProviderStatus,
    string? Reconnect
);

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(OutcomeDocument))]
internal sealed partial class OutcomeJson : JsonSerializerContext;
