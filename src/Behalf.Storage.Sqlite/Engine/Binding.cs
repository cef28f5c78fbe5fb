using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>Parameters of statements that are prepared once and run often.</summary>
internal static class Binding
{
    public static SqliteCommand Bind(this SqliteCommand command, string name, object? value)
    {
        int index = command.Parameters.IndexOf(name);
        if (index < 0)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        else
        {
            command.Parameters[index].Value = value ?? DBNull.Value;
        }

        return command;
    }
}
