using TaskPipeline.Chaos;

try
{
    var report = await new ChaosRun(ChaosOptions.Parse(args), Console.WriteLine).RunAsync();
    Console.Write(report);
    return report.IsClean ? 0 : 1;
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine($"{exception.Message}{Environment.NewLine}{ChaosOptions.Usage}");
    return 2;
}
