#!/usr/bin/python3
"""Small timelines, judged by hand from the rules, that the oracle must judge alike."""

import glob
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import compare
import from_data
import generate
import oracle
import regimen
import scenario as scenarios

CALM = "09:50:00 start 70 kg\n09:50:00 stream rate 80 spo2 97\n"
TWO_CUFFS = "09:51:00 cuff 120/90/75\n09:54:00 cuff 124/92/77\n"
DOSE = CALM + TWO_CUFFS + "09:55:00 dose\n"


class Judged(unittest.TestCase):
    maxDiff = None

    def judge(self, timeline, *expected, heading=""):
        lines, mistakes, _ = oracle.judge(heading + timeline)
        self.assertEqual(mistakes, [])
        self.assertEqual(lines, list(expected))


class Readings(Judged):
    def test_r3_age_unknown_asks_for_a_repeat_only_beyond_a_limit(self):
        self.judge(CALM + """
            09:50:20 cuff 120/90/75 age-unknown
            09:50:40 cuff 165/110/90 age-unknown
            09:52:00 cuff 120/90/75
            09:53:00 end""",
                   "09:50:40 start technical:m1 low age-unknown",
                   "09:52:00 end technical:m1 low -")

    def test_r2_read_again_is_nothing(self):
        self.judge(CALM + """
            09:51:00 cuff 165/110/90
            09:52:00 cuff 120/90/75 again
            09:53:00 end""",
                   "09:51:00 start pressure medium systolic.high.advisory")

    def test_r4_clock_off_by_more_than_two_minutes(self):
        self.judge(CALM + """
            09:51:00 clock off 120s
            09:52:00 clock off -121s
            09:53:00 clock off 0s
            09:54:00 end""",
                   "09:52:00 start technical:m1 low clock",
                   "09:53:00 end technical:m1 low -")

    def test_r6_beyond_the_plausible_range_toward_danger(self):
        self.judge(CALM + """
            09:51:00 stream rate 20
            09:51:20 stream rate 80
            09:52:00 end""",
                   "09:51:10 start rate high rate.low.advisory,rate.low.critical",
                   "09:51:25 latch rate high -")

    def test_r6_on_the_harmless_side_it_is_invalid(self):
        self.judge(CALM + """
            09:51:00 stream spo2 127
            09:51:20 stream spo2 97
            09:52:00 end""",
                   "09:51:14 start technical:m1 medium lost.spo2",
                   "09:51:20 end technical:m1 medium -")

    def test_r6_pinned_is_outside_whatever_its_number(self):
        self.judge(CALM + """
            09:51:00 stream rate 131
            09:51:05 pinned rate high 90
            09:51:20 end""",
                   "09:51:10 start rate high rate.high.advisory,rate.high.critical")

    def test_r7_a_jump_may_raise_and_does_not_end(self):
        self.judge(CALM + """
            09:51:00 cuff 120/90/75
            09:53:00 cuff 171/110/90
            09:55:00 cuff 120/90/75
            09:57:00 cuff 120/90/75
            09:58:00 end""",
                   "09:53:00 start pressure medium systolic.high.advisory,systolic.rising",
                   "09:57:00 end pressure medium -")

    def test_r7_order_broken_is_verify(self):
        self.judge(CALM + """
            09:51:00 cuff 165/110/90
            09:53:00 cuff 130/130/90
            09:54:00 end""",
                   "09:51:00 start pressure medium systolic.high.advisory",
                   "09:53:00 join pressure medium mean.high.advisory,systolic.high.advisory")

    def test_r7_two_rates_apart_end_nothing(self):
        self.judge(CALM + """
            09:51:00 stream rate 115
            09:51:20 stream rate 80 rate.ecg 101
            09:51:40 stream rate.ecg 100
            09:51:50 end""",
                   "09:51:10 start rate medium rate.high.advisory",
                   "09:51:45 end rate medium -")


