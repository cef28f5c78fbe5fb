namespace Behalf.Sandbox.Rendering;

/// <summary>A parsed <c>opt_fields</c>: <c>name,assignee.(name|email),this.notes</c>.</summary>
internal sealed class FieldTree
{
    private readonly Dictionary<string, FieldTree> _children = [];

    public IReadOnlyDictionary<string, FieldTree> Children => _children;

    public bool IsLeaf => _children.Count == 0;

    /// <returns>Null when nothing is asked for, which means the usual fields.</returns>
    public static FieldTree? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }
        if (text.Length > 8000)
        {
            throw Refusal.BadRequest("opt_fields: Too long");
        }
        var tree = new FieldTree();
        var reader = new Reader(text);
        reader.List(tree, ',');
        reader.End();
        return tree;
    }

    private FieldTree Child(string name)
    {
        if (!_children.TryGetValue(name, out var child))
        {
            _children.Add(name, child = new FieldTree());
        }
        return child;
    }

    private sealed class Reader(string text)
    {
        private int _at;

        public void List(FieldTree under, char separator)
        {
            Path([under]);
            while (_at < text.Length && text[_at] == separator)
            {
                _at++;
                Path([under]);
            }
        }

        public void End()
        {
            if (_at < text.Length)
            {
                throw Malformed();
            }
        }

        /// <summary>Adds one dotted path under each of <paramref name="places"/>; a group makes several places of one.</summary>
        private void Path(IReadOnlyList<FieldTree> places)
        {
            if (_at < text.Length && text[_at] == '(')
            {
                _at++;
                var members = new FieldTree();
                List(members, '|');
                if (_at >= text.Length || text[_at++] != ')')
                {
                    throw Malformed();
                }
                places = [.. places.SelectMany(p => members.Graft(p))];
            }
            else
            {
                var start = _at;
                while (_at < text.Length && text[_at] is not ('.' or ',' or '|' or '(' or ')'))
                {
                    _at++;
                }
                var name = text[start.._at].Trim();
                if (name.Length == 0)
                {
                    return;
                }
                places = name == "this" ? places : [.. places.Select(p => p.Child(name))];
            }
            if (_at < text.Length && text[_at] == '.')
            {
                _at++;
                Path(places);
            }
        }

        private Refusal Malformed() => Refusal.BadRequest($"opt_fields: Unexpected character at position {_at + 1}");
    }

    /// <summary>Copies this tree under a place and gives back the copied leaves.</summary>
    private IEnumerable<FieldTree> Graft(FieldTree place)
    {
        var leaves = new List<FieldTree>();
        foreach (var (name, child) in _children)
        {
            var copy = place.Child(name);
            leaves.AddRange(child.IsLeaf ? [copy] : child.Graft(copy));
        }
        return leaves;
    }
}
