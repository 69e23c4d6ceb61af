using Appliance.Domain.Jobs;
using Appliance.Domain.Models;
using Appliance.Domain.Retraining;
using Appliance.Sdk.Scoring;

namespace Appliance.Tests.Models;

public sealed class GateTests
{
    private static RowScore[] Right(int of, int right) => [.. Enumerable.Range(0, of).Select(k => new RowScore(k < right ? 1 : 0, 1))];

    [Fact]
    public void A_candidate_that_beats_guessing_passes_and_one_that_does_not_fails()
    {
        PromotionGate.Judge(Right(100, 90), null, Right(100, 40), "majority-baseline").Result.Should().Be(GateResult.Pass);
        PromotionGate.Judge(Right(100, 40), null, Right(100, 40), "majority-baseline").Result.Should().Be(GateResult.Fail);
    }

    [Fact]
    public void Worse_than_the_incumbent_fails_and_too_few_rows_are_undecided_with_the_number_that_would_do()
    {
        PromotionGate.Judge(Right(200, 120), Right(200, 180), Right(200, 60), "m/v1").Result.Should().Be(GateResult.Fail);
        var few = PromotionGate.Judge(
            [.. Right(40, 36)], [.. Right(40, 36).Reverse()], Right(40, 20), "m/v1");
        few.Result.Should().Be(GateResult.Undecided);
        few.Reason.Should().Contain("label more");
    }

    [Fact]
    public void Where_copying_is_nearly_right_a_point_would_hide_the_difference_and_the_margin_shrinks()
    {
        RowScore[] Texts(int mended) => [.. Enumerable.Range(0, 400).Select(k => new RowScore(k % 2 == 0 && k >= 2 * mended ? 1 - (1 / 40.0) : 1, 1))];

        PromotionGate.Judge(Texts(40), Texts(110), Texts(0), "m/v1").Result.Should().Be(GateResult.Fail, "0.0044 worse is a third of what there is to mend");
        PromotionGate.Judge(Texts(108), Texts(110), Texts(0), "m/v1").Result.Should().Be(GateResult.Pass);
        PromotionGate.Judge(Texts(90), Texts(110), Texts(0), "m/v1").Reason.Should().Contain("label more, about 619 in all");
    }

    [Fact]
    public void The_same_answers_as_the_incumbent_pass() =>
        PromotionGate.Judge(Right(50, 45), Right(50, 45), Right(50, 20), "m/v1").Result.Should().Be(GateResult.Pass);

    [Fact]
    public void A_verdict_is_the_same_every_time()
    {
        var first = PromotionGate.Judge(Right(60, 50), null, Right(60, 30), "b");
        PromotionGate.Judge(Right(60, 50), null, Right(60, 30), "b").Should().Be(first);
        first.ScoreLow.Should().BeLessThan(50 / 60.0).And.BeGreaterThan(0.6);
    }

    [Fact]
    public void A_job_has_no_arrow_but_the_drawn_ones()
    {
        var job = new Job("j", JobState.Queued, "", "t", "d", "p", "c", false, null, null, default, default);
        var legal = new[]
        {
            "Queued-Running", "Queued-Cancelled", "Queued-Failed", "Running-Succeeded", "Running-Failed", "Running-Cancelled",
            "Running-Interrupted", "Interrupted-Running", "Interrupted-Cancelled", "Interrupted-Failed",
        };
        foreach (var from in Enum.GetValues<JobState>())
        {
            foreach (var to in Enum.GetValues<JobState>())
            {
                (job with { State = from }).CanGoTo(to).Should().Be(legal.Contains($"{from}-{to}"), $"{from} to {to}");
            }
        }
    }

    [Theory]
    [InlineData("2027-03-28T12:00:00Z", "2027-03-28T00:30:00Z")] // Sunday 02:30 in Rome does not exist: the moment after the gap... counts
    [InlineData("2027-03-22T12:00:00Z", "2027-03-21T01:30:00Z")]
    [InlineData("2027-10-31T12:00:00Z", "2027-10-31T01:30:00Z")]
    public void A_week_is_not_lost_when_the_clocks_change(string now, string earliest)
    {
        var (schedule, errors) = Schedule.Read(
            "id: s\nrecipe: r.yaml\ndataset: d\npurpose: p\ndays: [Sun]\ntime: \"02:30\"\nzone: Europe/Rome\n");
        errors.Should().BeEmpty();

        var due = schedule!.LastDue(DateTimeOffset.Parse(now));

        due.Should().BeOnOrAfter(DateTimeOffset.Parse(earliest)).And.BeBefore(DateTimeOffset.Parse(earliest).AddHours(2));
    }
}