class Limits(Judged):
    def test_r9_at_the_limit_is_outside(self):
        self.judge(CALM + "09:51:00 cuff 159/100/80\n09:53:00 cuff 160/101/80\n09:54:00 end",
                   "09:53:00 start pressure medium systolic.high.advisory")

    def test_r12_relative_with_its_floor(self):
        # Baseline 122: +20 % is 146.4, +30 % 158.6 but the floor is 160, -20 % 97.6.
        self.judge(DOSE + """
            10:00:00 cuff 146/99/80
            10:01:00 cuff 147/99/80
            10:02:00 cuff 160/110/80
            10:03:00 cuff 120/90/75
            10:04:00 cuff 98/80/70
            10:05:00 cuff 97/80/70
            10:06:00 end""",
                   "10:00:00 start pressure low systolic.rising",
                   "10:01:00 raise pressure medium systolic.high.advisory.relative,systolic.rising",
                   "10:02:00 raise pressure high systolic.high.advisory,systolic.high.advisory.relative,"
                   "systolic.high.critical.relative,systolic.rising",
                   "10:03:00 latch pressure high -",
                   "10:05:00 start pressure medium systolic.low.advisory.relative")

    def test_r12_percentages_are_rounded_toward_the_baseline(self):
        self.assertEqual(regimen.relative_limit("systolic.high.advisory.relative", 120999), 145198)
        self.assertEqual(regimen.relative_limit("systolic.low.advisory.relative", 120999), 96800)
        self.assertEqual(regimen.relative_limit("systolic.high.critical.relative", 150000), 190000)
        self.assertEqual(regimen.relative_limit("spo2.low.advisory.relative", 99000), 94000)

    def test_r11_without_a_baseline_relative_limits_are_not_in_force(self):
        self.judge(CALM + """
            09:51:00 cuff 120/90/75
            09:52:59 cuff 120/90/75
            09:55:00 dose refused
            09:55:00 dose override "agreed"
            10:00:00 cuff 155/90/75
            10:01:00 end""",
                   "10:00:00 start pressure low systolic.rising")

    def test_r26b_a_changed_limit_ends_and_r38_stays_inside_the_ceiling(self):
        self.judge(CALM + """
            09:51:00 cuff 184/110/95
            09:52:00 limit systolic.high.critical 201 "agreed" refused
            09:52:00 limit systolic.high.advisory 181 "agreed" refused
            09:52:10 limit systolic.high.critical 190 "agreed"
            09:52:20 limit systolic.high.advisory 184 "agreed"
            09:52:30 limit systolic.high.advisory 185 "agreed"
            09:53:00 end""",
                   "09:51:00 start pressure high systolic.high.advisory,systolic.high.critical",
                   "09:52:10 lower pressure medium systolic.high.advisory",
                   "09:52:30 latch pressure medium -")

    def test_a_stricter_limit_raises_at_the_act(self):
        self.judge(CALM + '09:51:00 cuff 150/100/80\n09:52:00 limit systolic.high.advisory 145 "x"\n09:53:00 end',
                   "09:52:00 start pressure medium systolic.high.advisory")


