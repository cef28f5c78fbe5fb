namespace Behalf.PracticeModel.Planning;

/// <summary>A place in an intent that a value from the prompt fills.</summary>
internal enum Slot
{
    /// <summary>The thing acted on: its name, or its id once known.</summary>
    Target,
    Parent,
    Name,
    Project,
    Section,
    Assignee,
    People,
    Due,
    DueBefore,
    DueAfter,
    Start,
    Priority,
    Notes,
    Text,
    Query,
    Status,
    Completed,
    Archived,
    Tag,
    DependsOn,
    Field,
    Value,
    Url,
    Team,
    Access,
    Type,
    Confirm,
    Limit,
}

/// <summary>The property names, best first, in which tools take what a slot holds.</summary>
internal static class SlotProperties
{
    public static IReadOnlyList<string> Of(Slot slot) =>
        slot switch
        {
            Slot.Parent => ["parent", "parent_task", "task", "ticket", "issue"],
            Slot.Name => ["name", "title", "summary", "subject", "new_name", "text"],
            Slot.Project => ["project", "board", "list", "container", "context", "parent", "projects"],
            Slot.Section => ["section", "column", "lane", "stage", "status"],
            Slot.Assignee => ["assignee", "assigned_to", "owner", "user", "assignees"],
            Slot.People =>
            [
                "users",
                "user",
                "followers",
                "follower",
                "watchers",
                "watcher",
                "collaborators",
                "people",
                "members",
                "member",
                "assignee",
            ],
            Slot.Due => ["due_on", "due_date", "due", "deadline", "due_at"],
            Slot.DueBefore => ["due_before", "due_on_before", "due_until", "due_to", "before"],
            Slot.DueAfter => ["due_after", "due_on_after", "due_from", "due_since", "after"],
            Slot.Start => ["start_on", "start_date", "start", "start_at"],
            Slot.Priority => ["priority", "importance", "severity", "urgency"],
            Slot.Notes => ["notes", "description", "body", "details", "append_notes", "text", "content"],
            Slot.Text => ["text", "comment", "body", "message", "content", "rich_text", "note"],
            Slot.Query => ["query", "text", "q", "search", "name_contains", "term", "keyword", "filter", "name"],
            Slot.Status => ["status", "state", "completed", "done", "filter"],
            Slot.Completed => ["completed", "done", "complete", "is_completed", "is_done", "closed", "status", "state"],
            Slot.Archived => ["archived", "is_archived", "archive"],
            Slot.Tag => ["tag", "label", "tags", "labels"],
            Slot.DependsOn => ["depends_on", "blocked_by", "dependencies", "dependency", "blocker", "blockers"],
            Slot.Field => ["field", "property", "custom_field", "field_name", "attribute"],
            Slot.Value => ["value", "new_value", "option"],
            Slot.Url => ["url", "link", "href", "file"],
            Slot.Team => ["team", "group"],
            Slot.Access => ["access_level", "access", "role", "permission"],
            Slot.Type => ["type", "kind", "resource_type", "object_type"],
            Slot.Confirm => ["confirm", "confirmed"],
            Slot.Limit => ["limit", "page_size", "max_results", "max", "per_page", "top"],
            _ => [],
        };

    /// <summary>A tool that cannot take an essential slot does another job; other slots are extras it may lack.</summary>
    public static bool IsEssential(Slot slot) =>
        slot
            is not (
                Slot.Status
                or Slot.Limit
                or Slot.Confirm
                or Slot.Type
                or Slot.Access
                or Slot.DueAfter
                or Slot.Priority
                or Slot.Notes
                or Slot.Due
                or Slot.Start
                or Slot.Tag
                or Slot.Section
            );
}
