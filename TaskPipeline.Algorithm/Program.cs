using TaskPipeline.Algorithm;
using TaskPipeline.Algorithm.Callbacks;
using TaskPipeline.Algorithm.Consuming;
using TaskPipeline.Algorithm.NativeHosts;
using TaskPipeline.Algorithm.Scheduling;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddNativeHosts();
builder.AddScheduling();
builder.AddCallbacks();
builder.AddConsuming();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapDrain();
return app.RunService();