class Onset(Judged):
    def test_r13_nine_seconds_are_not_ten(self):
        self.judge(CALM + """
            09:51:00 stream rate 110
            09:51:10 stream rate 109
            09:52:00 stream rate 110
            09:52:05 stream rate invalid
            09:52:09 stream rate 110
            09:52:20 end""",
                   "09:52:10 start rate medium rate.high.advisory")

    def test_r13_tiers_have_runs_of_their_own(self):
        self.judge(CALM + """
            09:51:00 stream rate 115
            09:51:05 stream rate 131
            09:51:30 end""",
                   "09:51:10 start rate medium rate.high.advisory",
                   "09:51:15 raise rate high rate.high.advisory,rate.high.critical")

    def test_r14_pending_and_lost(self):
        self.judge(CALM + """
            09:51:00 stream spo2 84
            09:51:05 stream spo2 off
            09:52:00 end""",
                   "09:51:14 start oxygen high spo2.falling,spo2.low.advisory,spo2.low.critical",
                   "09:51:19 start technical:m1 high lost.spo2")

    def test_r14_one_wild_sample_is_not_held(self):
        self.judge(CALM + """
            09:51:00 stream spo2 84
            09:51:04 stream spo2 off
            09:51:18 end""",
                   "09:51:18 start technical:m1 medium lost.spo2")

    def test_r15_the_band_between_starts_the_run_anew(self):
        self.judge(CALM + """
            09:51:00 stream rate 110
            09:51:20 stream rate 107
            09:51:24 stream rate 108
            09:51:25 stream rate 107
            09:51:28 stream rate 107?
            09:51:33 stream rate 107
            09:51:40 end""",
                   "09:51:10 start rate medium rate.high.advisory",
                   "09:51:33 end rate medium -")

    def test_r15_a_cuff_ends_inside_by_four(self):
        self.judge(CALM + """
            09:51:00 cuff 165/110/90
            09:53:00 cuff 157/110/90
            09:55:00 cuff 156/110/90
            09:56:00 end""",
                   "09:51:00 start pressure medium systolic.high.advisory",
                   "09:55:00 end pressure medium -")

    def test_r16_one_measurement_one_alarm(self):
        self.judge(CALM + "09:51:00 cuff 182/136/111\n09:52:00 end",
                   "09:51:00 start pressure high diastolic.high.advisory,diastolic.high.critical,mean.high.advisory,"
                   "mean.high.critical,systolic.high.advisory,systolic.high.critical")

    def test_r18_trends(self):
        self.judge(CALM + """
            09:51:00 cuff 112/85/70
            09:54:00 cuff 132/95/76
            09:56:00 cuff 128/95/76
            10:00:00 stream spo2 94
            10:02:30 end""",
                   "09:54:00 start pressure low systolic.rising",
                   "09:56:00 end pressure low -",
                   "10:00:10 start oxygen low spo2.falling",
                   "10:02:05 end oxygen low -")


class Nobody(Judged):
    def test_r20_silent_then_lost_one_alarm(self):
        self.judge(CALM + """
            09:51:00 silent
            09:51:20 answers
            09:52:00 end""",
                   "09:51:04 start technical:m1 medium silent",
                   "09:51:14 join technical:m1 medium lost.rate,lost.spo2,silent",
                   "09:51:20 end technical:m1 medium -")

    def test_r20_high_after_thirty_seconds_of_dosing(self):
        self.judge(CALM + TWO_CUFFS + """
            09:54:30 stream spo2 off
            09:55:00 dose
            09:55:40 stream spo2 97
            09:56:00 end""",
                   "09:54:44 start technical:m1 medium lost.spo2",
                   "09:55:30 raise technical:m1 high lost.spo2",
                   "09:55:40 end technical:m1 high -")

    def test_r20_lifted_by_a_physiological_alarm(self):
        self.judge(CALM + """
            09:51:00 stream spo2 off
            09:51:20 cuff 165/110/90
            09:51:40 cuff 184/110/90
            09:51:50 end""",
                   "09:51:14 start technical:m1 medium lost.spo2",
                   "09:51:20 start pressure medium systolic.high.advisory",
                   "09:51:40 raise pressure high systolic.high.advisory,systolic.high.critical",
                   "09:51:40 raise technical:m1 high lost.spo2")

    def test_r21_low_while_a_cuff_goes_on(self):
        self.judge(CALM + TWO_CUFFS + """
            09:55:00 dose
            09:56:00 measuring
            09:56:01 stream spo2 off
            09:57:40 end""",
                   "09:56:15 start technical:m1 low lost.spo2",
                   "09:57:30 raise technical:m1 high lost.spo2")

    def test_r22_overdue_and_failed(self):
        self.judge(CALM + """
            09:51:00 cuff 120/90/75
            09:56:00 cuff failed weak signal
            09:58:30 manual 120/90/75
            09:59:00 cuff 120/90/75
            10:00:00 end""",
                   "09:56:00 start technical:m1 low cuff-failed",
                   "09:58:30 raise technical:m1 medium cuff-failed,overdue",
                   "09:58:30 lower technical:m1 low cuff-failed",
                   "09:59:00 end technical:m1 low -")

    def test_r19_no_source(self):
        self.judge(CALM + "09:51:00 end",
                   "09:50:15 start bed medium no-source.systolic",
                   heading="sources m1 rate.pleth spo2\n")

    def test_r23_end_due_and_pause_long(self):
        self.judge(DOSE + """
            09:58:00 pause
            10:09:00 resume
            10:20:00 cuff 120/90/75
            10:33:00 cuff 120/90/75
            10:47:00 cuff 120/90/75
            10:49:00 stop
            10:50:00 end""",
                   "10:05:30 start technical:m1 medium overdue",
                   "10:07:30 raise technical:m1 high overdue",
                   "10:08:00 start dose medium pause-long",
                   "10:09:00 end dose medium -",
                   "10:09:30 escalate technical:m1 high overdue",
                   "10:20:00 end technical:m1 high -",
                   "10:48:00 start dose medium end-due",
                   "10:49:00 end dose medium -")

    def test_r24_no_session_no_alarm(self):
        self.judge("09:50:00 stream rate 20 spo2 60\n09:51:00 silent\n09:52:00 ack rate refused\n09:53:00 end")


