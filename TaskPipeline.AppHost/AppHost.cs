using TaskPipeline.AppHost.Topology;

var builder = DistributedApplication.CreateBuilder(RunSettings.Normalize(args));
var settings = RunSettings.Read(builder.Configuration, builder.ExecutionContext.IsPublishMode);
var target = builder.AddDeploymentTarget();

// What API and workers share: made once, kept in the user secrets; Parameters:callback-secret overrides it.
var secret = builder.AddParameter("callback-secret", new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);

// A configured connection string stands for a server that already runs: then no container is started for it.
IResourceBuilder<IResourceWithConnectionString> rabbitmq = builder.HasConnectionString("rabbitmq")
    ? builder.AddConnectionString("rabbitmq")
    : builder.AddRabbitMQ("rabbitmq").WithManagementPlugin().WithDataVolume().WithTasksOfHours();

IResourceBuilder<IResourceWithConnectionString> redis = builder.HasConnectionString("redis")
    ? builder.AddConnectionString("redis")
    : builder.AddRedis("redis").WithDataVolume().WithAppendOnly();

var api = builder.AddProject<Projects.TaskPipeline_Api>("api")
    .WithReference(rabbitmq).WaitFor(rabbitmq)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("Callbacks__Secret", secret)
    .WithEnvironment("Storage__Shards", settings.Shards)
    .WithEnvironment("Publishing__QueuesPerLane", settings.Shards)
    .WithEnvironment("Tasks__LongAfterSeconds", settings.LongAfterSeconds)
    .WithHttpEndpoint(target is DeploymentTarget.Azure ? null : settings.Port)
    .WithExternalHttpEndpoints()
    .WithProbes()
    .WithReplicas(settings.Apis)
    .WithUrlForEndpoint("http", url => url.DisplayText = "Console")
    .WithUrlForEndpoint("http", _ => new() { Url = "/scalar", DisplayText = "API reference" })
    .WithTaskCommand("submit-hello", "Submit hello", "hello")
    .WithTaskCommand("crash-task", "Crash a task", "fault.segfault", enabled: settings.Faults)
    .PublishTo(target);

builder.AddProject<Projects.TaskPipeline_Algorithm>("algorithm")
    .WithReference(rabbitmq).WaitFor(rabbitmq)
    .WithReference(api).WaitFor(api)
    .WithEnvironment("Callbacks__Address", "https+http://api")
    .WithEnvironment("Callbacks__Secret", secret)
    .WithEnvironment("Worker__Slots", settings.Slots)
    .WithEnvironment("Consuming__QueuesPerLane", settings.Shards)
    .WithEnvironment("NativeHosts__Faults", settings.Faults ? "true" : "false")
    .WithHttpEndpoint()
    .WithProbes()
    .WithReplicas(settings.Workers)
    .WithDrainCommand(secret)
    .PublishWithNativeCode()
    .PublishWorkersTo(target, settings, api);

builder.Build().Run();
