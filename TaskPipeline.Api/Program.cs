using Scalar.AspNetCore;
using TaskPipeline.Api.Callbacks;
using TaskPipeline.Api.Console;
using TaskPipeline.Api.Diagnostics;
using TaskPipeline.Api.Draining;
using TaskPipeline.Api.Events;
using TaskPipeline.Api.Lanes;
using TaskPipeline.Api.OpenApi;
using TaskPipeline.Api.Problems;
using TaskPipeline.Api.Publishing;
using TaskPipeline.Api.Storage;
using TaskPipeline.Api.Tasks;
using TaskPipeline.Api.Timers;
using TaskPipeline.Api.Workers;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddTaskStorage();
builder.AddTaskEvents();
builder.AddPublishing();
builder.AddTasks();
builder.AddLanes();
builder.AddCallbacks();
builder.AddTaskTimers();
builder.AddDiagnostics();
builder.AddProblems();
builder.AddDraining();
builder.AddApiDescription();
builder.WebHost.ConfigureKestrel(options =>
{
    options.AddServerHeader = false;
    options.Limits.MaxRequestBodySize = null; // Counted by RequestBody, which says why.
});

var app = builder.Build();
app.UseProblems();
app.UseCallbackAuthentication();
app.MapDefaultEndpoints();
app.MapTasks();
app.MapTaskEvents();
app.MapWorkers();
app.MapLanes();
app.MapCallbacks();
app.MapOpenApi("/openapi/v1.json");
app.MapScalarApiReference();
app.MapConsole();
return app.RunService();
