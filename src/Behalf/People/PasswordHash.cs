using System.Globalization;
using System.Security.Cryptography;
using Konscious.Security.Cryptography;

namespace Behalf.People;

/// <summary>
/// Argon2id (RFC 9106) with 19 MiB, two passes and one lane, in the usual text form. Two at a time, since each takes that
/// memory and a core. Safe to call concurrently.
/// </summary>
internal sealed class PasswordHash : IDisposable
{
    private const string Prefix = "$argon2id$v=19$m=19456,t=2,p=1$";
    private const int MemoryKiB = 19_456;
    private const int Passes = 2;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    // Of no password: stands in for the hash of people who do not exist, so that they take as long.
    private static readonly string Nobody =
        $"{Prefix}{Convert.ToBase64String(new byte[SaltBytes])}${Convert.ToBase64String(new byte[HashBytes])}";

    /// <value>How many may wait for their turn; more would only wait longer than anyone does.</value>
    private const int MaxWaiting = 50;

    private readonly SemaphoreSlim _turn = new(2, 2);
    private int _waiting;
    private long _derivations;

    /// <value>True: so many wait that another one is better told to come back.</value>
    public bool IsBusy => Volatile.Read(ref _waiting) >= MaxWaiting;

    /// <value>How many there were: the costly part, which everybody has to cost alike.</value>
    public long Derivations => Interlocked.Read(ref _derivations);

    public async Task<string> MakeAsync(Secret password, CancellationToken cancellationToken)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] hash = await DeriveAsync(password, salt, cancellationToken);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}{Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}"
        );
    }

    /// <summary>Takes the same time for a person who does not exist.</summary>
    public async Task<bool> MatchesAsync(Secret password, string? stored, CancellationToken cancellationToken)
    {
        string text = stored ?? Nobody;
        string[] parts = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].Split('$') : [];
        if (parts is not [var salt, var hash])
        {
            throw new FormatException("A stored password hash has another form than the one we write.");
        }

        byte[] derived = await DeriveAsync(password, Convert.FromBase64String(salt), cancellationToken);
        return CryptographicOperations.FixedTimeEquals(derived, Convert.FromBase64String(hash)) && stored is not null;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<byte[]> DeriveAsync(Secret password, byte[] salt, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _turn.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            Interlocked.Increment(ref _derivations);
            using Argon2id argon = new(password.Reveal().ToArray())
            {
                Salt = salt,
                MemorySize = MemoryKiB,
                Iterations = Passes,
                DegreeOfParallelism = 1,
            };
            return await argon.GetBytesAsync(HashBytes);
        }
        finally
        {
            _turn.Release();
        }
    }
}
