namespace Behalf.Sandbox.Permissions;

/// <summary>
/// The one place that says what a user may do with an object. Endpoints ask it before they act and the renderer asks it
/// for every object it is about to name; nothing else decides. Where Asana's behaviour is not documented, the stricter
/// reading holds.
/// </summary>
internal sealed class AccessRules(ObjectStore store, AppBlocks blocks)
{
    public bool CanRead(User viewer, Entity item) => Of(viewer, item) >= AccessLevel.Read;

    /// <summary>Whether the app that asks is not allowed where this lies, whoever the user is.</summary>
    public bool IsBlocked(Entity item) => blocks.Covers(item);

    public AccessLevel Of(User viewer, Entity item)
    {
        if (!viewer.Active || IsBlocked(item))
        {
            return AccessLevel.None;
        }
        if (viewer.IsServiceAccount && ReachesEverythingIn(viewer, item))
        {
            return AccessLevel.Admin;
        }
        return item switch
        {
            Workspace workspace => workspace.Find(viewer) is null ? AccessLevel.None : AccessLevel.Read,
            User user => OfUser(viewer, user),
            Team team => OfTeam(viewer, team),
            Project project => OfProject(viewer, project),
            Section section => OfProject(viewer, section.Project),
            Membership membership => OfMembership(viewer, membership),
            FieldSetting setting => OfFieldSetting(viewer, setting),
            TaskItem task => OfTask(viewer, task),
            CustomField field => OfField(viewer, field),
            EnumOption option => OfField(viewer, option.Field),
            Tag tag => OfTag(viewer, tag),
            Story story => OfStory(viewer, story),
            Attachment attachment => AtMost(AccessLevel.Edit, Of(viewer, attachment.Parent)),
            Portfolio portfolio => OfPortfolio(viewer, portfolio),
            Goal goal => OfGoal(viewer, goal),
            StatusUpdate status => OfStatus(viewer, status),
            UserTaskList list => OfUserTaskList(viewer, list),
            Job job => job.Owner == viewer ? AccessLevel.Read : AccessLevel.None,
            Record record => OfRecord(viewer, record),
            AccessRequest request => request.Requester == viewer ? AccessLevel.Read : AccessLevel.None,
            _ => throw new InvalidOperationException($"No access rule for {item.GetType().Name}."),
        };
    }

    /// <summary>Members of the workspace who are not guests.</summary>
    public static bool IsFullMember(User viewer, Workspace workspace) => workspace.Find(viewer) is { IsGuest: false };

    /// <summary>The fields a task has for this viewer: those of its projects the viewer can see.</summary>
    public IEnumerable<CustomField> FieldsOn(User viewer, TaskItem task) =>
        task
            .Projects.Where(p => CanRead(viewer, p))
            .SelectMany(p => p.Fields)
            .Select(s => s.Field)
            .Distinct()
            .Where(f => CanRead(viewer, f));

    /// <summary>Who may add and remove members of a project.</summary>
    public bool CanShare(User viewer, Project project) => Of(viewer, project) >= project.MinimumLevelForSharing;

    private AccessLevel OfUser(User viewer, User user)
    {
        if (viewer == user)
        {
            return AccessLevel.Edit;
        }
        var shared = store.All<Workspace>().Where(w => w.Find(viewer) is not null && w.Find(user) is not null);
        return shared.Any(w => IsFullMember(viewer, w) || GuestMeets(viewer, user, w))
            ? AccessLevel.Read
            : AccessLevel.None;
    }

    /// <summary>A guest sees only the people with whom a team, a project or a task is shared.</summary>
    private bool GuestMeets(User guest, User other, Workspace workspace) =>
        store.All<Team>().Any(t => t.Workspace == workspace && IsIn(t, guest) && IsIn(t, other))
        || store.All<Project>().Any(p => p.Workspace == workspace && IsIn(p, guest) && IsIn(p, other))
        || store.All<TaskItem>().Any(t => t.Workspace == workspace && IsOn(t, other) && CanRead(guest, t));

    private static bool IsIn(Team team, User user) => team.Members.Exists(m => m.User == user);

    private static bool IsIn(Project project, User user) =>
        project.Members.Exists(m => m.Member == user || (m.Member is Team team && team.HasFullMember(user)));

