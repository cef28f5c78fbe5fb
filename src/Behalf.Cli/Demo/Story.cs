using Behalf.Client;

namespace Behalf.Cli.Demo;

/// <summary>
/// The whole story, chapter by chapter. Each chapter ends with a check against the sandbox's own data; the first that
/// does not hold ends the story with <see cref="DemoFailedException"/>.
/// </summary>
internal sealed class Story(Stage stage, Narrator narrator, TimeProvider time) : IDisposable
{
    /// <value>How tokens, codes and secrets of the practice provider and of Behalf begin, and what stands before one.</value>
    private static readonly string[] TokenMarks =
    [
        "practice-access-",
        "practice-refresh-",
        "practice-code-",
        "sks_",
        "Bearer ",
    ];

    private readonly World _world = stage.World;
    private readonly Judge _judge = new(stage.Sandbox, stage.World);
    private readonly Person _creator = new(stage.World.Creator, stage);
    private readonly Person _outsider = new(stage.World.Outsider, stage);
    private readonly Person _insider = new(stage.World.Insider, stage);

    public async Task TellAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken);
        await CreateTaskAsync(cancellationToken);
        await AskWithoutAccessAsync(cancellationToken);
        await AskWithAccessAsync(cancellationToken);
        await CommentAsync(cancellationToken);
        await RevokeAsync(cancellationToken);
        await AskSharedBotAsync(cancellationToken);
        await ReadLogsAsync(cancellationToken);
        await ShowAuditAsync(cancellationToken);
    }

    public void Dispose()
    {
        _creator.Dispose();
        _outsider.Dispose();
        _insider.Dispose();
    }

    private string BoardQuestion => $"What's in the {_world.BoardName}?";

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        narrator.Chapter("Connecting");
        foreach (Person person in (Person[])[_creator, _outsider, _insider])
        {
            await person.SignInAsync(cancellationToken);
        }

        await ForwardLinkAsync(cancellationToken);
        foreach (Person person in (Person[])[_creator, _outsider, _insider])
        {
            Uri link = await person.BeginConnectingAsync(cancellationToken);
            WebPage page = await person.FinishConnectingAsync(link, cancellationToken);
            ConnectedAccount account = await stage.Behalf.Accounts.GetAsync(
                stage.Connection,
                person.Member.Key,
                cancellationToken
            );
            Judge.Require(
                account.Status == "ACTIVE",
                $"{person.Member.Key}'s account is {account.Status}: {page.Text}"
            );
            UserTools tools = await ToolsOfAsync(person, cancellationToken);
            narrator.Good(
                $"{person.Member.Key, -6} consented · verified by the application · ACTIVE · {tools.Tools.Count} tools"
            );
        }
    }

    /// <summary>The creator's link, finished in the outsider's browser.</summary>
    private async Task ForwardLinkAsync(CancellationToken cancellationToken)
    {
        string owner = _creator.Member.Key;
        string other = _outsider.Member.Key;
        long before = await _judge.LastSequenceAsync(cancellationToken);
        Uri link = await _creator.BeginConnectingAsync(cancellationToken);
        WebPage page = await _outsider.FinishConnectingAsync(link, cancellationToken);
        Judge.Require((int)page.Status == 403, $"the application let {other} finish {owner}'s link: {page.Title}");

        ConnectedAccount account = await stage.Behalf.Accounts.GetAsync(stage.Connection, owner, cancellationToken);
        Judge.Require(account.Status != "ACTIVE", $"{owner}'s account became ACTIVE in {other}'s browser");
        IReadOnlyList<SeenRequest> seen = await _judge.RequestsSinceAsync(before, cancellationToken);
        Judge.Require(
            !seen.Any(request => request.Path.StartsWith("/-/oauth_token", StringComparison.Ordinal)),
            "a code was exchanged before verification"
        );
        AuditRecord? denial = await FindDenialAsync(owner, other, cancellationToken);
        Judge.Require(denial is not null, $"no audit record names both {owner} and {other}");
        narrator.Refused($"{owner}'s link finished in {other}'s browser → refused, nothing stored");
        narrator.Checked($"no token was asked for · audit: {denial!.Detail}");
    }

    private async Task CreateTaskAsync(CancellationToken cancellationToken)
    {
        string prompt =
            $"Create a high-priority task \"{_world.TaskName}\" in the \"{_world.ProjectName}\" project and assign it to me";
        await AskAsync(_creator, prompt, cancellationToken);
        narrator.Checked(await _judge.CheckCreatedTaskAsync(cancellationToken));
    }

    private async Task AskWithoutAccessAsync(CancellationToken cancellationToken)
    {
        long before = await _judge.LastSequenceAsync(cancellationToken);
        AgentTranscript transcript = await AskAsync(_outsider, BoardQuestion, cancellationToken);
        BoardWords words = await _judge.BoardWordsAsync(cancellationToken);
        IReadOnlyList<SeenRequest> answers =
        [
            .. (await _judge.RequestsSinceAsync(before, cancellationToken)).Where(r => r.User == _outsider.Member.Key),
        ];
        Judge.Require(answers.Count > 0, $"{_outsider.Member.Key}'s agent never asked the provider");
        Judge.Require(
            !string.IsNullOrWhiteSpace(transcript.Answer),
            $"{_outsider.Member.Key}'s agent gave no answer at all"
        );
        Judge.Require(
            !transcript.Lines.Any(line => HoldsAny(line, [.. words.Gids, .. words.Texts])),
            $"the run of {_outsider.Member.Key} holds a word of the board"
        );
        Judge.Require(
            !answers.Any(answer =>
                HoldsAny(answer.Body, [_world.BoardName, .. words.Gids, .. words.Texts, .. words.Labels])
            ),
            $"an answer to {_outsider.Member.Key} holds a word of the board"
        );
        narrator.Checked($"0 bytes of the board in {answers.Count} responses and in the whole run");
    }

    private async Task AskWithAccessAsync(CancellationToken cancellationToken)
    {
        AgentTranscript transcript = await AskAsync(_insider, BoardQuestion, cancellationToken);
        IReadOnlyList<string> tasks = await _judge.BoardTasksAsync(cancellationToken);
        Judge.Require(tasks.Count > 0, $"\"{_world.BoardName}\" has no open tasks");
        int named = tasks.Count(task => transcript.Answer.Contains(task, StringComparison.OrdinalIgnoreCase));
        // Another model may sum a board up in its own words.
        Judge.Require(
            stage.IsPractice ? named == tasks.Count : named > 0,
            $"{_insider.Member.Key} may see the board, and the answer names {named} of its {tasks.Count} open tasks"
        );
        narrator.Checked($"the answer names {named} of the board's {tasks.Count} open tasks");
    }

    private async Task CommentAsync(CancellationToken cancellationToken)
    {
        int before = (await _judge.CommentsAsync(cancellationToken)).Count;
        await AskAsync(
            _creator,
            $"List my open tasks and add a comment to the first one: \"{_world.Comment}\"",
            cancellationToken
        );
        var comments = await _judge.CommentsAsync(cancellationToken);
        Judge.Require(comments.Count == before + 1, $"there are {comments.Count - before} new comments");
        (string author, string task, bool onOwnTask) = comments[^1];
        Judge.Require(author == _creator.Member.Key, $"the comment is {author}'s");
        Judge.Require(onOwnTask, $"\"{task}\" is not an open task of {_creator.Member.Key}");
        narrator.Checked($"one comment on \"{task}\" · author {author}");
    }

    private async Task RevokeAsync(CancellationToken cancellationToken)
    {
        string revoked = _insider.Member.Key;
        narrator.Chapter($"{revoked} is revoked");
        long before = await _judge.LastSequenceAsync(cancellationToken);
        IReadOnlyList<RevokedAccount> stopped = await stage.Behalf.Users.RevokeAsync(revoked, cancellationToken);
        Judge.Require(stopped.Count == 1, $"{stopped.Count} accounts of {revoked} were stopped");
        await UpstreamRevocationAsync(before, revoked, cancellationToken);
        narrator.Good($"{revoked}'s token is revoked at the provider and shredded here");

        AgentTranscript refused = await AskAsync(_insider, BoardQuestion, cancellationToken, chapter: false);
        Judge.Require(refused.ReconnectLink is not null, $"{revoked}'s run gave no link to reconnect with");
        WebPage page = await _insider.BeginReconnectingAsync(refused.ReconnectLink!, cancellationToken);
        Judge.Require(
            page.Has("form#continue") && page.Text.Contains(revoked, StringComparison.Ordinal),
            $"the link leads to a page that does not name {revoked}"
        );
        IReadOnlyList<SeenRequest> afterwards = await _judge.RequestsSinceAsync(before, cancellationToken);
        Judge.Require(
            !afterwards.Any(request =>
                request.User == revoked && request.Path.StartsWith("/api/", StringComparison.Ordinal)
            ),
            $"a call with {revoked}'s token reached the provider"
        );
        narrator.Checked($"no call of {revoked} reached the provider · the link opens {revoked}'s page");

        long still = await _judge.LastSequenceAsync(cancellationToken);
        await AskAsync(_creator, "List my open tasks", cancellationToken, chapter: false);
        IReadOnlyList<SeenRequest> works = await _judge.RequestsSinceAsync(still, cancellationToken);
        Judge.Require(
            works.Any(request => request.User == _creator.Member.Key && request.Status == 200),
            $"{_creator.Member.Key}'s account no longer works"
        );
        narrator.Checked($"{_creator.Member.Key}'s account still works");
    }

    private async Task AskSharedBotAsync(CancellationToken cancellationToken)
    {
        narrator.Chapter($"What a shared bot account would have told {_outsider.Member.Key}");
        IReadOnlyList<string> leaked = await _judge.AskAsServiceAccountAsync(cancellationToken);
        foreach (string task in leaked)
        {
            narrator.Line($"     {task}");
        }

        Judge.Require(leaked.Count > 0, "the service account saw nothing");
        narrator.Checked(
            $"{_world.ServiceAccountName} sees all {leaked.Count} open tasks, whoever asks: what Behalf exists to prevent"
        );
    }

    /// <summary>What the processes wrote down meanwhile: nothing of the board, and nothing that opens anything.</summary>
    private async Task ReadLogsAsync(CancellationToken cancellationToken)
    {
        BoardWords words = await _judge.BoardWordsAsync(cancellationToken);
        string[] secrets = [.. _world.Secrets, .. TokenMarks];
        int lines = 0;
        foreach ((string name, string path) in stage.Logs)
        {
            await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(file);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                lines++;
                Judge.Require(!HoldsAny(line, words.Texts), $"the log of {name} holds a word of the board");
                Judge.Require(!HoldsAny(line, secrets), $"the log of {name} holds a token or a password");
            }
        }

        Judge.Require(lines > 0, "the processes wrote no log");
        narrator.Checked($"no word of the board and no token in the {lines} lines that the processes logged");
    }

    private static bool HoldsAny(string text, IReadOnlyList<string> words) =>
        words.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase));

    private async Task ShowAuditAsync(CancellationToken cancellationToken)
    {
        List<AuditRecord> records = [];
        await foreach (AuditRecord record in stage.Behalf.Audit.ListAsync(cancellationToken: cancellationToken))
        {
            records.Add(record);
        }

        AuditVerification verification = await stage.Behalf.Audit.VerifyAsync(cancellationToken);
        Judge.Require(verification.IsWhole, "the audit trail does not verify");
        Judge.Require(
            records.Where(record => record.Kind == "intent").All(record => record.Identifier.Length > 0),
            "a call in the audit names no user"
        );
        narrator.Chapter($"Audit (verified, {verification.Records} records)");
        Dictionary<string, AuditRecord> completions = new(StringComparer.Ordinal);
        foreach (AuditRecord record in records.Where(record => record.Kind == "completion"))
        {
            completions[record.ExecutionId] = record;
        }

        narrator.Table(
            [("time", 8), ("user", 6), ("through", 10), ("what", 25), ("decision · outcome", 25)],
            records.Where(IsTold).Select(record => AuditRow(record, completions))
        );
    }

    /// <summary>What was done on somebody's behalf, and what was refused; not the making of links and sessions.</summary>
    private static bool IsTold(AuditRecord record) =>
        record.Identifier.Length > 0
        && (
            record.Kind is "intent" or "denial"
            || record is { Kind: "admin", Action: not ("session.created" or "link.created" or "flow.started") }
        );

    private static IReadOnlyList<string> AuditRow(AuditRecord record, Dictionary<string, AuditRecord> completions)
    {
        string outcome = completions.TryGetValue(record.ExecutionId, out AuditRecord? completion)
            ? completion.Outcome
            : record.Outcome;
        // "grpc · Team agent": the door, and what the caller calls itself.
        string through = record.ActingThrough.Length > 0 ? record.ActingThrough.Split(" · ")[^1] : record.Principal;
        return
        [
            record.At?.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) ?? string.Empty,
            record.Identifier,
            through.StartsWith("skc_", StringComparison.Ordinal) ? Stage.ApplicationName : through,
            record.Tool.Length > 0 ? record.Tool : record.Action,
            record.Decision.Length > 0 ? $"{record.Decision} · {outcome}" : outcome,
        ];
    }

    private async Task<AgentTranscript> AskAsync(
        Person person,
        string prompt,
        CancellationToken cancellationToken,
        bool chapter = true
    )
    {
        if (chapter)
        {
            narrator.Chapter($"{person.Member.Key}: {prompt}");
        }
        else
        {
            narrator.Asked(person.Member.Key, prompt);
        }

        AgentTranscript transcript = await person.AskAsync(
            prompt,
            (tool, milliseconds, ok) => narrator.Tool(tool, person.Member.Key, milliseconds, ok),
            cancellationToken
        );
        Judge.Require(transcript.Failure is null, $"the agent failed: {transcript.Failure}");
        narrator.Answer(transcript.Answer);
        return transcript;
    }

    private async Task<UserTools> ToolsOfAsync(Person person, CancellationToken cancellationToken)
    {
        using UserClient client = stage.Behalf.CreateUserClient(person.Member.Key);
        return await client.ListToolsAsync(cancellationToken);
    }

    private async Task<AuditRecord?> FindDenialAsync(string owner, string other, CancellationToken cancellationToken)
    {
        await foreach (
            AuditRecord record in stage.Behalf.Audit.ListAsync(
                new AuditQuery { Kind = "denial" },
                cancellationToken: cancellationToken
            )
        )
        {
            string text = $"{record.Identifier} {record.Detail}";
            if (text.Contains(owner, StringComparison.Ordinal) && text.Contains(other, StringComparison.Ordinal))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>The revoker works in the background: waits until the provider has seen its request.</summary>
    private async Task UpstreamRevocationAsync(long since, string user, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50), time);
        long deadline = time.GetTimestamp();
        while (time.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20))
        {
            IReadOnlyList<SeenRequest> seen = await _judge.RequestsSinceAsync(since, cancellationToken);
            if (
                seen.Any(r =>
                    r.User == user && r.Status == 200 && r.Path.StartsWith("/-/oauth_revoke", StringComparison.Ordinal)
                )
            )
            {
                return;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        throw new DemoFailedException($"{user}'s grant was not revoked at the provider within 20 s");
    }
}
