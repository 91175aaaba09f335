using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace TaskPipeline.AppHost.Tests.Aspire;

/// <summary>The model of a local run, without starting it. Values are looked at as a publication would write them, which needs no addresses.</summary>
public sealed class ModelTests
{
    private static readonly DistributedApplicationExecutionContext s_publish = new(DistributedApplicationOperation.Publish);
    private static readonly DistributedApplicationExecutionContext s_run = new(DistributedApplicationOperation.Run);

    [Fact]
    public async Task Model_Default_HasBrokersApiAndWorkers()
    {
        await using var builder = await CreateAsync();

        Assert.IsType<RabbitMQServerResource>(Find(builder, "rabbitmq"));
        Assert.IsType<RedisResource>(Find(builder, "redis"));
        Assert.IsType<ProjectResource>(Find(builder, "api"));
        Assert.IsType<ProjectResource>(Find(builder, "algorithm"));
        Assert.True(Assert.IsType<ParameterResource>(Find(builder, "callback-secret")).Secret);
    }

    [Fact]
    public async Task Model_WithConnectionStrings_HasNoContainer()
    {
        await using var builder = await CreateAsync("--ConnectionStrings:rabbitmq=amqp://localhost", "--ConnectionStrings:redis=localhost");

        Assert.Empty(builder.Resources.OfType<ContainerResource>());
        Assert.IsAssignableFrom<IResourceWithConnectionString>(Find(builder, "rabbitmq"));
        Assert.IsAssignableFrom<IResourceWithConnectionString>(Find(builder, "redis"));
    }

    [Fact]
    public async Task Environment_OfTheApi_HasBothBrokersAndTheSecret()
    {
        await using var builder = await CreateAsync("--shards", "4");

        var environment = await EnvironmentAsync(Find(builder, "api"));

        Assert.Equal("{rabbitmq.connectionString}", environment["ConnectionStrings__rabbitmq"]);
        Assert.Equal("{redis.connectionString}", environment["ConnectionStrings__redis"]);
        Assert.Equal("{callback-secret.value}", environment["Callbacks__Secret"]);
        Assert.Equal(("4", "4"), (environment["Storage__Shards"], environment["Publishing__QueuesPerLane"]));
    }

    [Fact]
    public async Task Environment_OfTheWorkers_FollowsTheOptionsAndLacksRedis()
    {
        await using var builder = await CreateAsync("--slots", "7", "--shards", "4", "--faults");

        var environment = await EnvironmentAsync(Find(builder, "algorithm"));

        Assert.Equal("{rabbitmq.connectionString}", environment["ConnectionStrings__rabbitmq"]);
        Assert.Equal("{api.bindings.http.url}", environment["services__api__http__0"]);
        Assert.Equal("https+http://api", environment["Callbacks__Address"]);
        Assert.Equal("{callback-secret.value}", environment["Callbacks__Secret"]);
        Assert.Equal("7", environment["Worker__Slots"]);
        Assert.Equal("4", environment["Consuming__QueuesPerLane"]);
        Assert.Equal("true", environment["NativeHosts__Faults"]);
        Assert.DoesNotContain("ConnectionStrings__redis", environment.Keys);
    }