class Life(Judged):
    def test_r27_latched_until_acknowledged(self):
        self.judge(CALM + """
            09:51:00 cuff 184/110/90
            09:52:00 cuff 150/100/80
            09:53:00 ack pressure
            09:54:00 end""",
                   "09:51:00 start pressure high systolic.high.advisory,systolic.high.critical",
                   "09:52:00 latch pressure high -",
                   "09:53:00 reset pressure high -")

    def test_r28_a_step_further_sounds_again(self):
        self.judge(CALM + """
            09:51:00 cuff 165/110/90
            09:51:30 ack pressure
            09:52:00 cuff 174/112/90
            09:53:00 cuff 175/120/100
            09:54:00 end""",
                   "09:51:00 start pressure medium systolic.high.advisory",
                   "09:51:30 ack pressure medium systolic.high.advisory",
                   "09:53:00 join pressure medium diastolic.high.advisory,mean.high.advisory,systolic.high.advisory",
                   "09:53:00 resound pressure medium diastolic.high.advisory,mean.high.advisory,systolic.high.advisory")

    def test_r28_a_sister_limit_is_shown_and_does_not_sound(self):
        self.judge(CALM + """
            09:51:00 cuff 165/110/90
            09:51:30 ack pressure
            09:52:00 cuff 170/120/102
            09:53:00 end""",
                   "09:51:00 start pressure medium systolic.high.advisory",
                   "09:51:30 ack pressure medium systolic.high.advisory",
                   "09:52:00 join pressure medium diastolic.high.advisory,mean.high.advisory,systolic.high.advisory")

    def test_r28_refused_when_it_has_become_worse(self):
        self.judge(CALM + """
            09:51:00 cuff 165/110/90
            09:52:00 cuff 185/112/90
            09:52:10 ack pressure seen 1 refused
            09:52:20 ack pressure
            09:53:00 end""",
                   "09:51:00 start pressure medium systolic.high.advisory",
                   "09:52:00 raise pressure high systolic.high.advisory,systolic.high.critical,systolic.rising",
                   "09:52:20 ack pressure high systolic.high.advisory,systolic.high.critical,systolic.rising")

    def test_r29_not_three_pauses_in_a_row(self):
        self.judge(CALM + """
            09:51:00 cuff 185/112/90
            09:51:10 pause-audio
            09:51:20 pause-audio 121 refused
            09:51:30 pause-audio 60
            09:51:40 pause-audio refused
            09:52:00 end""",
                   "09:51:00 start pressure high systolic.high.advisory,systolic.high.critical")

    def rate_episode(self, first, last):
        return "%s stream rate 115\n%s stream rate 80\n" % (first, last)

    def test_r30_back_within_a_minute(self):
        self.judge(CALM + self.rate_episode("09:51:00", "09:51:20") + self.rate_episode("09:52:15", "09:52:30")
                   + self.rate_episode("09:53:30", "09:53:50") + "09:54:00 end",
                   "09:51:10 start rate medium rate.high.advisory",
                   "09:51:25 end rate medium -",
                   "09:52:25 return rate medium rate.high.advisory",
                   "09:52:35 end rate medium -",
                   "09:53:40 start rate medium rate.high.advisory",
                   "09:53:55 end rate medium -")

    def test_r30_acknowledged_within_ten_minutes(self):
        self.judge(CALM + "09:51:00 stream rate 115\n09:51:15 ack rate\n09:51:20 stream rate 80\n"
                   "09:55:00 cuff 120/90/75\n" + self.rate_episode("10:01:15", "10:01:40") + "10:02:00 end",
                   "09:51:10 start rate medium rate.high.advisory",
                   "09:51:15 ack rate medium rate.high.advisory",
                   "09:51:25 end rate medium -",
                   "10:01:25 return rate medium rate.high.advisory",
                   "10:01:45 end rate medium -")

    def test_r30_third_time_is_standing(self):
        self.judge(CALM + self.rate_episode("09:51:00", "09:51:20") + self.rate_episode("09:53:00", "09:53:20")
                   + self.rate_episode("09:55:00", "09:55:20") + "09:56:00 cuff 120/90/75\n"
                   + self.rate_episode("09:57:00", "09:57:20") + "09:58:00 end",
                   "09:51:10 start rate medium rate.high.advisory", "09:51:25 end rate medium -",
                   "09:53:10 start rate medium rate.high.advisory", "09:53:25 end rate medium -",
                   "09:55:10 start rate medium rate.high.advisory", "09:55:25 end rate medium -",
                   "09:57:10 return rate medium rate.high.advisory", "09:57:25 end rate medium -")

    def test_r31_escalate_once_remind_and_recheck(self):
        self.judge(CALM + """
            09:51:00 cuff 184/110/90
            09:54:00 ack pressure recheck 3
            09:57:30 ack dose
            09:58:00 cuff 183/110/90
            10:00:30 end""",
                   "09:51:00 start pressure high systolic.high.advisory,systolic.high.critical",
                   "09:53:00 escalate pressure high systolic.high.advisory,systolic.high.critical",
                   "09:54:00 ack pressure high systolic.high.advisory,systolic.high.critical",
                   "09:57:00 remind pressure high systolic.high.advisory,systolic.high.critical",
                   "09:57:00 start dose medium recheck",
                   "09:57:30 ack dose medium recheck",
                   "09:57:30 end dose medium -",
                   "10:00:00 remind pressure high systolic.high.advisory,systolic.high.critical")

    def test_r31_medium_technical_goes_high_during_dosing(self):
        self.judge(DOSE + "10:14:01 end",
                   "10:10:00 start technical:m1 medium overdue",
                   "10:12:00 raise technical:m1 high overdue",
                   "10:14:00 escalate technical:m1 high overdue")

    def test_r32_restart(self):
        self.judge(CALM + """
            09:51:00 cuff 184/110/90
            09:52:00 stream rate 115
            09:52:05 restart 180s
            09:55:20 ack bed
            09:55:30 end""",
                   "09:51:00 start pressure high systolic.high.advisory,systolic.high.critical",
                   "09:55:05 escalate pressure high systolic.high.advisory,systolic.high.critical",
                   "09:55:05 start bed medium unwatched",
                   "09:55:15 start rate medium rate.high.advisory",
                   "09:55:20 ack bed medium unwatched",
                   "09:55:20 end bed medium -")

    def test_r33_only_discharge_ends_watching(self):
        self.judge(DOSE + """
            09:56:00 discharge override "x" refused
            09:57:00 stop abort "unwell"
            09:58:00 stream rate 140
            09:59:00 discharge override "x" refused
            09:59:10 checklist complete
            09:59:20 discharge refused
            09:59:30 discharge override "with the escort"
            10:01:00 end""",
                   "09:58:10 start rate high rate.high.advisory,rate.high.advisory.relative,rate.high.critical",
                   "09:59:30 close rate high -")

    def test_r34_move(self):
        self.judge("09:50:00 m3 stream rate 70 spo2 98\n" + CALM + """
            09:51:00 m1 stream rate 115
            09:51:20 move b2 m3
            09:51:30 end""",
                   "09:51:10 start rate medium rate.high.advisory",
                   "09:51:26 end rate medium -",
                   heading="device m1 cadence 1s\n")

    def test_r35_a_corrected_start_moves_the_clock(self):
        self.judge(DOSE + """
            10:04:00 cuff 120/90/75
            10:10:00 correct dose-start 09:53:00 "pump"
            10:18:00 cuff 120/90/75
            10:30:00 cuff 120/90/75
            10:36:00 end""",
                   "10:35:00 start dose medium end-due")


