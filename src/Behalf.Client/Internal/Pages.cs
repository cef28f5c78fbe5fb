using System.Runtime.CompilerServices;

namespace Behalf.Client.Internal;

internal static class Pages
{
    /// <summary>Reads page after page to the last one; a server that repeats a page token ends it with an error, not a loop.</summary>
    /// <param name="read">From a page token (empty for the first) to the page's items and the next token.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        Func<string, CancellationToken, Task<(IEnumerable<T> Items, string Next)>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var token = "";
        do
        {
            var (items, next) = await read(token, cancellationToken).ConfigureAwait(false);
            foreach (var item in items)
            {
                yield return item;
            }
            if (next.Length > 0 && next == token)
            {
                throw new BehalfException("unexpected_answer", "The server repeated a page.");
            }
            token = next;
        } while (token.Length > 0);
    }
}
