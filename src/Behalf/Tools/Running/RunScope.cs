using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>What expressions see. One per procedure call; used by one run at a time.</summary>
internal sealed class RunScope
{
    private readonly JObject _vars = [];
    private Dictionary<string, JToken?>? _undo;

    private RunScope(JObject root)
    {
        Root = root;
        root["vars"] = _vars;
    }

    public JObject Root { get; }

    public static RunScope Of(JObject args, JObject account, string? cursor, string now)
    {
        JObject page = [];
        if (cursor is not null)
        {
            page["cursor"] = cursor;
        }

        return new RunScope(
            new JObject
            {
                ["args"] = args,
                ["account"] = account,
                ["page"] = page,
                ["now"] = now,
                ["today"] = now[..10],
            }
        );
    }

    /// <summary>A procedure's own scope: other arguments and variables, the same call.</summary>
    public RunScope Inner(JObject args)
    {
        JObject root = new() { ["args"] = args };
        foreach (string name in (string[])["account", "page", "now", "today"])
        {
            root[name] = Root[name]; // adding a token that has a parent copies it
        }

        return new RunScope(root);
    }

    public void Save(string? name, JToken? value)
    {
        if (name is null)
        {
            return;
        }

        JToken? before = _vars[name];
        _vars.Remove(name);
        if (value is not null)
        {
            _vars[name] = value;
        }

        _undo?.TryAdd(name, before);
    }

    /// <summary>Sets a word at the root while the work runs, and puts back what stood there.</summary>
    public async Task<T> WithAsync<T>(string name, JToken? value, Func<Task<T>> work)
    {
        Word word = new(name, value);
        JProperty? before = Replace(word.Name, word.Property);
        try
        {
            return await work();
        }
        finally
        {
            Replace(word.Name, before);
        }
    }

    public T With<T>(string name, JToken? value, Func<T> work) => With(new Word(name, value), work);

    public T With<T>(Word word, Func<T> work)
    {
        JProperty? before = Replace(word.Name, word.Property);
        try
        {
            return work();
        }
        finally
        {
            Replace(word.Name, before);
        }
    }

    /// <summary>Variables saved by the work are put back after it, so that one item never sees what another saved.</summary>
    public async Task<T> IsolatedAsync<T>(Func<Task<T>> work)
    {
        Dictionary<string, JToken?>? outer = _undo;
        _undo = new Dictionary<string, JToken?>(StringComparer.Ordinal);
        try
        {
            return await work();
        }
        finally
        {
            foreach ((string name, JToken? before) in _undo)
            {
                _vars.Remove(name);
                if (before is not null)
                {
                    _vars[name] = before;
                }
            }

            _undo = outer;
        }
    }

    /// <summary>Whole properties, as a value that belonged to one is copied when it is put into another.</summary>
    private JProperty? Replace(string name, JProperty? property)
    {
        JProperty? before = Root.Property(name, StringComparison.Ordinal);
        before?.Remove();
        if (property is not null)
        {
            Root.Add(property);
        }

        return before;
    }

    /// <summary>A word at the root, to be set any number of times, though in one scope at a time.</summary>
    internal readonly record struct Word
    {
        /// <param name="value">Null: the word is not there.</param>
        public Word(string name, JToken? value)
        {
            Name = name;
            Property = value is null ? null : new JProperty(name, value);
        }

        public string Name { get; }

        public JProperty? Property { get; }
    }
}
