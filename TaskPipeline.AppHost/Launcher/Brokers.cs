using System.Diagnostics;
using System.Globalization;

namespace TaskPipeline.AppHost.Launcher;

/// <summary>How a private RabbitMQ and a private Redis are started. Reasons for each setting stand beside it.</summary>
internal static class Brokers
{
    /// <summary>Not the one in /usr/sbin, which changes the user.</summary>
    private const string RabbitMqServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    /// <summary>Says what is missing before anything is started.</summary>
    /// <exception cref="LaunchException">A server is not installed.</exception>
    public static void RequireInstalled()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!File.Exists(RabbitMqServer) || !path.Any(folder => File.Exists(Path.Combine(folder, "redis-server"))))
        {
            throw new LaunchException("rabbitmq-server and redis-server are needed: ./run.sh installs them, or apt-get install rabbitmq-server redis-server");
        }
    }

    public static ProcessStartInfo Epmd(int port) => Start("epmd", "-port", Text(port), "-address", "127.0.0.1");

    public static ProcessStartInfo RabbitMq(DataFolder data, int port, int managementPort, int distributionPort, int epmdPort)
    {
        var home = data.Sub("rabbitmq");
        var cookie = Path.Combine(home, ".erlang.cookie");
        if (!File.Exists(cookie) && !OperatingSystem.IsWindows())
        {
            File.WriteAllText(cookie, Guid.NewGuid().ToString("N"));
            File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        }

        var configuration = Path.Combine(home, "rabbitmq.conf");

        // Tasks may run for hours before they are acknowledged: 48 h instead of the broker's 30 minutes.
        File.WriteAllText(configuration, $"""
            management.tcp.ip = 127.0.0.1
            management.tcp.port = {managementPort}
            consumer_timeout = 172800000
            log.console = true
            log.console.level = warning
            log.file = false

            """);
        var plugins = Path.Combine(home, "enabled_plugins");
        File.WriteAllText(plugins, "[rabbitmq_management].\n");

        var start = Start(RabbitMqServer);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("RABBITMQ_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = home;
        start.Environment["RABBITMQ_NODENAME"] = "taskpipeline@localhost";
        start.Environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_NODE_PORT"] = Text(port);
        start.Environment["RABBITMQ_DIST_PORT"] = Text(distributionPort);
        start.Environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(home, "mnesia");
        start.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(home, "log");
        start.Environment["RABBITMQ_PID_FILE"] = Path.Combine(home, "pid");
        start.Environment["RABBITMQ_CONFIG_FILE"] = configuration;
        start.Environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins;
        start.Environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null";
        start.Environment["ERL_EPMD_PORT"] = Text(epmdPort);
        start.Environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";

        // Schedulers that spin while idle would take the processors from native code.
        start.Environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none";
        return start;
    }

    /// <summary>Append-only: what was acknowledged survives the end of the process.</summary>
    public static ProcessStartInfo Redis(DataFolder data, int port, string folder = "redis") => Start(
        "redis-server", "--port", Text(port), "--bind", "127.0.0.1", "--dir", data.Sub(folder), "--appendonly", "yes", "--appendfsync", "everysec",
        "--save", "", "--loglevel", "warning");

    private static ProcessStartInfo Start(string file, params string[] arguments) => new(file, arguments);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