class Language(unittest.TestCase):
    def test_times_and_numbers(self):
        self.assertEqual(scenarios.parse_time("01:02:03.04"), 3723040)
        self.assertEqual(scenarios.format_time(3723040), "01:02:03.040")
        self.assertEqual(scenarios.parse_milli("-36.65"), -36650)
        self.assertIsNone(scenarios.parse_time("10:00"))
        with self.assertRaises(scenarios.ScenarioError):
            scenarios.parse("10:00:01 silent\n10:00:00 answers\n")

    def test_off_the_cadence_a_cuff_is_a_reply_of_its_own(self):
        # The stream's samples of rate stay at 09:51:00 and 09:51:05: the run is 10 s old only at 09:51:10.
        lines, _, _ = oracle.judge("device m1 cadence 5s\n" + CALM + "09:51:00 stream rate 115\n"
                                   "09:51:07 cuff 120/90/75\n09:51:30 end")
        self.assertEqual(lines, ["09:51:10 start rate medium rate.high.advisory"])

    def test_everything_due_happens_at_its_own_instant(self):
        lines, _, _ = oracle.judge("device m1 cadence 10s\n" + CALM + "09:51:00 silent\n12:00:00 end")
        self.assertEqual(lines[0], "09:51:15 start technical:m1 medium silent")


