using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Stage;

/// <summary>
/// nginx twice: the upstream that says whose token it was given, and the reference proxy that puts one fixed credential on
/// every request.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly string _folder;
    private ServerProcess? _process;

    private Nginx(string folder, int port) => (_folder, Port) = (folder, port);

    public int Port { get; }

    public string Origin => $"http://127.0.0.1:{Port}";

    public ServerProcess Process => _process ?? throw new StageException("nginx was not started.");

    /// <value>Requests in which the token was another user's than the one asked for. Empty, or the run has failed.</value>
    public string Foreign => File.ReadAllText(Path.Combine(_folder, "foreign.log"));

    /// <param name="text">The length of the answer's text in bytes.</param>
    public static Task<Nginx> UpstreamAsync(string folder, int text) =>
        StartAsync(
            folder,
            port =>
                $$$"""
                      map $http_authorization $owner { default nobody; "~^Bearer bench[.](?<who>u[0-9]+)[.]" $who; }
                      map "$arg_asked:$owner" $foreign { default 1; "~^:" 0; "~^(?<same>u[0-9]+):\k<same>$" 0; }
                      server {
                        listen 127.0.0.1:{{{port}}} backlog=4096 reuseport;
                        keepalive_requests 1000000000;
                        default_type application/json;
                        access_log {{{folder}}}/foreign.log combined if=$foreign;
                        location = /requests { stub_status; access_log off; }
                        location ~ /users/me$ { return 200 '{"data":{"gid":"$owner","name":"$owner","email":"$owner@acme.example"}}'; }
                        location = /token { return 200 '{"access_token":"bench.u0.refreshed","refresh_token":"refresh.u0.next","token_type":"Bearer","expires_in":3600}'; }
                        location = /big { root {{{folder}}}; try_files /big.bin =404; }
                        location / {
                          if ($foreign) { return 409 '{"error":"not their token"}'; }
                          return 200 '{"data":{"owner":"$owner","text":"{{{new string('x', text)}}}"}}';
                        }
                      }
                    """
        );

    public static Task<Nginx> ProxyAsync(string folder, string upstream, string authorization) =>
        StartAsync(
            folder,
            port =>
                $$"""
                      upstream up { server {{new Uri(
                        upstream
                    ).Authority}}; keepalive 256; keepalive_requests 1000000000; }
                      server {
                        listen 127.0.0.1:{{port}} backlog=4096 reuseport;
                        keepalive_requests 1000000000;
                        access_log off;
                        location / {
                          proxy_pass http://up;
                          proxy_http_version 1.1;
                          proxy_set_header Connection "";
                          proxy_set_header Authorization "{{authorization}}";
                        }
                      }
                    """
        );

    /// <summary>The answer of <c>/big</c>, of that many bytes.</summary>
    public async Task WriteBigAsync(long bytes)
    {
        await using FileStream file = File.Create(Path.Combine(_folder, "big.bin"));
        byte[] portion = new byte[64 * 1024];
        for (long written = 0; written < bytes; written += portion.Length)
        {
            Random.Shared.NextBytes(portion);
            await file.WriteAsync(portion.AsMemory(0, (int)Math.Min(portion.Length, bytes - written)));
        }
    }

    public string BigFile => Path.Combine(_folder, "big.bin");

    /// <returns>How many requests it has answered.</returns>
    public async Task<long> RequestsAsync(HttpClient client)
    {
        string status = await client.GetStringAsync(new Uri($"{Origin}/requests"));
        string[] numbers = status.Split('\n')[2].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(numbers[2], System.Globalization.CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? default;

    private static async Task<Nginx> StartAsync(string folder, Func<int, string> servers)
    {
        Directory.CreateDirectory(folder);
        Nginx nginx = new(folder, Ports.Free());
        string file = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            file,
            $$"""
            worker_processes auto;
            worker_rlimit_nofile 20000;
            daemon off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log warn;
            events { worker_connections 8192; }
            http {
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              {{servers(nginx.Port)}}
            }
            """
        );
        nginx._process = ServerProcess.Start(
            Path.Combine(folder, "nginx.log"),
            new Dictionary<string, string>(StringComparer.Ordinal),
            "nginx",
            "-e",
            Path.Combine(folder, "error.log"),
            "-c",
            file
        );
        await nginx._process.ReadyAsync(new Uri($"{nginx.Origin}/users/me"));
        return nginx;
    }
}
