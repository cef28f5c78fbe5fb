using System.Collections.Concurrent;

namespace Behalf.Bench.Filling;

/// <summary>Makes rows on another thread while those before are written: a few portions ahead, never more.</summary>
internal static class Ahead
{
    private const int Portion = 2_000;

    public static IEnumerable<T> Of<T>(IEnumerable<T> rows) =>
        Of(rows.Chunk(Portion), portions: 4).SelectMany(portion => portion);

    public static IEnumerable<T> Of<T>(IEnumerable<T> rows, int portions)
    {
        using BlockingCollection<T> made = new(portions);
        Task making = Task.Run(() =>
        {
            try
            {
                foreach (T one in rows)
                {
                    made.Add(one);
                }
            }
            finally
            {
                made.CompleteAdding();
            }
        });
        foreach (T one in made.GetConsumingEnumerable())
        {
            yield return one;
        }

        making.GetAwaiter().GetResult(); // what went wrong there goes wrong here
    }
}
