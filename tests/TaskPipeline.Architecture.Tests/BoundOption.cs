using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace TaskPipeline.Architecture.Tests;

/// <summary>One option as configuration names it, with what its class says about it, spelled as docs/operations.md does.</summary>
/// <param name="Name">Section and property, such as <c>Lanes:Short:MaxWait</c>.</param>
/// <param name="Default">The value of a new instance; null when a machine or another option decides it.</param>
/// <param name="Range">What its attributes allow; null when they say nothing.</param>
internal sealed record BoundOption(string Name, string? Default, string? Range)
{
    /// <summary>Whose default is made at start. The page says how in words.</summary>
    private static readonly string[] s_madeAtStart =
    [
        "Worker:Slots", "Scheduling:MaxExtraProcesses", "NativeHosts:HostPath", "NativeHosts:GuardPath", "NativeHosts:Libraries", "NativeHosts:WorkDirectory",
    ];

    /// <summary>Every option of an assembly: classes with a constant <c>SectionName</c>.</summary>
    public static IEnumerable<BoundOption> Of(Assembly assembly) =>
        from type in assembly.GetTypes()
        let section = type.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)
        where section is { IsLiteral: true }
        from option in Of((string)section.GetRawConstantValue()!, Activator.CreateInstance(type)!)
        select option;

    /// <summary>The options below a section, those of nested objects included.</summary>
    public static IEnumerable<BoundOption> Of(string section, object values)
    {
        foreach (var property in values.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var (name, value) = ($"{section}:{property.Name}", property.GetValue(values));
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (typeof(IEnumerable).IsAssignableFrom(type) || type.IsValueType)
            {
                yield return new BoundOption(name, s_madeAtStart.Contains(name) ? null : Text(property, value), RangeOf(property));
            }
            else
            {
                foreach (var option in Of(name, value!))
                {
                    yield return option;
                }
            }
        }
    }

    private static string Text(PropertyInfo property, object? value) => value switch
    {
        null => "none",
        "" => property.GetCustomAttribute<RequiredAttribute>() is null ? "none" : "required",
        string text => $"`{text}`",
        IEnumerable => "none",
        bool flag => flag ? "`true`" : "`false`",
        _ => $"`{Plain(value)}`",
    };

    private static string? RangeOf(PropertyInfo property) =>
        property.GetCustomAttribute<RangeAttribute>() is { } range ? RangeOf(range)
        : property.GetCustomAttribute<PowerOfTwoAttribute>() is { } power ? $"a power of two, at most {power.Most}"
        : property.GetCustomAttribute<MinLengthAttribute>() is { } text ? $"{text.Length} characters or more"
        : null;

    private static string RangeOf(RangeAttribute range)
    {
        var (least, most) = (Plain(Operand(range, range.Minimum)), Operand(range, range.Maximum));
        return most is int.MaxValue or long.MaxValue or (double)long.MaxValue ? $"at least {least}" : $"{least} to {Plain(most)}";
    }

    private static object Operand(RangeAttribute range, object operand) =>
        range.OperandType == typeof(TimeSpan) ? TimeSpan.Parse((string)operand, CultureInfo.InvariantCulture) : operand;

    /// <summary>As configuration reads it, without what says nothing.</summary>
    private static string Plain(object value) => value switch
    {
        TimeSpan { Ticks: var ticks } time when ticks % TimeSpan.TicksPerSecond != 0 => time.ToString("c", CultureInfo.InvariantCulture).TrimEnd('0'),
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
