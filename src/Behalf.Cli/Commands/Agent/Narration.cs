using Behalf.Agent;
using Behalf.Cli.Output;

namespace Behalf.Cli.Commands.Agent;

/// <summary>A run as it is told: lines for people as they happen, one JSON document per event for programs.</summary>
internal sealed class Narration(Report report)
{
    private bool _isMidLine;
    private bool _hasText;

    public int ExitCode { get; private set; } = Shell.ExitCode.Failed;

    public void Tell(AgentEvent happened)
    {
        switch (happened)
        {
            case AgentEvent.Discovered discovered:
                report.JsonLine(
                    new
                    {
                        Event = "discovered",
                        discovered.RunId,
                        discovered.Tools,
                    }
                );
                Line($"Discovered {discovered.Tools} tools");
                break;
            case AgentEvent.TextDelta delta:
                report.JsonLine(new { Event = "text", delta.Text });
                report.Piece(delta.Text);
                _isMidLine = delta.Text.Length > 0 ? delta.Text[^1] != '\n' : _isMidLine;
                _hasText |= delta.Text.Length > 0;
                break;
            case AgentEvent.Retrying retrying:
                report.JsonLine(
                    new
                    {
                        Event = "retrying",
                        retrying.Attempt,
                        retrying.Reason,
                    }
                );
                BreakLine();
                report.Remark($"The model's turn is tried again: {retrying.Reason}");
                break;
            case AgentEvent.ToolCalling calling:
                report.JsonLine(
                    new
                    {
                        Event = "tool_calling",
                        calling.CallId,
                        calling.Name,
                        calling.Arguments,
                    }
                );
                Line($"-> Calling: {calling.Name}");
                _hasText = false;
                break;
            case AgentEvent.ToolReturned returned:
                report.JsonLine(
                    new
                    {
                        Event = "tool_returned",
                        returned.CallId,
                        returned.Name,
                        returned.Ok,
                        Milliseconds = (long)returned.Duration.TotalMilliseconds,
                        returned.Summary,
                        returned.ExecutionId,
                    }
                );
                if (!returned.Ok)
                {
                    Line($"   {returned.Name}: {returned.Summary}");
                }
                break;
            case AgentEvent.AuthorizationRequired required:
                report.JsonLine(
                    new
                    {
                        Event = "authorization_required",
                        Connection = required.ConnectionName,
                        required.Status,
                        AuthorizationLink = required.Link?.AbsoluteUri,
                    }
                );
                Line($"Authorize {required.ConnectionName}: {required.Link?.AbsoluteUri ?? required.Status}");
                break;
            case AgentEvent.LimitReached limit:
                report.JsonLine(
                    new
                    {
                        Event = "limit_reached",
                        Limit = limit.Limit.ToString(),
                        limit.Detail,
                    }
                );
                BreakLine();
                report.Remark(limit.Detail);
                break;
            case AgentEvent.Completed completed:
                Complete(completed);
                break;
        }
    }

    private void Complete(AgentEvent.Completed completed)
    {
        report.JsonLine(
            new
            {
                Event = "completed",
                completed.RunId,
                completed.Text,
                Stop = completed.Stop.ToString(),
                completed.Usage,
            }
        );
        BreakLine();
        var isAnswer = completed.Stop is AgentStop.Answered or AgentStop.Declined;
        if (isAnswer && !_hasText)
        {
            report.Text(completed.Text);
        }
        else if (!isAnswer)
        {
            report.Fail(completed.Text);
        }
        ExitCode = completed.Stop switch
        {
            AgentStop.Answered => Shell.ExitCode.Ok,
            AgentStop.AuthorizationRequired => Shell.ExitCode.NeedsAuthorization,
            _ => Shell.ExitCode.Failed,
        };
    }

    private void Line(string text)
    {
        BreakLine();
        report.Line(text);
    }

    private void BreakLine()
    {
        if (_isMidLine)
        {
            report.Line();
            _isMidLine = false;
        }
    }
}
