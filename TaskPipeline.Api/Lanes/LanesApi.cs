using Microsoft.Extensions.Options;
using TaskPipeline.Api.OpenApi;
using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Messages;

namespace TaskPipeline.Api.Lanes;

/// <summary>How long the lines are.</summary>
internal static class LanesApi
{
    /// <summary>Fuller workers make lines that grow fast with every task more.</summary>
    private const double FullestShare = 0.9;

    public static IEndpointRouteBuilder MapLanes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/lanes").WithTags("Lanes");
        group.MapGet("/", GetAsync).WithName("GetLanes").WithSummary("Lists how long the lines are").Produces<ListResponse<LaneResponse>>().ProducesProblems(503);
        group.MapGet("/scaling", GetScalingAsync).WithName("GetScaling").WithSummary("The predicted waits as numbers for a scaler").Produces<ScalingResponse>().ProducesProblems(503);
        return routes;
    }

    private static async Task<IResult> GetAsync(LaneBoard board, ILaneStore store, IOptions<LaneOptions> options, CancellationToken cancellationToken)
    {
        // The lines as they are; what is told about them rests on figures that are at most some seconds old.
        var lines = await store.GetLinesAsync(cancellationToken);
        var forecast = board.Forecast;
        var items = Enum.GetValues<Lane>().Select(lane =>
        {
            var line = lines.Lanes[(int)lane];
            var slots = lane is Lane.Urgent or Lane.Short ? forecast.Fleet.Slots : Math.Max(0, forecast.Fleet.Slots - forecast.Fleet.Reserved);
            return new LaneResponse(
                Topology.LaneName(lane),
                line.Depth,
                line.Running,
                Round(forecast.Told(lane, line.Depth)),
                options.Value.Quantile,
                slots,
                Round(forecast.Fleet.Load.Of(lane))!.Value,
                line.OldestSince is { } since ? Round(Math.Max(0, (lines.Now - since).TotalSeconds)) : null,
                options.Value.Of(lane).MaxWait.TotalSeconds);
        });
        return TypedResults.Json(new ListResponse<LaneResponse>([.. items], NextCursor: null), ApiJsonContext.Default.ListResponseLaneResponse);
    }

    private static async Task<IResult> GetScalingAsync(
        LaneBoard board, ILaneStore store, IWorkerRegistry workers, IOptions<LaneOptions> options, CancellationToken cancellationToken)
    {
        var lines = await store.GetLinesAsync(cancellationToken);
        var alive = await workers.GetWorkersAsync(cancellationToken);
        var lanes = Enum.GetValues<Lane>();
        var waits = lanes.ToDictionary(Topology.LaneName, lane => Wait(board.Forecast, lane, lines.Lanes[(int)lane].Depth, options.Value));
        var response = new ScalingResponse(
            waits,
            lanes.Where(lane => lane != Lane.Background).Max(lane => waits[Topology.LaneName(lane)]),
            lanes.ToDictionary(Topology.LaneName, lane => lines.Lanes[(int)lane].Depth),
            alive.Count,
            WorkersFor(Math.Max(board.Forecast.Fleet.Load.All, lines.Lanes.Sum(lane => lane.Running)), alive),
            [.. alive.Where(worker => worker.Busy == 0 && worker.Waiting.Sum() == 0).Select(worker => worker.Id)]);
        return TypedResults.Json(response, ApiJsonContext.Default.ScalingResponse);
    }

    /// <summary>By the slots that a worker has on average; without one, as many as there are: none.</summary>
    private static int WorkersFor(double busySlots, IReadOnlyList<WorkerRecord> alive) =>
        alive.Count == 0 ? 0 : (int)Math.Ceiling(busySlots / (FullestShare * alive.Average(worker => worker.Slots)));

    /// <summary>A number for a scaler: an empty line has no wait, whatever a task that came now would be told.</summary>
    private static double Wait(LaneForecast forecast, Lane lane, long depth, LaneOptions options) => depth == 0
        ? 0
        : Round(forecast.Told(lane, depth)) ?? options.Of(lane).MaxWait.TotalSeconds;

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 3) : null;
}