    private static bool IsOn(TaskItem task, User user) => task.Followers.Contains(user) || task.Assignee == user;

    private static AccessLevel OfTeam(User viewer, Team team)
    {
        if (team.Workspace.Find(viewer) is not { } membership)
        {
            return AccessLevel.None;
        }
        if (team.HasFullMember(viewer))
        {
            return membership.IsGuest ? AccessLevel.Read : AccessLevel.Edit;
        }
        var isOpen = team.Visibility is not TeamVisibility.Secret && !membership.IsGuest;
        return isOpen || IsIn(team, viewer) ? AccessLevel.Read : AccessLevel.None;
    }

    /// <summary>Several routes to a project give the highest of their levels.</summary>
    private static AccessLevel OfProject(User viewer, Project project)
    {
        if (project.Workspace.Find(viewer) is not { } workspaceMembership)
        {
            return AccessLevel.None;
        }
        var level = AccessLevel.None;
        foreach (var membership in project.Members)
        {
            if (membership.Member == viewer || (membership.Member is Team team && team.HasFullMember(viewer)))
            {
                level = Highest(level, membership.Level);
            }
        }
        var throughPrivacy = project.Privacy switch
        {
            ProjectPrivacy.PublicToWorkspace => !workspaceMembership.IsGuest,
            ProjectPrivacy.PrivateToTeam => project.Team?.HasFullMember(viewer) ?? false,
            _ => false,
        };
        return throughPrivacy ? Highest(level, project.DefaultLevel) : level;
    }

    private AccessLevel OfMembership(User viewer, Membership membership)
    {
        var level = OfProject(viewer, membership.Project);
        // A team that is a member of a visible project may itself be secret.
        var namesHidden = membership.Member is Team team && !CanRead(viewer, team);
        return namesHidden ? AccessLevel.None : level;
    }

    /// <summary>Fields of a project come with the project, as does the library field they are made from.</summary>
    private static AccessLevel OfFieldSetting(User viewer, FieldSetting setting) =>
        AtMost(AccessLevel.Edit, OfProject(viewer, setting.Project));

    private static AccessLevel OfTask(User viewer, TaskItem task) =>
        task.Workspace.Find(viewer) is null ? AccessLevel.None
        // The assignee edits this task while assigned, wherever it lives; its subtasks come by the other routes.
        : task.Assignee == viewer ? AccessLevel.Edit
        : OfTaskByPlace(viewer, task);

    private static AccessLevel OfTaskByPlace(User viewer, TaskItem task)
    {
        var level = AccessLevel.None;
        foreach (var project in task.Projects)
        {
            level = Highest(level, OfProject(viewer, project));
        }
        if (task.Followers.Contains(viewer))
        {
            level = Highest(level, CollaboratorLevel(viewer, task));
        }
        if (task.Places.Count == 0 && task.IsPublic && IsFullMember(viewer, task.Workspace))
        {
            level = Highest(level, AccessLevel.Read);
        }
        if (task.Parent is { } parent)
        {
            // Subtasks are in no project of their parent's, yet whoever reaches the parent reaches them.
            level = Highest(level, OfTaskByPlace(viewer, parent));
        }
        return AtMost(AccessLevel.Edit, level);
    }

    /// <summary>The lowest level that any project of the task grants to followers; in no project its creator edits.</summary>
    private static AccessLevel CollaboratorLevel(User viewer, TaskItem task)
    {
        if (task.Places.Count == 0)
        {
            return task.CreatedBy == viewer ? AccessLevel.Edit : task.Workspace.CollaboratorLevel;
        }
        return task.Projects.Min(p => p.CollaboratorLevel ?? p.Workspace.CollaboratorLevel);
    }

    /// <summary>Whoever reaches what it belongs to; in a workspace, everybody but guests.</summary>
    private AccessLevel OfRecord(User viewer, Record record)
    {
        var home = record.Home is Workspace workspace
            ? IsFullMember(viewer, workspace)
                ? AccessLevel.Edit
                : AccessLevel.None
            : AtMost(AccessLevel.Edit, Of(viewer, record.Home));
        return record.CreatedBy == viewer ? home
            : record.Kind.IsPrivate ? AccessLevel.None
            : record.Kind.IsOwn ? AtMost(AccessLevel.Read, home)
            : home;
    }

