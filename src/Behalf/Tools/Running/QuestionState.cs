using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>What goes with the answers: what the server gave for it, and what the forms say of fields left empty.</summary>
internal static class QuestionState
{
    private const int Longest = 32 * 1024;

    /// <param name="given">The server's own <c>requestState</c>; null: it gave none.</param>
    public static PendingQuestions Write(IReadOnlyList<Question> questions, string? given, RunContext context)
    {
        JObject asked = [];
        foreach (Question question in questions)
        {
            asked[question.Key] = DefaultsOf(question);
        }

        JObject state = new() { ["asked"] = asked };
        if (given is not null)
        {
            state["state"] = given;
        }

        byte[] text = Tokens.ToUtf8(state);
        return text.Length <= Longest
            ? new PendingQuestions(questions, Encoding.UTF8.GetString(text))
            : throw context.Fault(
                FaultKinds.ProviderError,
                $"{context.Definition.Name} gave more with its questions than can be carried."
            );
    }

    /// <summary>What a repeated <c>tools/call</c> brings (2026-07-28): answers to what was asked, and the state as it was given.</summary>
    public static void Resume(CallAsking? asking, JObject parameters)
    {
        if (
            asking?.State is not { } text
            || Tokens.TryParse(Encoding.UTF8.GetBytes(text)) is not JObject state
            || state["asked"] is not JObject asked
        )
        {
            return;
        }

        JObject responses = [];
        foreach (JProperty question in asked.Properties())
        {
            QuestionAnswer answer = asking.Answers.GetValueOrDefault(question.Name) ?? QuestionAnswer.Cancel;
            responses[question.Name] = Answer(answer, (JObject)question.Value);
        }

        parameters["inputResponses"] = responses;
        if (state["state"] is { } given)
        {
            parameters["requestState"] = given;
        }
    }

    /// <summary>An elicitation's result; a field that was left empty has the form's own value.</summary>
    public static JObject Answer(QuestionAnswer answer, JObject defaults)
    {
        if (answer.Action != QuestionAnswer.Accept)
        {
            return new JObject
            {
                ["action"] = answer.Action == QuestionAnswer.Decline ? answer.Action : QuestionAnswer.Cancel.Action,
            };
        }

        JObject content = answer.Content is { } given && Tokens.FromAnswer(given) is JObject filled ? filled : [];
        foreach (JProperty otherwise in defaults.Properties().Where(one => !content.ContainsKey(one.Name)))
        {
            content[otherwise.Name] = otherwise.Value.DeepClone();
        }

        return new JObject { ["action"] = QuestionAnswer.Accept, ["content"] = content };
    }

    public static JObject DefaultsOf(Question question)
    {
        JObject defaults = [];
        foreach ((string name, JsonNode? field) in (JsonObject)question.Schema["properties"]!)
        {
            if (field?["default"] is { } value)
            {
                defaults[name] = Tokens.FromAnswer(JsonSerializer.SerializeToElement(value));
            }
        }

        return defaults;
    }
}
