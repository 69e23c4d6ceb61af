using System.Text.Json;
using Appliance.Sdk.Scoring;
using Appliance.Training.Evaluation;

namespace Appliance.Tests;

/// <summary>Metrics against the reference's own numbers.</summary>
public sealed class MetricGoldenTests
{
    private const double Exact = 1e-9;

    private static JsonElement Open(string name)
    {
        var path = Fixtures.At("metrics", name + ".json");
        Skip.IfNot(File.Exists(path), $"no {name} in this folder");
        return Fixtures.Json(path);
    }

    [SkippableFact]
    public void Entities_are_scored_as_seqeval_scores_them()
    {
        foreach (var c in Open("seqeval").GetProperty("cases").EnumerateArray())
        {
            var scheme = c.GetProperty("scheme").GetString() switch { "IOB2" => TagScheme.Iob2, "IOBES" => TagScheme.Iobes, _ => TagScheme.Lenient };
            var report = TagSequences.Compare(Tags(c, "y_true"), Tags(c, "y_pred"), scheme);
            var name = c.GetProperty("name").GetString();
            foreach (var (suffix, score) in new[] { ("micro", report.Micro), ("macro", report.Macro), ("weighted", report.Weighted) })
            {
                Same(c, "f1_" + suffix, score.F1, name);
                Same(c, "precision_" + suffix, score.Precision, name);
                Same(c, "recall_" + suffix, score.Recall, name);
            }
            Same(c, "accuracy", report.TokenAccuracy, name);
            foreach (var type in c.GetProperty("report").EnumerateObject().Where(t => !t.Name.EndsWith(" avg")))
            {
                Same(type.Value, "f1-score", report.Types[type.Name].F1, name);
                report.Types[type.Name].Support.Should().Be(type.Value.GetProperty("support").GetInt32());
            }
        }
    }

    [SkippableFact]
    public void Answers_are_scored_as_the_official_scripts_score_them()
    {
        var json = Open("squad");
        foreach (var c in json.GetProperty("cases").EnumerateArray())
        {
            var (prediction, answers) = (c.GetProperty("prediction").GetString()!, Texts(c.GetProperty("answers")));
            SquadScores.Normalise(prediction).Should().Be(c.GetProperty("normalized_prediction").GetString());
            SquadScores.ExactMatch(prediction, answers).Should().Be(c.GetProperty("exact_match").GetBoolean(), prediction);
            Same(c, "f1", SquadScores.F1(prediction, answers), prediction);
            Same(c, "f1_v2", SquadScores.F1(prediction, answers, emptyAgree: true), prediction);
        }
        var expected = json.GetProperty("v2").GetProperty("expected");
        var report = SquadReport.Of([.. json.GetProperty("v2").GetProperty("items").EnumerateArray().Select(i => new SquadPrediction(
            i.GetProperty("prediction").GetString()!, Texts(i.GetProperty("answers")), i.GetProperty("no_answer_probability").GetDouble()))]);
        Same(expected, "exact", report.Exact);
        Same(expected, "f1", report.F1);
        Same(expected, "HasAns_exact", report.HasAnswerExact!.Value);
        Same(expected, "HasAns_f1", report.HasAnswerF1!.Value);
        Same(expected, "NoAns_exact", report.NoAnswerExact!.Value);
        Same(expected, "NoAns_f1", report.NoAnswerF1!.Value);
        Same(expected, "best_exact", report.BestExact);
        Same(expected, "best_exact_thresh", report.BestExactThreshold);
        Same(expected, "best_f1", report.BestF1);
        Same(expected, "best_f1_thresh", report.BestF1Threshold);
    }

