using TaskPipeline.Api.Storage;
using TaskPipeline.Contracts;
using TaskPipeline.Contracts.Callbacks;

namespace TaskPipeline.Api.Lanes;

/// <summary>Chooses the lane of a task and its place there. Thread safe.</summary>
internal sealed class LaneChooser(RunTimePredictor predictor, LaneAdmission admission, LaneBoard board)
{
    /// <summary>Chooses; asks the store only the first time that runs of a class are predicted here.</summary>
    public async Task<LaneChoice> ChooseAsync(
        TaskPriority priority, AlgorithmDescription algorithm, ReadOnlyMemory<byte> input, string client, double? maxWaitSeconds, CancellationToken cancellationToken)
    {
        var prediction = await predictor.PredictAsync(priority, algorithm, input, cancellationToken);
        return new LaneChoice(
            prediction.Lane, prediction.RunClass, admission.PlaceFor(prediction, client, maxWaitSeconds), admission.Expected(prediction.Lane));
    }

    /// <summary>The task was taken in.</summary>
    public void Queued(Lane lane) => board.Queued(lane);
}

/// <summary>The lane of a task.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="RunClass">Which runs it is like.</param>
/// <param name="Place">What it may claim there.</param>
/// <param name="ExpectedWaitSeconds">The wait that its place is expected to mean; null when not known.</param>
internal sealed record LaneChoice(Lane Lane, string RunClass, LanePlace Place, double? ExpectedWaitSeconds);
