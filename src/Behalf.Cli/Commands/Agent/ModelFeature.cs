using System.CommandLine;
using Behalf.Agent;
using Behalf.Cli.Shell;

namespace Behalf.Cli.Commands.Agent;

/// <summary>Which model: the one the environment names, or the practice model.</summary>
internal sealed class ModelFeature
{
    private readonly Option<string?> _practice = new("--practice-model")
    {
        Description = "Use the practice model, which needs no key: the one at URL, or one started for this run.",
        HelpName = "URL",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _model = new("--model")
    {
        Description = "The model's name (else ANTHROPIC_MODEL).",
        HelpName = "NAME",
    };

    public Option[] Options => [_practice, _model];

    /// <summary>Says what is missing before anybody is asked to do anything.</summary>
    /// <returns>Null: the practice model.</returns>
    public ModelOptions? Check(Invocation call)
    {
        if (call.IsGiven(_practice))
        {
            return null;
        }
        return ModelOptions.FromEnvironment(call.Surroundings.Variable) switch
        {
            ModelOptionsResult.Found found => call.Get(_model) is { } name
                ? found.Options with
                {
                    Model = name,
                }
                : found.Options,
            ModelOptionsResult.KeyMissing => throw CommandFailure.Failed(
                "No model: set ANTHROPIC_API_KEY to a key from the Claude console, or add --practice-model to use the built-in practice model."
            ),
            ModelOptionsResult.Invalid invalid => throw CommandFailure.Usage(invalid.Message),
            var other => throw new InvalidOperationException($"Unknown result {other.GetType().Name}."),
        };
    }

    /// <summary>The text after a bare <c>--practice-model</c>, which is not its URL but the prompt.</summary>
    public string? PromptBehindFlag(Invocation call) =>
        call.Get(_practice) is { Length: > 0 } text && !PracticeModel.IsUrl(text) ? text : null;

    public Task<PracticeModel> StartPracticeAsync(Invocation call) =>
        call.Get(_practice) is { Length: > 0 } url && PracticeModel.IsUrl(url)
            ? Task.FromResult(PracticeModel.At(url))
            : PracticeModel.StartAsync(call.Token);
}
