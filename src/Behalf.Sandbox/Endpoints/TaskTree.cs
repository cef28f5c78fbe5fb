namespace Behalf.Sandbox.Endpoints;

/// <summary>Parents, subtasks and what goes with a deleted task.</summary>
internal static class TaskTree
{
    public const int MostLevels = 5;

    public static void RequireDepth(TaskItem parent, int below = 1)
    {
        var depth = below;
        for (var at = parent; at is not null; at = at.Parent)
        {
            depth++;
        }
        if (depth > MostLevels + 1)
        {
            throw Refusal.BadRequest($"parent: Tasks can be nested at most {MostLevels} levels deep");
        }
    }

    public static int Height(TaskItem task) => 1 + task.Subtasks.Select(Height).DefaultIfEmpty(0).Max();

    public static bool IsWithin(TaskItem task, TaskItem ancestor)
    {
        for (var at = task; at is not null; at = at.Parent)
        {
            if (at == ancestor)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Subtasks go too, unless they are in a project of their own.</summary>
    public static void Delete(ObjectStore store, TaskItem task)
    {
        foreach (var subtask in task.Subtasks.ToList())
        {
            if (subtask.Places.Count == 0)
            {
                Delete(store, subtask);
            }
            else
            {
                subtask.Parent = null;
            }
        }
        task.Parent?.Subtasks.Remove(task);
        task.Places.ForEach(s => s.Tasks.Remove(task));
        task.Dependencies.ForEach(d => d.Dependents.Remove(task));
        task.Dependents.ForEach(d => d.Dependencies.Remove(task));
        var belongings = store.All<Story>().Where(s => s.Target == task || s.Subject == task).Cast<Entity>();
        belongings.Concat(store.All<Attachment>().Where(a => a.Parent == task)).ToList().ForEach(store.Remove);
        if (store.TryFind(task.Gid, out _))
        {
            store.Remove(task);
        }
    }
}
