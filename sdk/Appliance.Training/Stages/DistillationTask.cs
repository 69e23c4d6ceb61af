using Appliance.Models.Parts;
using Appliance.Sdk.Recipes;
using Appliance.Training.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>A small classifier learns a large one's doubts: soft targets beside the labels, and the last vector where asked.</summary>
/// <remarks>b = batch, h = feature size. Teacher and student read the text with their own tokenizers.</remarks>
public sealed class DistillationTask : ITrainableTask
{
    private readonly Recipe _recipe;
    private readonly TextClassifier _student;
    private readonly TextClassifier _teacher;
    private readonly Dictionary<Item, Item> _asTaught = new(ReferenceEqualityComparer.Instance);

    /// <exception cref="InvalidDataException">They know different labels.</exception>
    public DistillationTask(Recipe recipe, TextClassifier student, TextClassifier teacher)
    {
        (_recipe, _student, _teacher) = (recipe, student, teacher);
        if (!student.Labels.SequenceEqual(teacher.Labels))
        {
            throw new InvalidDataException($"Teacher and student know different labels: {string.Join(", ", teacher.Labels)} and {string.Join(", ", student.Labels)}.");
        }
        foreach (var parameter in teacher.Module.parameters())
        {
            parameter.requires_grad = false;
        }
    }

    public nn.Module Module => _student.Module;

    public string Precision => _student.Precision;

    public IEnumerable<(string Name, Projection Projection)> AdapterTargets => _student.AdapterTargets;

    public bool IsHead(string parameterName) => _student.IsHead(parameterName);

    public void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held) => _student.Begin(train, held);

    public double Units(IReadOnlyList<Item> batch) => _student.Units(batch);

    /// <summary>An example for the student, with the teacher's view of it kept beside.</summary>
    public Item Encode(Sdk.Plugins.Example example)
    {
        var item = _student.Encode(example);
        _asTaught[item] = _teacher.Encode(example);
        return item;
    }

    public Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var options = _recipe.Preference;
        IReadOnlyList<Item> taught = [.. batch.Select(i => _asTaught[i])];
        Tensor wanted, vector;
        using (no_grad())
        {
            _teacher.Module.eval();
            (wanted, vector) = (_teacher.Logits(taught), options.HiddenWeight > 0 ? _teacher.Features(taught) : zeros([1]));
        }
        var (logits, own) = _student.Learning(batch, context, features: options.HiddenWeight > 0);
        var loss = _student.Loss(logits, batch) * (1 - options.TeacherShare);
        loss = loss + (PreferenceLosses.SoftTargets(logits, wanted, options.Temperature) * options.TeacherShare);
        if (own is null)
        {
            return loss;
        }
        return own.shape[1] == vector.shape[1]
            ? loss + (nn.functional.mse_loss(own, vector) * options.HiddenWeight)
            : throw new InvalidDataException($"preference.hidden_weight needs vectors of one size; the teacher's have {vector.shape[1]} numbers, the student's {own.shape[1]}. Set it to 0.");
    }

    public void AfterBackward() => _student.AfterBackward();

    public Scores Evaluate(IReadOnlyList<Item> items) => _student.Evaluate(items);

    public void Dispose()
    {
        _student.Dispose();
        _teacher.Dispose();
    }
}
