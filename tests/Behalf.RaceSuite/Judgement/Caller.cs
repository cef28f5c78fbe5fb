using System.Text.Json.Nodes;
using Behalf.Client;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Judgement;

internal enum Answer
{
    /// <summary>Carried out, as the user who asked.</summary>
    Own,

    /// <summary>The user must connect again, and is told so.</summary>
    MustConnect,

    /// <summary>Not now, or nobody knows.</summary>
    NotNow,
}

/// <summary>Calls tools as users and looks at the owner in every single answer.</summary>
internal sealed class Caller(Findings findings)
{
    public Task<Answer> WhoAsync(Node node, Habit habit, string user) => CallAsync(node, habit, user, "who", []);

    /// <param name="note">An id that is used once.</param>
    public Task<Answer> NoteAsync(Node node, Habit habit, string user, string note) =>
        CallAsync(node, habit, user, "note", new JsonObject { ["id"] = note });

    /// <summary>Calls until the answer is definite.</summary>
    /// <returns>The last answer: <see cref="Answer.NotNow"/> when the time was up.</returns>
    public async Task<Answer> UntilDefiniteAsync(Node node, Habit habit, string user, TimeSpan patience)
    {
        using CancellationTokenSource limit = new(patience, TimeProvider.System);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        while (true)
        {
            Answer answer = await WhoAsync(node, habit, user);
            if (answer != Answer.NotNow)
            {
                return answer;
            }

            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                return Answer.NotNow;
            }
        }
    }

    private async Task<Answer> CallAsync(Node node, Habit habit, string user, string tool, JsonObject arguments)
    {
        findings.Called();
        // Goes two ways, which meet again in the judge: to the provider, and into the trail.
        string mark = Guid.NewGuid().ToString("n");
        arguments["mark"] = mark;
        ToolOutcome outcome;
        try
        {
            outcome = await node.Client.Tools.ExecuteAsync(
                user,
                $"{habit.Slug()}_{tool}",
                arguments,
                new ExecuteOptions { AgentRunId = mark }
            );
        }
        catch (BehalfException refusal)
        {
            findings.Refused($"{refusal.Kind} {refusal.Code}");
            return Answer.NotNow;
        }
        catch (OperationCanceledException)
        {
            findings.Refused("the client waited long enough");
            return Answer.NotNow;
        }

        switch (outcome)
        {
            case ToolOutcome.Succeeded { Data: var data }:
                string? owner = (string?)data["user"];
                findings.Expect(owner == user, $"MIX-UP: {user} was answered with the data of {owner}");
                return Answer.Own;
            case ToolOutcome.Failed { NeedsAuthorization: true }:
                return Answer.MustConnect;
            case ToolOutcome.Failed failed:
                findings.Refused($"{failed.Kind} {failed.Code}");
                return Answer.NotNow;
            default:
                return Answer.NotNow;
        }
    }
}