    [SkippableFact]
    public void Classes_probabilities_numbers_and_ranks_are_scored_as_scikit_learn_scores_them()
    {
        var json = Open("classification");
        foreach (var c in json.GetProperty("cases").EnumerateArray())
        {
            var name = c.GetProperty("name").GetString();
            var labels = Numbers(c.GetProperty("labels")).Select(l => (int)l).ToArray();
            int[] Classes(string field) => [.. Numbers(c.GetProperty(field)).Select(l => Array.IndexOf(labels, (int)l))];
            var (truth, metrics) = (Classes("y_true"), new ClassMetrics(Classes("y_true"), Classes("y_pred"), labels.Length));
            Same(c, "accuracy", metrics.Accuracy, name);
            Same(c, "balanced_accuracy", metrics.BalancedAccuracy, name);
            Same(c, "mcc", metrics.Matthews, name);
            Same(c, "cohen_kappa", metrics.Kappa, name);
            foreach (var (suffix, score) in new[] { ("micro", metrics.Micro), ("macro", metrics.Macro), ("weighted", metrics.Weighted) })
            {
                Same(c, "f1_" + suffix, score.F1, name);
                Same(c, "precision_" + suffix, score.Precision, name);
                Same(c, "recall_" + suffix, score.Recall, name);
            }
            if (c.TryGetProperty("probabilities", out var p))
            {
                double[][] probabilities = [.. p.EnumerateArray().Select(Numbers)];
                bool[] positive = [.. truth.Select(t => t == 1)];
                double[] second = [.. probabilities.Select(r => r.Length > 1 ? r[1] : r[0])];
                Same(c, "log_loss", ScoreMetrics.LogLoss(truth, probabilities), name);
                Same(c, "roc_auc", ScoreMetrics.RocAuc(positive, second), name);
                Same(c, "average_precision", ScoreMetrics.AveragePrecision(positive, second), name);
                Same(c, "brier", ScoreMetrics.Brier(positive, second), name);
                Same(c, "top2_accuracy", ScoreMetrics.TopK(truth, probabilities, 2), name);
                Same(c, "roc_auc_ovr_macro", ScoreMetrics.RocAucMacro(truth, probabilities, pairs: false), name);
                Same(c, "roc_auc_ovo_macro", ScoreMetrics.RocAucMacro(truth, probabilities, pairs: true), name);
            }
        }
        foreach (var c in json.GetProperty("regression").EnumerateArray())
        {
            var (truth, predicted) = (Numbers(c.GetProperty("y_true")), Numbers(c.GetProperty("y_pred")));
            Same(c, "mse", RegressionMetrics.MeanSquared(truth, predicted));
            Same(c, "mae", RegressionMetrics.MeanAbsolute(truth, predicted));
            Same(c, "r2", RegressionMetrics.R2(truth, predicted));
            Same(c, "pearson", RegressionMetrics.Pearson(truth, predicted));
            Same(c, "spearman", RegressionMetrics.Spearman(truth, predicted));
        }
        var many = json.GetProperty("multilabel");
        bool[][] real = [.. many.GetProperty("y_true").EnumerateArray().Select(r => Numbers(r).Select(v => v > 0).ToArray())];
        double[][] scores = [.. many.GetProperty("scores").EnumerateArray().Select(Numbers)];
        bool[][] found = [.. scores.Select(r => r.Select(v => v >= many.GetProperty("threshold").GetDouble()).ToArray())];
        Same(many, "f1_micro", MultiLabelMetrics.Micro(real, found).F1);
        Same(many, "f1_macro", MultiLabelMetrics.PerLabel(real, found).Average(l => l.F1));
        Same(many, "f1_samples", MultiLabelMetrics.SamplesF1(real, found));
        Same(many, "subset_accuracy", MultiLabelMetrics.SubsetAccuracy(real, found));
        Same(many, "hamming_loss", MultiLabelMetrics.HammingLoss(real, found));
        Same(many, "lrap", ScoreMetrics.LabelRanking(real, scores));
        var ranking = json.GetProperty("ranking");
        double[][] Rows(string field) => [.. ranking.GetProperty(field).EnumerateArray().Select(Numbers)];
        Same(ranking, "ndcg", ScoreMetrics.Ndcg(Rows("relevance"), Rows("scores")));
        Same(ranking, "ndcg_at_5", ScoreMetrics.Ndcg(Rows("relevance"), Rows("scores"), 5));
    }

    [SkippableFact]
    public void Written_texts_are_scored_as_sacrebleu_and_rouge_score_them()
    {
        var json = Open("generation");
        foreach (var c in json.GetProperty("cases").EnumerateArray())
        {
            var (text, references) = (c.GetProperty("hypothesis").GetString()!, Texts(c.GetProperty("references")));
            string[][] streams = [.. references.Select(r => new[] { r })];
            var bleu = Bleu.OfSentence(text, references);
            Same(c, "sentence_bleu", bleu.Score, text);
            Same(c, "bleu_bp", bleu.BrevityPenalty, text);
            bleu.Precisions.Zip(Numbers(c.GetProperty("bleu_precisions"))).Should().OnlyContain(p => Math.Abs(p.First - p.Second) < 1e-9);
            Same(c, "chrf", Chrf.Of([text], streams), text);
            Same(c, "chrf++", Chrf.Of([text], streams, 2), text);
            Same(c, "ter", Ter.Of([text], streams), text);
            var rouge = c.GetProperty("rouge_vs_first_reference_no_stemmer");
            foreach (var (name, found) in new[] { ("rouge1", Rouge.Of(text, references[0], 1)), ("rouge2", Rouge.Of(text, references[0], 2)), ("rougeL", Rouge.Longest(text, references[0])) })
            {
                Same(rouge.GetProperty(name), "precision", found.Precision, text);
                Same(rouge.GetProperty(name), "recall", found.Recall, text);
                Same(rouge.GetProperty(name), "f", found.F1, text);
            }
        }
        var corpus = json.GetProperty("corpus");
        var hypotheses = Texts(corpus.GetProperty("hypotheses"));
        string[][] all = [.. corpus.GetProperty("reference_streams").EnumerateArray().Select(Texts)];
        Same(corpus, "bleu_13a", Bleu.Of(hypotheses, all).Score);
        Same(corpus, "bleu_13a_lowercase", Bleu.Of(hypotheses, all, lowerCase: true).Score);
        Same(corpus, "bleu_none", Bleu.Of(hypotheses, all, BleuTokens.None).Score);
        Same(corpus, "bleu_intl", Bleu.Of(hypotheses, all, BleuTokens.International).Score);
        Same(corpus, "chrf", Chrf.Of(hypotheses, all));
        Same(corpus, "ter", Ter.Of(hypotheses, all));
    }

    // null stands for the reference's NaN; a field that a case lacks is not asked.
    private static void Same(JsonElement json, string field, double found, string? of = null)
    {
        if (!json.TryGetProperty(field, out var expected))
        {
            return;
        }
        if (expected.ValueKind == JsonValueKind.Null)
        {
            double.IsNaN(found).Should().BeTrue("{0} of {1}", field, of);
            return;
        }
        found.Should().BeApproximately(expected.GetDouble(), Exact * Math.Max(1, Math.Abs(expected.GetDouble())), "{0} of {1}", field, of);
    }

    private static double[] Numbers(JsonElement json) => [.. json.EnumerateArray().Select(v => v.GetDouble())];

    private static string[] Texts(JsonElement json) => [.. json.EnumerateArray().Select(v => v.GetString()!)];

    private static string[][] Tags(JsonElement json, string field) => [.. json.GetProperty(field).EnumerateArray().Select(Texts)];
}
