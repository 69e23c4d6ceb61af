using Appliance.Sdk.Plugins;
using Appliance.Sdk.Scoring;
using Appliance.Training.Evaluation;
using Appliance.Training.Tasks;

namespace Appliance.Tests;

public sealed class ScoringTests
{
    [Fact]
    public void Summed_rows_of_spans_are_the_entity_f1_that_seqeval_gives()
    {
        var chance = new Random(4);
        string[] tags = ["O", "O", "B-a", "I-a", "B-b", "I-b"];
        string[][] Draw() => [.. Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 9).Select(_ => tags[chance.Next(tags.Length)]).ToArray())];
        var (truth, found) = (Draw(), Draw());
        IEnumerable<TextSpan> Spans(string[] row) => TagSequences.Entities(row).Select(e => new TextSpan(e.Start, e.End, e.Type));

        var rows = truth.Zip(found, (t, f) => RowScore.For(
            AnswerKind.Spans, new string('x', 9), TextSpans.Write(Spans(t)), [.. Spans(f).Select(s => new Prediction(s.Label, 1, null, s.Start, s.End))])).ToArray();

        (rows.Sum(r => r.Hits) / rows.Sum(r => r.Of)).Should().BeApproximately(TagSequences.Compare(truth, found).Micro.F1, 1e-12);
    }

    [Theory]
    [InlineData(4, 9, 1)] // the sea
    [InlineData(0, 9, 1)] // an article more does not count
    [InlineData(6, 9, 0)]
    [InlineData(null, null, 0)]
    public void One_span_is_scored_by_its_words_as_squad_does(int? start, int? end, double expected) => RowScore.For(
        AnswerKind.Span, "the great sea", "[[4,9]]", [new Prediction("", 1, null, start, end)]).Should().Be(new RowScore(expected, 1));

    [Theory]
    [InlineData("[]", null, 1)]
    [InlineData("[]", 3, 0)]
    public void Without_an_answer_only_silence_is_right(string label, int? end, double expected) => RowScore.For(
        AnswerKind.Span, "some words", label, [new Prediction("", 1, null, end is null ? null : 0, end)]).Hits.Should().Be(expected);

    [Theory]
    [InlineData("return a.b();", "return  a . b ( ) ;", 1)]
    [InlineData("", "x", 0)]
    [InlineData("a b c d", "a b x d", 0.75)]
    public void Texts_are_scored_by_the_edits_between_their_words(string found, string wanted, double expected) =>
        RowScore.Likeness(found, wanted).Should().BeApproximately(expected, 1e-12);

    [Fact]
    public void Overconfident_scores_are_brought_to_how_often_they_are_right()
    {
        var chance = new Random(6);
        // Right in 7 of 10, and the model says 0.97.
        (double Score, bool Right)[] answers = [.. Enumerable.Range(0, 4000).Select(_ => (0.95 + (0.04 * chance.NextDouble()), chance.NextDouble() < 0.7))];
        (double[], int)[] classes = [.. answers.Select(a => (new[] { a.Score, 1 - a.Score }, a.Right ? 0 : 1))];

        var single = Calibration.OfAnswers(answers);
        var shared = Calibration.OfClasses(classes);

        TaskOutput One(params double[] scores) => new([.. scores.Select(s => new Prediction("x", s))]);
        single.Apply(One(0.97), classes: false).Predictions[0].Score.Should().BeApproximately(0.7, 0.02);
        var fitted = shared.Apply(One(0.97, 0.03), classes: true).Predictions;
        fitted[0].Score.Should().BeApproximately(0.7, 0.02);
        fitted.Sum(p => p.Score).Should().BeApproximately(1, 1e-9);
        Calibration.OfAnswers([(0.9, true)]).Should().Be(Calibration.None, "nothing can be told apart");
    }

    [Fact]
    public void Below_the_threshold_answers_are_unsure_and_above_it_they_reach_what_was_asked_for()
    {
        (double Score, bool Right)[] answers = [.. Enumerable.Range(0, 1000).Select(k => (k / 1000.0, k % 1000 >= 500 || k % 2 == 0))];

        var threshold = Calibration.Threshold(answers, 0.9);

        answers.Where(a => a.Score >= threshold).Average(a => a.Right ? 1.0 : 0).Should().BeApproximately(0.9, 0.01);
        threshold.Should().BeInRange(0.3, 0.5);
        Calibration.Threshold([(0.9, false)], 0.5).Should().BeGreaterThan(1);
        (Calibration.None with { UnsureBelow = 0.5 }).Apply(new TaskOutput([new Prediction("a", 0.4), new Prediction("b", 0.3), new Prediction("c", 0.3)]), classes: true)
            .Predictions.Select(p => p.Unsure).Should().Equal(true, false, false);
    }

    [Theory]
    [InlineData("a == b", "a != b", "a != b", true)]
    [InlineData("a == b", "a == b", "a != b", false)] // copied: nearly alike, and nothing done
    [InlineData("a == b", "a == b", "a == b", true)]
    [InlineData("a == b", "a != b", "a == b", false)]
    [InlineData("one two three four", "uno due tre vier", "uno due tre quattro", true)]
    [InlineData("one two three four", "uno two three four", "uno due tre quattro", false)]
    public void A_text_is_judged_by_what_copying_would_leave_undone(string source, string answer, string label, bool right) =>
        JudgedAnswer.Of(AnswerKind.Text, source, label, [new Prediction("", 0.7, answer)]).Should().Equal(new JudgedAnswer(0.7, right, false));
}
