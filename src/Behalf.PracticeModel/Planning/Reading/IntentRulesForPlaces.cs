namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>The forms of words that move things between places, and those that make and delete things.</summary>
internal static class IntentRulesForPlaces
{
    private const string Q = MaskedText.Mark;
    private static readonly string Task = Words.Pattern("task");
    private static readonly string Place = Words.Pattern("project");
    private static readonly string AnyNoun = Words.Pattern(
        "task",
        "project",
        "user",
        "section",
        "tag",
        "team",
        "workspace",
        "portfolio",
        "goal",
        "field",
        "message",
        "channel",
        "page",
        "repository",
        "event"
    );

    public static IReadOnlyList<IntentRule> All { get; } =
    [
        // moving, adding to and removing from places
        IntentRules.Of(
            Verb.Move,
            "task",
            @"(?:move|drag|put|shift|transition)\s+(?<target>.+?)\s+(?:from\s+.+?\s+)?(?:to|into|in|under)\s+(?:the\s+)?(?:section|column|lane|stage)\s+(?<section>.+)"
        ),
        IntentRules.Of(
            Verb.Move,
            "task",
            @"(?:move|drag|put|shift|transition)\s+(?<target>.+?)\s+(?:from\s+.+?\s+)?(?:to|into|in|under)\s+(?:the\s+)?(?<section>.+?)\s+(?:section|column|lane|stage)(?:\s+(?:of|in)\s+.+)?"
        ),
        IntentRules.Of(
            Verb.AddTo,
            "task",
            $@"(?:move|put)\s+(?<target>.+?)\s+(?:to|into|in)\s+(?:the\s+)?(?:(?:{Place})\s+(?<project>.+)|(?<project>.+?)\s+(?:{Place}))"
        ),
        IntentRules.Of(
            Verb.Move,
            "task",
            @"(?:move|drag|transition)\s+(?<target>.+?)\s+(?:from\s+.+?\s+)?(?:to|into)\s+(?<section>.+)"
        ),
        IntentRules.Of(
            Verb.AddTo,
            "task",
            $@"add\s+(?<target>(?:the\s+(?:existing\s+)?(?:{Task})\s+.+?)|it|this|that)\s+(?:to|into)\s+(?:the\s+)?(?:(?:{Place})\s+(?<project>.+)|(?<project>.+?)\s+(?:{Place})|(?<project>{Q}))"
        ),
        IntentRules.Of(
            Verb.RemoveFrom,
            "task",
            $@"(?:remove|take)\s+(?<target>.+?)\s+(?:from|out of)\s+(?:the\s+)?(?:(?:{Place})\s+(?<project>.+)|(?<project>.+?)\s+(?:{Place})|(?<project>{Q}))"
        ),
        IntentRules.Of(
            Verb.Duplicate,
            "task",
            @"(?:duplicate|copy|clone)\s+(?<target>.+?)\s+(?:as|to|into|named|called)\s+(?<newname>.+)"
        ),
        IntentRules.Of(Verb.Duplicate, "task", @"(?:duplicate|copy|clone)\s+(?<target>.+)"),
        IntentRules.Of(Verb.Create, "attachment", $@"attach\s+(?<url>{Q}|https?://\S+)\s+to\s+(?<target>.+)", "task"),
        IntentRules.Of(Verb.Delete, "comment", @"(?:delete|remove)\s+(?:the\s+|my\s+)?comment\s+(?<target>.+)"),
        IntentRules.Of(
            Verb.Delete,
            "",
            $@"(?:delete|remove|trash|get rid of)\s+(?:the\s+|my\s+)?(?:(?<noun>{AnyNoun})\s+)(?<target>.+)"
        ),
        IntentRules.Of(
            Verb.Delete,
            "",
            $@"(?:delete|remove|trash|get rid of)\s+(?<target>(?:the\s+|my\s+)?.+?(?:\s(?<noun>{Place}|tag|label|section|column))?)"
        ),
        // creating
        IntentRules.Of(
            Verb.Create,
            "subtask",
            $@"(?:add|create|make)\s+(?:a\s+|the\s+)?(?:new\s+)?(?:subtask|sub-task)\s+(?:called\s+|named\s+)?(?<newname>{Q}|.+?)\s+(?:to|under|for|of|in)\s+(?<target>.+)",
            "task"
        ),
        IntentRules.Of(
            Verb.Create,
            "subtask",
            $@"(?:add|create|make)\s+(?:a\s+)?(?:subtask|sub-task)\s+(?:to|under|for|of)\s+(?<target>.+?)\s*(?::|called|named)\s*(?<newname>.+)",
            "task"
        ),
        IntentRules.Of(
            Verb.Create,
            "status",
            $@"(?:post|add|write|create)\s+(?:a\s+)?status(?:\s+update)?\s+(?:to|on|for|in)\s+(?<target>.+?)\s*(?:[:,]|saying)?\s*(?<text>{Q})",
            "project"
        ),
        IntentRules.Of(
            Verb.Create,
            "",
            $@"(?:create|add|make|new|set up|log|file|i need)(?<before>(?:\s+(?!(?:{AnyNoun})\b|(?:of|in|on|for|to|from|with|list|everything)\b)[\w'-]+){{0,5}})\s+(?<noun>{AnyNoun}|milestone|contact|deal|customer)\b(?!\s+as\b)(?<after>.+)",
            form: RuleForm.Create
        ),
        IntentRules.Of(
            Verb.Create,
            "task",
            @"(?:remind me|i have|i need|i must|don't let me forget|remember)\s+to(?<before>)(?<after>\s+.+)",
            form: RuleForm.Create,
            fixedSlot: (Slot.Assignee, "me")
        ),
        IntentRules.Of(
            Verb.Create,
            "task",
            $@"(?:create|add|new)(?<before>)(?<after>\s+.*{Q}.*)",
            form: RuleForm.Create
        ),
    ];
}
