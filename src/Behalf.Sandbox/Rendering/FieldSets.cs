using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Rendering;

/// <summary>Which fields each kind of object has.</summary>
internal static class FieldSets
{
    /// <summary>Shown of every related object, whatever the grant.</summary>
    public static readonly IReadOnlyList<string> AlwaysShown = ["name", "title", "resource_subtype"];

    public static FieldSet Of(Entity item) =>
        item switch
        {
            User => PeopleFields.User,
            Workspace => PeopleFields.Workspace,
            Team => PeopleFields.Team,
            Project => ProjectFields.Project,
            Section => ProjectFields.Section,
            Membership => ProjectFields.Membership,
            FieldSetting => CustomFieldFields.Setting,
            CustomField => CustomFieldFields.Definition,
            EnumOption => CustomFieldFields.Option,
            TaskItem => TaskFields.Task,
            Tag => TagFields.Tag,
            Story => StoryFields.Story,
            Attachment => AttachmentFields.Attachment,
            Portfolio => PlanFields.Portfolio,
            Goal => PlanFields.Goal,
            StatusUpdate => PlanFields.Status,
            UserTaskList => TaskFields.List,
            Job => TaskFields.Job,
            Record record => RecordFields.Of(record.Kind),
            AccessRequest => ProjectFields.AccessRequest,
            _ => throw new InvalidOperationException($"No fields for {item.GetType().Name}."),
        };

    /// <summary>Refuses fields, and fields of related objects, that the grant does not cover.</summary>
    public static void RequireScopes(FieldTree asked, FieldSet set, ScopeSet scopes, string prefix = "")
    {
        foreach (var (name, below) in asked.Children)
        {
            if (!set.Fields.TryGetValue(name, out var field))
            {
                continue;
            }
            var path = prefix + name;
            RequireAll(path, field.Scopes, scopes);
            if (below.IsLeaf || field.Of is null)
            {
                continue;
            }
            var target = field.Of();
            var further = below.Children.Keys.FirstOrDefault(n =>
                n is not ("gid" or "resource_type") && !AlwaysShown.Contains(n)
            );
            if (further is not null && target.ReadScope is { } scope)
            {
                RequireAll($"{path}.{further}", [scope], scopes);
            }
            RequireScopes(below, target, scopes, path + ".");
        }
    }

    private static void RequireAll(string path, IReadOnlyList<string> needed, ScopeSet scopes)
    {
        var missing = needed.Where(s => !scopes.Has(s)).ToList();
        if (missing.Count > 0)
        {
            throw Refusal.ScopeMissing($"The field {path}", missing);
        }
    }
}
