using System.Reflection;
using System.Text.Json;
using Microsoft.OpenApi;

namespace TaskPipeline.Api.OpenApi;

/// <summary>Says which members may be null where the generator does not see it: it asks what may be written, and a member without a setter has no answer.</summary>
internal static class Nullability
{
    /// <summary>Corrects the members of a type in the finished document.</summary>
    public static void Correct(OpenApiDocument document, Type type)
    {
        if (document.Components?.Schemas is not { } schemas || !schemas.TryGetValue(type.Name, out var schema) || schema.Properties is not { } members)
        {
            throw new InvalidOperationException($"The description has no {type.Name}");
        }

        var context = new NullabilityInfoContext();
        foreach (var property in type.GetProperties().Where(property => Carried(property.PropertyType) != typeof(ReadOnlyMemory<byte>)))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            members[name] = Correct(members[name], context.Create(property).ReadState == NullabilityState.Nullable);
        }
    }

    /// <summary>Without the question mark of a value type. JSON that is passed on may be anything, null included.</summary>
    private static Type Carried(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static IOpenApiSchema Correct(IOpenApiSchema schema, bool nullable)
    {
        switch (schema)
        {
            case OpenApiSchema inline:
                inline.Type = nullable ? inline.Type | JsonSchemaType.Null : inline.Type & ~JsonSchemaType.Null;
                return inline;
            case OpenApiSchemaReference reference when nullable:
                return new OpenApiSchema { Description = reference.Reference.Description, OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, reference] };
            default:
                return schema;
        }
    }
}