class Tools(unittest.TestCase):
    def test_a_seed_gives_the_same_session_and_the_oracle_agrees_with_itself(self):
        for seed in (1, 2, 3):
            text, lines = generate.session(seed)
            self.assertEqual((text, lines), generate.session(seed))
            self.assertEqual(oracle.judge(text)[:2], (lines, []))

    def test_compare_finds_a_missing_line(self):
        here = os.path.dirname(os.path.abspath(__file__))
        engine = "%s %s" % (sys.executable, os.path.join(here, "oracle.py"))
        script = os.path.join(here, "compare.py")
        done = subprocess.run([sys.executable, script, "--engine", engine, "--seeds", "1-2"], stdout=subprocess.PIPE,
                              check=False)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.decode().endswith("2 passed, 0 failed\n"))
        deaf = "sh -c '%s \"$0\" | grep -v escalate'" % engine
        done = subprocess.run([sys.executable, script, "--engine", deaf, "--seeds", "1-2"], stdout=subprocess.PIPE,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("oracle", done.stdout.decode())

    def test_alarm_lines_are_told_from_others(self):
        self.assertEqual(compare.alarm_lines("10:00:00 start rate medium rate.high.advisory\n10:00:00 reading m1 80\n"
                                             "10:00:00.500 end technical:m1 low -\n"),
                         ["10:00:00 start rate medium rate.high.advisory", "10:00:00.500 end technical:m1 low -"])

    def test_an_absent_recording_is_skipped(self):
        self.assertEqual(list(from_data.sessions("/nonexistent")), [])

    def test_samples_of_a_recording_live_for_one_poll(self):
        rows = [from_data.Row(0), from_data.Row(300000)]
        rows[0].samples = {"rate": 80}
        rows[1].pressure = {"systolic": 120, "mean": 90, "diastolic": 75}
        self.assertEqual([texts for _, texts in from_data.timeline(rows)],
                         [["m1 stream rate 80"], ["m1 stream rate off"], ["m1 cuff 120/90/75"]])


class Scenarios(unittest.TestCase):
    """The hand-written scenarios of the rules are judged alike."""

    def test_hand_written(self):
        here = os.path.dirname(os.path.abspath(__file__))
        for path in sorted(glob.glob(os.path.join(here, "..", "scenarios", "*.scn"))):
            with self.subTest(os.path.basename(path)):
                with open(path, encoding="utf-8") as file:
                    lines, mistakes, scenario = oracle.judge(file.read(), path)
                expected = [line for line in scenario.expect if line.split()[1] not in oracle.ASKED]
                self.assertEqual((lines, mistakes), (expected, []))


if __name__ == "__main__":
    unittest.main()
