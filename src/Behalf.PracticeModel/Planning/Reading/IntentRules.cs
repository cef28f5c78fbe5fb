using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>The forms of words the model understands, the more special before the more general. README.md lists them.</summary>
internal static class IntentRules
{
    private const string Q = MaskedText.Mark;
    private const string Show =
        @"(?:show|list|display|get|give|read|see|view|fetch|tell|print|open|what are|what're|which are)(?:\s+(?:me|us))?(?:\s+(?:about|of))?";
    private const string The = @"(?:the|a|an|all|all the|all of the|any|every|my|our)";
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
        // about oneself and the model
        Of(
            Verb.WhoAmI,
            "user",
            @"who\s+am\s+i|whoami|what(?:'s|’s| is) my (?:name|account|user|email|profile)|(?:show|get) my (?:profile|account|user)|which account am i using|who are you acting for"
        ),
        Of(
            Verb.Help,
            "",
            @"(?:help|what can you do|what can i (?:ask|do)|what do you do|which tools (?:do you have|are there)|hi|hello|hey)"
        ),
        // comments
        Of(
            Verb.Create,
            "comment",
            $@"(?:add|leave|post|write|put|make|create)\s+(?:a\s+|another\s+|the\s+|this\s+)?(?:new\s+)?(?:comment|note|reply)\s+(?<text>{Q})\s+(?:to|on|for|under)\s+(?<target>.+)",
            "task"
        ),
        Of(
            Verb.Create,
            "comment",
            $@"(?:add|leave|post|write|put|make|create)\s+(?:a\s+|another\s+|the\s+|this\s+)?(?:new\s+)?(?:comment|note|reply)\s+(?:to|on|for|under)\s+(?<target>.+?)\s*(?:[:,-]|saying|that says|that reads|with the text|with text|with|reading)?\s*:?\s*(?<text>{Q})",
            "task"
        ),
        Of(
            Verb.Create,
            "comment",
            $@"(?:comment|reply|write|post|add)\s+(?<text>{Q})\s+(?:to|on|under|as a comment (?:to|on))\s+(?<target>(?!.*\b(?:{Place})$).+)",
            "task"
        ),
        Of(
            Verb.Create,
            "comment",
            $@"(?:comment|reply)\s+(?:on|to|under)\s+(?<target>.+?)\s*(?:[:,-]|saying|that|with)?\s*:?\s*(?<text>{Q})",
            "task"
        ),
        Of(
            Verb.Create,
            "comment",
            @"(?:add|leave|post|write|put)\s+(?:a\s+)?(?:comment|note|reply)\s+(?:to|on)\s+(?<target>.+?)\s+(?:saying|that says|that)\s+(?<text>.+)",
            "task"
        ),
        Of(
            Verb.List,
            "comment",
            $@"(?:{Show}|what(?:'s|’s| is| do)?)\s*(?:{The}\s+)?(?:latest\s+|last\s+|recent\s+)?(?:comments?|replies|discussion|conversation)\s+(?:are\s+there\s+)?(?:of|on|for|to|in|under|about)\s+(?<target>.+)",
            "task"
        ),
        Of(
            Verb.List,
            "comment",
            @"what did (?:people|anyone|they|everyone) (?:say|write|comment)(?: about| on| in)?\s+(?<target>.+)",
            "task"
        ),
        Of(Verb.List, "comment", @"(?:are there|has|have|any)\s+(?:any\s+)?comments?\s+on\s+(?<target>.+)", "task"),
        // done and not done
        Of(
            Verb.Complete,
            "task",
            @"mark\s+(?<target>.+?)\s+(?:as\s+)?(?:not\s+(?:done|complete|completed|finished)|incomplete|open|undone)",
            fixedSlot: (Slot.Completed, "false")
        ),
        Of(
            Verb.Complete,
            "task",
            @"(?:reopen|re-open|uncomplete)\s+(?<target>.+)",
            fixedSlot: (Slot.Completed, "false")
        ),
        Of(
            Verb.Complete,
            "task",
            @"(?:mark|set)\s+(?<target>.+?)\s+(?:as\s+|to\s+)?(?:done|complete|completed|finished|closed|resolved)",
            fixedSlot: (Slot.Completed, "true")
        ),
        Of(
            Verb.Complete,
            "task",
            @"(?:complete|finish|close|resolve|check off|tick off)\s+(?<target>.+)",
            fixedSlot: (Slot.Completed, "true")
        ),
        Of(
            Verb.Complete,
            "task",
            $@"(?:i(?:'ve|’ve| have)?\s+(?:finished|completed|done)\s+(?<target>.+)|(?<target>{Q}|it|this)\s+is\s+(?:done|finished|complete|completed))",
            fixedSlot: (Slot.Completed, "true")
        ),
        // followers, tags, dependencies, sharing
        Of(
            Verb.Follow,
            "task",
            @"add\s+(?<people>.+?)\s+as\s+(?:a\s+|an\s+)?(?:followers?|watchers?|collaborators?)\s+(?:to|of|on|for)\s+(?<target>.+)"
        ),
        Of(
            Verb.Follow,
            "task",
            @"add\s+(?<people>.+?)\s+to\s+(?<target>.+?)\s+as\s+(?:a\s+|an\s+)?(?:followers?|watchers?|collaborators?)"
        ),
        Of(
            Verb.Follow,
            "task",
            @"add\s+(?<people>.+?)\s+to\s+the\s+(?:followers|watchers|collaborators)\s+of\s+(?<target>.+)"
        ),
        Of(Verb.Follow, "task", @"(?:follow|watch)\s+(?<target>.+)", fixedSlot: (Slot.People, "me")),
        Of(
            Verb.Unfollow,
            "task",
            @"remove\s+(?<people>.+?)\s+(?:as\s+(?:a\s+)?(?:followers?|watchers?|collaborators?)\s+(?:from|of|on)|from\s+the\s+(?:followers|watchers|collaborators)\s+of)\s+(?<target>.+)"
        ),
        Of(
            Verb.Unfollow,
            "task",
            @"(?:unfollow|unwatch|stop following)\s+(?<target>.+)",
            fixedSlot: (Slot.People, "me")
        ),
        Of(
            Verb.Untag,
            "task",
            $@"(?:remove|take)\s+(?:the\s+)?(?:tag|label)\s+(?<tag>{Q}|[\w-]+)\s+(?:from|off)\s+(?<target>.+)"
        ),
        Of(
            Verb.Untag,
            "task",
            $@"(?:remove|take)\s+(?:the\s+)?(?<tag>{Q}|[\w-]+)\s+(?:tag|label)\s+(?:from|off)\s+(?<target>.+)"
        ),
        Of(Verb.Untag, "task", @"untag\s+(?<target>.+)"),
        Of(Verb.Tag, "task", @"(?:tag|label)\s+(?<target>.+?)\s+(?:with|as)\s+(?:the\s+(?:tag|label)\s+)?(?<tag>.+)"),
        Of(Verb.Tag, "task", $@"add\s+(?:the\s+|a\s+)?(?:tag|label)\s+(?<tag>{Q}|[\w-]+)\s+(?:to|on)\s+(?<target>.+)"),
        Of(Verb.Tag, "task", $@"add\s+(?:the\s+|a\s+)?(?<tag>{Q}|[\w-]+)\s+(?:tag|label)\s+to\s+(?<target>.+)"),
        Of(
            Verb.Undepend,
            "task",
            @"remove\s+(?:the\s+)?dependency\s+(?:of|from)\s+(?<target>.+?)\s+(?:on|to)\s+(?<depends>.+)"
        ),
        Of(
            Verb.List,
            "dependency",
            @"what\s+(?:does|is)\s+(?<target>.+?)\s+(?:depend on|depending on|blocked by|waiting for|waiting on)",
            "task"
        ),
        Of(
            Verb.List,
            "dependency",
            $@"(?:{Show}|what(?:'s|’s| is)?)\s*(?:{The}\s+)?(?:dependencies|blockers)\s+(?:of|for|on)\s+(?<target>.+)",
            "task"
        ),
        Of(
            Verb.Depend,
            "task",
            @"(?:make\s+|mark\s+|set\s+)?(?<target>.+?)\s+(?:depends?\s+on|as\s+blocked\s+by|is\s+blocked\s+by|blocked\s+by|dependent\s+on|waits?\s+for)\s+(?<depends>.+)"
        ),
        Of(
            Verb.Depend,
            "task",
            @"add\s+(?<depends>.+?)\s+as\s+a\s+(?:dependency|blocker)\s+(?:of|to|for)\s+(?<target>.+)"
        ),
        Of(Verb.Share, "project", $@"(?:share|open)\s+(?<target>.+?)\s+(?:with|to)\s+(?<people>.+)"),
        Of(
            Verb.Share,
            "project",
            $@"(?:add|invite)\s+(?<people>(?-i:\p{{Lu}}[\w.-]+)|me|\S+@\S+)\s+to\s+(?<target>.+?\s(?:{Place}))"
        ),
        // changes
        Of(
            Verb.Update,
            "task",
            $@"(?:update|change|edit|set)\s+(?<target>{Q}|it|this|that)\s*(?:[:,]|so that|and|with|to have|to be)\s*(?<changes>.+)",
            form: RuleForm.Changes
        ),
        Of(
            Verb.Update,
            "task",
            @"(?:(?:set|change|make|give it|with)\s+)?(?<changes>(?:(?:the|its|a)\s+)?(?:due date|due|deadline|priority|assignee)\s*(?:to|of|:|as|is)?\s.+|it due .+|it (?:urgent|critical|high|medium|low)[- ]priority)",
            form: RuleForm.Changes
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:rename|retitle)\s+(?:the\s+)?(?:(?<noun>{AnyNoun})\s+)?(?<target>.+?)\s+(?:to|as)\s+(?<newname>.+)",
            noun: ""
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update|edit)\s+(?:the\s+)?(?:name|title)\s+of\s+(?<target>.+?)\s+to\s+(?<newname>.+)"
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update|move|push|make)\s+(?:the\s+)?(?:due date|due|deadline)\s+(?:of|for|on)\s+(?<target>.+?)\s+(?:to|for|as|on)\s+(?<due>{Dates.Pattern})"
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:postpone|push|delay|reschedule|defer|move|make|mark|set|have)\s+(?<target>.+?)\s+(?:to be due|due|to|until|till|for)(?:\s+(?:on|by|to))?\s+(?<due>{Dates.Pattern})"
        ),
        Of(Verb.Update, "task", $@"(?<target>{Q}|it|this|that)\s+is\s+due\s+(?:on\s+|by\s+)?(?<due>{Dates.Pattern})"),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update|make|raise|lower|bump)\s+(?:the\s+)?priority\s+(?:of|for|on)\s+(?<target>.+?)\s+(?:to|as|=)\s+(?<priority>\w[\w ]*|{Q})"
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:make|mark|set)\s+(?<target>.+?)\s+(?:as\s+|to\s+)?(?<priority>urgent|critical|high|medium|normal|low)(?:[- ]priority)?"
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:make|mark|set)\s+(?<target>.+?)(?:'s|’s)\s+priority\s+(?:to\s+)?(?<priority>\w+)"
        ),
        Of(Verb.Update, "task", @"(?:assign|reassign|give|hand)\s+(?<target>.+?)\s+(?:over\s+)?to\s+(?<assignee>.+)"),
        Of(Verb.Update, "task", @"assign\s+(?<assignee>me|(?-i:\p{Lu}[\w.-]+))\s+to\s+(?<target>.+)"),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update)\s+(?:the\s+)?assignee\s+(?:of|for|on)\s+(?<target>.+?)\s+to\s+(?<assignee>.+)"
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update|replace|edit)\s+(?:the\s+)?(?:description|notes?|details)\s+(?:of|for|on)\s+(?<target>.+?)\s*(?:to|with|:)\s*:?\s*(?<notes>.+)"
        ),
        Of(Verb.Update, "project", $@"archive\s+(?:the\s+)?(?<target>.+)", fixedSlot: (Slot.Archived, "true")),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update)\s+(?:the\s+)?(?:field\s+)?(?<field>{Q}|[\w ]+?)(?:\s+field)?\s+(?:of|for|on)\s+(?<target>.+?)\s+(?:to|as|=)\s+(?<value>.+)"
        ),
        Of(
            Verb.Update,
            "task",
            $@"(?:change|set|update)\s+(?<target>{Q})(?:'s|’s)?\s+(?<field>{Q}|[\w ]+?)\s+(?:to|as|=)\s+(?<value>.+)"
        ),
        .. IntentRulesForPlaces.All,
        .. IntentRulesForReading.All,
    ];

    internal static IntentRule Of(
        Verb verb,
        string rest,
        string pattern,
        string? targetNoun = null,
        RuleForm form = RuleForm.Groups,
        (Slot, string)? fixedSlot = null,
        bool mine = false,
        Slot? asked = null,
        string? noun = null
    ) =>
        new(
            verb,
            noun ?? rest,
            new Regex($"^(?:{pattern})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, MaskedText.Patience)
        )
        {
            TargetNoun = targetNoun,
            Form = form,
            Fixed = fixedSlot is { } one ? [one] : [],
            Mine = mine,
            Asked = asked,
        };
}
