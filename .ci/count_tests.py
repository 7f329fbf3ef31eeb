#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells how many tests ran per label, and fails where fewer ran than the committed minimum or one failed.

What a failed test printed is printed once more, so that the end of a long log says why it failed.

    count_tests.py REPORTS MINIMUM

REPORTS holds, per lane, ctest's JUnit report LANE.xml and its list of tests LANE.json. A line of MINIMUM is
`lane label count`. The last line printed is `N passed, N failed, N skipped`.
"""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def labels_of(path):
    """Test name -> its labels."""
    labels = {}
    for test in json.loads(path.read_text())["tests"]:
        for entry in test.get("properties", []):
            if entry["name"] == "LABELS":
                labels[test["name"]] = entry["value"]
    return labels


def outcome(case):
    if case.get("status") == "run":
        return "passed"
    return "skipped" if case.find("skipped") is not None or case.get("status") == "notrun" else "failed"


def last_words(case, limit=4000):
    """The end of what a test printed."""
    return (case.findtext("system-out") or "").strip()[-limit:]


def main(reports, minimum):
    counts = collections.defaultdict(collections.Counter)
    total = collections.Counter()
    skipped = []
    failed = []
    for report in sorted(reports.glob("*.xml")):
        labels = labels_of(report.with_suffix(".json"))
        for case in xml.parse(report).getroot().iter("testcase"):
            result = outcome(case)
            total[result] += 1
            if result == "skipped":
                skipped.append((report.stem, case.get("name")))
            if result == "failed":
                failed.append((report.stem, case.get("name"), last_words(case)))
            for label in labels.get(case.get("name"), ["none"]):
                counts[report.stem, label][result] += 1
    for lane, name in skipped:
        print("skipped in %s: %s" % (lane, name))
    for lane, name, words in failed:
        print("failed in %s: %s\n%s" % (lane, name, words))
    for (lane, label), counted in sorted(counts.items()):
        print("%-8s %-12s %5d passed %5d failed %5d skipped"
              % (lane, label, counted["passed"], counted["failed"], counted["skipped"]))
    short = []
    for line in minimum.read_text().splitlines():
        if line and not line.startswith("#"):
            lane, label, least = line.split()
            ran = counts[lane, label]["passed"] + counts[lane, label]["failed"]
            if ran < int(least):
                short.append("too few tests: %s %s ran %d, the minimum is %s" % (lane, label, ran, least))
    print("\n".join(short + ["%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % collections.Counter(total)]))
    return 1 if short or total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
