using Appliance.Sdk.Recipes;

namespace Appliance.Domain.Jobs;

/// <summary>What a recipe may ask for and the service does not do yet; said before anything is queued.</summary>
internal static class ServiceLimits
{
    internal static IEnumerable<string> Of(Recipe recipe)
    {
        if (recipe.Stage != TrainingStage.Task)
        {
            yield return $"stage: the service teaches labelled tasks; for {recipe.Stage.ToString().ToLowerInvariant()} use: appliance train RECIPE --data DIR";
        }
        if (recipe.Method is TrainingMethod.Prefix or TrainingMethod.Prompt)
        {
            yield return $"method: {recipe.Method.ToString().ToLowerInvariant()} has no place in the models that the service teaches; use adapter, lora or ia3";
        }
        if (recipe.Search is not null)
        {
            yield return "search: the service runs one setting; search with appliance train RECIPE --data DIR, then submit the best";
        }
        if (recipe.Forgetting == ForgettingGuard.Replay)
        {
            yield return "forgetting: the service has no old examples to replay; use ewc";
        }
    }
}
