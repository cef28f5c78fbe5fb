namespace Behalf;

/// <summary>One page of rows in the order of their ids.</summary>
/// <param name="Items">At most the requested number.</param>
/// <param name="Next">The last key of this page when more rows follow.</param>
/// <param name="Previous">The first key of this page when rows precede it.</param>
/// <param name="TotalSize">Exact up to 10,000, then 10,000.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, Guid? Next, Guid? Previous, int TotalSize);

/// <summary>Which page to read: rows after (or before) a key.</summary>
/// <param name="Size">1–1,000 rows.</param>
/// <param name="After">Rows with a greater id than this one.</param>
/// <param name="Before">Rows with a smaller id than this one; not together with <paramref name="After"/>.</param>
public sealed record PageRequest(int Size, Guid? After = null, Guid? Before = null);
