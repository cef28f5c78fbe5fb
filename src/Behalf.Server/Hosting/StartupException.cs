namespace Behalf.Server.Hosting;

/// <summary>The server cannot start; the message is one sentence with the next step, for the person at the console.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