    private AccessLevel OfField(User viewer, CustomField field)
    {
        var carried = store
            .All<FieldSetting>()
            .Any(s => s.Field == field && OfProject(viewer, s.Project) > AccessLevel.None);
        return carried || (field.IsGlobal && IsFullMember(viewer, field.Workspace)) || field.CreatedBy == viewer
            ? AccessLevel.Read
            : AccessLevel.None;
    }

    private AccessLevel OfTag(User viewer, Tag tag)
    {
        if (tag.Workspace.Find(viewer) is not { } membership)
        {
            return AccessLevel.None;
        }
        if (!membership.IsGuest)
        {
            return AccessLevel.Edit;
        }
        return store.All<TaskItem>().Any(t => t.Tags.Contains(tag) && OfTask(viewer, t) > AccessLevel.None)
            ? AccessLevel.Read
            : AccessLevel.None;
    }

    private AccessLevel OfStory(User viewer, Story story)
    {
        var target = Of(viewer, story.Target);
        // People are shown as private one by one; anything else that is hidden hides the story.
        if (target == AccessLevel.None || (story.Subject is { } subject and not User && !CanRead(viewer, subject)))
        {
            return AccessLevel.None;
        }
        var isOwn = story.IsComment && story.CreatedBy == viewer && target >= AccessLevel.Comment;
        return isOwn ? AccessLevel.Edit : AccessLevel.Read;
    }

    private static AccessLevel OfPortfolio(User viewer, Portfolio portfolio) =>
        portfolio.Workspace.Find(viewer) is null ? AccessLevel.None : portfolio.Members.GetValueOrDefault(viewer);

    private static AccessLevel OfGoal(User viewer, Goal goal)
    {
        if (!IsFullMember(viewer, goal.Workspace))
        {
            return AccessLevel.None;
        }
        if (goal.Owner == viewer)
        {
            return AccessLevel.Edit;
        }
        return goal.Followers.Contains(viewer) ? AccessLevel.Comment : AccessLevel.None;
    }

    private AccessLevel OfStatus(User viewer, StatusUpdate status)
    {
        var parent = Of(viewer, status.Parent);
        var level = status.CreatedBy == viewer ? parent : AtMost(AccessLevel.Read, parent);
        return AtMost(AccessLevel.Edit, level);
    }

    /// <summary>The list itself says whose it is; its tasks are judged one by one.</summary>
    private AccessLevel OfUserTaskList(User viewer, UserTaskList list)
    {
        if (list.Workspace.Find(viewer) is null)
        {
            return AccessLevel.None;
        }
        return list.Owner == viewer ? AccessLevel.Edit : AtMost(AccessLevel.Read, OfUser(viewer, list.Owner));
    }

    private static bool ReachesEverythingIn(User account, Entity item) =>
        item switch
        {
            // Stories follow from what they are on: nobody edits another's comment.
            Job or AccessRequest or User or Story => false,
            Record { Kind.IsPrivate: true } => false,
            _ => WorkspaceOf(item)?.Find(account) is not null,
        };

    /// <summary>Null for what belongs to no workspace, such as people.</summary>
    public static Workspace? WorkspaceOf(Entity item) =>
        item switch
        {
            Workspace workspace => workspace,
            Team team => team.Workspace,
            Project project => project.Workspace,
            Section section => section.Project.Workspace,
            Membership membership => membership.Project.Workspace,
            FieldSetting setting => setting.Project.Workspace,
            TaskItem task => task.Workspace,
            CustomField field => field.Workspace,
            EnumOption option => option.Field.Workspace,
            Tag tag => tag.Workspace,
            Attachment attachment => WorkspaceOf(attachment.Parent),
            Portfolio portfolio => portfolio.Workspace,
            Goal goal => goal.Workspace,
            StatusUpdate status => WorkspaceOf(status.Parent),
            UserTaskList list => list.Workspace,
            Record record => WorkspaceOf(record.Home),
            _ => null,
        };

    private static AccessLevel Highest(AccessLevel one, AccessLevel other) => one > other ? one : other;

    private static AccessLevel AtMost(AccessLevel cap, AccessLevel level) => level < cap ? level : cap;
}