    [Fact]
    public async Task Environment_OfTheBroker_LetsTasksRunForHours()
    {
        await using var builder = await CreateAsync();

        var environment = await EnvironmentAsync(Find(builder, "rabbitmq"));

        Assert.Equal("-rabbit consumer_timeout 172800000", environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]);
        Assert.Equal("rabbitmq@localhost", environment["RABBITMQ_NODENAME"]);
    }

    [Theory]
    [InlineData("api", "rabbitmq", "redis")]
    [InlineData("algorithm", "rabbitmq", "api")]
    public async Task Waits_OfAProject_AreForAllThatItNeeds(string name, params string[] needs)
    {
        await using var builder = await CreateAsync();

        var waits = Find(builder, name).Annotations.OfType<WaitAnnotation>().ToArray();

        Assert.Equal(needs, waits.Select(wait => wait.Resource.Name));
        Assert.All(waits, wait => Assert.Equal(WaitType.WaitUntilHealthy, wait.WaitType));
    }

    [Fact]
    public async Task Replicas_OfTheProjects_FollowTheOptions()
    {
        await using var builder = await CreateAsync("--workers", "5", "--apis", "3");

        Assert.Equal(5, Find(builder, "algorithm").Annotations.OfType<ReplicaAnnotation>().Last().Replicas);
        Assert.Equal(3, Find(builder, "api").Annotations.OfType<ReplicaAnnotation>().Last().Replicas);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("algorithm")]
    public async Task Health_OfAProject_IsAskedForBothWays(string name)
    {
        await using var builder = await CreateAsync();

        var keys = Find(builder, name).Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key).ToArray();

        Assert.Contains(keys, key => key.Contains("/health", StringComparison.Ordinal));
        Assert.Contains(keys, key => key.Contains("/alive", StringComparison.Ordinal));
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public async Task Redis_InARunAndPublished_IsAppendOnly()
    {
        await using var builder = await CreateAsync();
        await using var publishing = await CreateAsync("--operation", "publish");

        var run = await ArgumentsAsync(Find(builder, "redis"), s_run);
        var published = await ArgumentsAsync(Find(publishing, "redis"), s_publish);

        Assert.Equal(["--appendonly", "yes"], run[^2..]);
        Assert.Equal("-c", published[0]);
        Assert.EndsWith(" --appendonly yes", published[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_OfTheDashboard_AreThere()
    {
        await using var builder = await CreateAsync();

        Assert.Superset(new HashSet<string> { "submit-hello", "crash-task" }, CommandsOf(builder, "api"));
        Assert.Contains("drain", CommandsOf(builder, "algorithm"));
    }

    [Fact]
    public async Task Ingress_OfTheApi_IsExternalAndThatOfTheWorkersIsNot()
    {
        await using var builder = await CreateAsync("--port", "6123");

        Assert.All(EndpointsOf(builder, "api"), endpoint => Assert.True(endpoint.IsExternal));
        Assert.All(EndpointsOf(builder, "algorithm"), endpoint => Assert.False(endpoint.IsExternal));
        Assert.NotEmpty(EndpointsOf(builder, "api"));
        Assert.NotEmpty(EndpointsOf(builder, "algorithm"));
    }

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] arguments) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.TaskPipeline_AppHost>(arguments, CancellationToken.None);

    private static IResource Find(IDistributedApplicationTestingBuilder builder, string name) => builder.Resources.Single(resource => resource.Name == name);

    private static HashSet<string> CommandsOf(IDistributedApplicationTestingBuilder builder, string name) =>
        [.. Find(builder, name).Annotations.OfType<ResourceCommandAnnotation>().Select(command => command.Name)];

    private static EndpointAnnotation[] EndpointsOf(IDistributedApplicationTestingBuilder builder, string name) =>
        [.. Find(builder, name).Annotations.OfType<EndpointAnnotation>()];

    private static async Task<Dictionary<string, string>> EnvironmentAsync(IResource resource)
    {
        var configuration = await ExecutionConfigurationBuilder.Create(resource).WithEnvironmentVariablesConfig().BuildAsync(s_publish, NullLogger.Instance, CancellationToken.None);
        return configuration.EnvironmentVariables.ToDictionary();
    }

    private static async Task<string[]> ArgumentsAsync(IResource resource, DistributedApplicationExecutionContext context)
    {
        var configuration = await ExecutionConfigurationBuilder.Create(resource).WithArgumentsConfig().BuildAsync(context, NullLogger.Instance, CancellationToken.None);
        return [.. configuration.Arguments.Select(argument => argument.Value)];
    }
}
