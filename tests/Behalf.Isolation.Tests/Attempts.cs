using System.Text.Json.Nodes;

namespace Behalf.Isolation.Tests;

/// <summary>One call, and what must come of it whatever it says.</summary>
/// <param name="Target">The gid of what it is pointed at; empty: nothing.</param>
/// <param name="Shows">The gid that must stand in the answer; null: none must.</param>
public sealed record Attempt(
    string Tool,
    JsonObject Arguments,
    string Target,
    bool MustFail,
    bool MustWork,
    string? Shows = null
);

/// <summary>A case of the table, pointed at every object it may be pointed at, in every spelling.</summary>
public sealed class Attempts(Objects objects)
{
    /// <summary>Writes are tried only where they must change nothing, so that the world stays as it is.</summary>
    public IEnumerable<Attempt> Of(string person, ToolCase probe)
    {
        if (probe.Takes is not { } kind)
        {
            return [Make(person, probe, "", "", mustFail: false, mustWork: true)];
        }

        return objects
            .Of(kind)
            .Where(target => IsTried(person, probe, target))
            .SelectMany(target =>
                Spellings(probe, target).Select(spelling => Of(person, probe, target, spelling)).OfType<Attempt>()
            );
    }

    /// <summary>The first case of a tool, told to look in each workspace that the person is not in.</summary>
    public IEnumerable<Attempt> InHiddenWorkspaces(string person, string tool)
    {
        ToolCase probe = ToolTable.Cases.First(one => one.Tool == tool);
        // By a name, which has to be looked for there; and nothing that the person could change.
        string spelling = probe.Takes is { } kind
            ? (
                objects.Of(kind).FirstOrDefault(one => objects.Access(person, one.Gid) is not "edit")
                ?? objects.Of(kind).First()
            ).Name
            : "";
        foreach (PracticeObject workspace in objects.Of(Kind.Workspace).Where(one => !objects.Sees(person, one.Gid)))
        {
            foreach (string place in workspace.Spellings())
            {
                JsonObject arguments = probe.With(spelling, Practice.Other(person), Known(person));
                arguments["workspace"] = place;
                yield return new Attempt(tool, arguments, workspace.Gid, MustFail: true, MustWork: false);
            }
        }
    }

    private bool IsTried(string person, ToolCase probe, PracticeObject target)
    {
        string access = objects.Access(person, target.Gid);
        bool isComment = probe.Tool == "asana_add_comment_to_task";
        return probe.Use switch
        {
            Use.Changes => access != "edit" && !(isComment && access == "comment"),
            Use.Mentions => access == "none",
            _ => true,
        };
    }

    /// <returns>Null: it cannot be told what must come of it.</returns>
    private Attempt? Of(string person, ToolCase probe, PracticeObject target, string spelling)
    {
        bool isHidden = !objects.Sees(person, target.Gid);
        if (probe.Writes)
        {
            // A name may also be the name of something the person may change.
            return target.IsExact(spelling) || IsOnlyOneNamed(target)
                ? Make(person, probe, target.Gid, spelling, mustFail: true, mustWork: false)
                : null;
        }

        bool isAlone = target.IsExact(spelling) || IsOnlyOneNamed(target);
        bool mustFail = isHidden && isAlone && probe.Use is Use.Reads or Use.Touches;
        bool isFound = !isHidden && (target.IsExact(spelling) || IsOnlyOneOfItsKind(target));
        bool mustWork = probe.Use switch
        {
            Use.Reads => isFound && CanWork(person, probe, target, spelling),
            Use.Seeks => true,
            _ => false,
        };
        return Make(person, probe, target.Gid, spelling, mustFail, mustWork) with
        {
            Shows = isFound && Shows(probe, target, spelling) && mustWork ? target.Gid : null,
        };
    }

    private Attempt Make(string person, ToolCase probe, string gid, string spelling, bool mustFail, bool mustWork) =>
        new(probe.Tool, probe.With(spelling, Practice.Other(person), Known(person)), gid, mustFail, mustWork);

    private Func<Kind, string> Known(string person) => kind => objects.Known(person, kind).Gid;

    private static IEnumerable<string> Spellings(ToolCase probe, PracticeObject target) =>
        // Their schema takes numbers only.
        probe.Argument
            is "parent"
        && probe.Tool is not ("asana_create_task" or "asana_create_subtask" or "asana_set_task_parent")
            ? [target.Gid]
            : target.Spellings();

    private bool CanWork(string person, ToolCase probe, PracticeObject target, string spelling) =>
        // Beside something else that the person may not see it proves nothing.
        probe.Needs.All(kind => objects.Sees(person, objects.Known(person, kind).Gid))
        // The name of a section is looked for in one project only.
        && (target.Kind != Kind.Section || spelling == target.Gid)
        && (probe.Tool != "asana_list_custom_fields" || objects.HasPlanFor(person, target.Gid));

    /// <summary>What gives one thing names it; a search finds it by its name.</summary>
    private static bool Shows(ToolCase probe, PracticeObject target, string spelling) =>
        probe.Use == Use.Seeks
            ? spelling == target.Name
            : probe.Tool.StartsWith("asana_get_", StringComparison.Ordinal);

    private bool IsOnlyOneNamed(PracticeObject target) =>
        !objects.All.Any(other =>
            other.Gid != target.Gid && other.Name.Contains(target.Name, StringComparison.OrdinalIgnoreCase)
        );

    private bool IsOnlyOneOfItsKind(PracticeObject target) =>
        !objects
            .Of(target.Kind)
            .Any(other =>
                other.Gid != target.Gid && other.Name.Contains(target.Name, StringComparison.OrdinalIgnoreCase)
            );
}
