var builder = DistributedApplication.CreateBuilder(args);

var secret = builder.AddParameter("callback-secret", secret: true);
var slots = builder.Configuration["slots"] ?? "2";
var workers = int.Parse(builder.Configuration["workers"] ?? "2", System.Globalization.CultureInfo.InvariantCulture);

// A configured connection string stands for a server that already runs.
IResourceBuilder<IResourceWithConnectionString> rabbitmq = builder.Configuration.GetSection("ConnectionStrings:rabbitmq").Value is not null
    ? builder.AddConnectionString("rabbitmq")
    : builder.AddRabbitMQ("rabbitmq").WithManagementPlugin().WithDataVolume();
IResourceBuilder<IResourceWithConnectionString> redis = builder.Configuration.GetSection("ConnectionStrings:redis").Value is not null
    ? builder.AddConnectionString("redis")
    : builder.AddRedis("redis").WithDataVolume().WithArgs(context =>
    {
        // Append-only instead of snapshots, which lose what came after the last one. Published, Redis starts through a shell.
        if (context.Args is ["-c", string command, ..])
        {
            context.Args[1] = command + " --appendonly yes";
        }
        else
        {
            context.Args.Add("--appendonly");
            context.Args.Add("yes");
        }
    });

var api = builder.AddProject<Projects.TaskPipeline_Api>("api")
    .WithReference(rabbitmq).WaitFor(rabbitmq)
    .WithReference(redis).WaitFor(redis)
    .WithEnvironment("Callbacks__Secret", secret)
    .WithHttpHealthCheck("/health")
    .WithExternalHttpEndpoints();

builder.AddProject<Projects.TaskPipeline_Algorithm>("algorithm")
    .WithReference(rabbitmq).WaitFor(rabbitmq)
    .WithReference(api).WaitFor(api)
    .WithEnvironment("Callbacks__Secret", secret)
    .WithEnvironment("Worker__Slots", slots)
    .WithReplicas(workers);

builder.Build().Run();
