#!/usr/bin/env python3
"""What the measuring programs make of what they are given."""

import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import measure
import stages
from lab import BUILD, SOURCE, check, equal, run_rows

HERE = pathlib.Path(__file__).resolve().parent


def addresses():
    """Where the functions of sluiced begin, by name."""
    told = subprocess.run(["nm", "--defined-only", BUILD / "sluiced"], text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    return {words[2]: int(words[0], 16) for words in map(str.split, told.splitlines())
            if len(words) == 3 and words[1] in "tT"}


def sample(known, thread, *functions):
    """As perf prints it; a function is of sluiced, or NAME@LIBRARY."""
    frames = []
    for function in functions:
        name, _, library = function.partition("@")
        frames.append(f"\t{1:x} {name} (/lib/{library})" if library else
                      f"\t{known[function] + 1:x} {function} (/x/sluiced)")
    return "\n".join([f"{thread} 12 345.678:", *frames])


def a_sample_belongs_to_the_innermost_function_that_a_row_names():
    folder = stages.Folder(str(BUILD / "sluiced"))
    known = addresses()
    chains = [
        (("smpp_pdu_decode", "main"), "decode"),
        (("smpp_pdu_encode", "main"), "encode"),
        (("malloc@libc.so.6", "receipts_make", "dispatch_end", "main"), "receipt"),
        (("table_put", "reports_in", "main"), "report"),
        (("tcp_sendmsg@[kernel.kallsyms]", "__GI___writev@libc.so.6", "main"), "write"),
        (("epoll_wait@libc.so.6", "main"), "loop"),
        (("nobody@libnothing.so",), "unknown")]
    samples = [(sample(known, "sluiced", *chain), stage) for chain, stage in chains]
    of_tables = sample(known, "tables", "smpp_pdu_decode")
    folder.learn([one for one, _ in samples] + [of_tables])
    for one, stage in samples:
        before = folder.stages[stage]
        folder.add(one)
        equal(folder.stages[stage], before + 1, f"samples of {stage} after {one}")
    folder.add(of_tables)
    equal(folder.stages["tables"], 1, "samples of the thread of the tables")
    equal(folder.in_kernel["write"], 1, "samples of writing in the kernel")


def every_row_of_the_stages_names_something_that_is_there():
    """Or a file was renamed, and its time counts somewhere else in silence."""
    names = {f"{library}/{path.name}:{function}"
             for library in ("smpp", "routing", "gateway")
             for path in (SOURCE / library).rglob("*.c")
             for function in re.findall(r"\b(\w+)\(", path.read_text())}
    for stage, globs in stages.ROWS:
        for one in globs.split():
            check(one.startswith("lib") or fnmatch.filter(names, one),
                  f"{stage}: nothing of sluiced is {one}")


def two_files_are_compared_as_ratios_and_chance_is_marked():
    before = {"commit": "a", "rows": {"saturated": {
        "cpu_us": {"median": 30, "runs": [29, 30, 31]},
        "rows": {"median": 8, "runs": [8, 8, 8]},
        "core_us": {"median": 10, "runs": [9, 10, 14]}}}}
    after = {"commit": "b", "rows": {"saturated": {
        "cpu_us": {"median": 15, "runs": [14, 15, 16]},
        "rows": {"median": 8, "runs": [8, 8, 8]},
        "core_us": {"median": 12, "runs": [11, 12, 13]}}, "alive": {}}}
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("a.json", "b.json")]
        for path, content in zip(paths, (before, after)):
            path.write_text(json.dumps(content))
        said = subprocess.run([sys.executable, HERE / "compare", *paths], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.splitlines()
    equal([line.split()[1:] for line in said[1:3]],
          [["cpu_us", "30", "15", "0.500"], ["core_us", "10", "12", "1.200", "~"]],
          "what is said")
    equal(said[3], "only in one of them: alive", "the end")


def a_quantile_is_the_bound_of_the_bucket_it_lies_in():
    text = "".join(f'sluice_turn_bucket{{le="{bound}"}} {count}\n' for bound, count in
                   (("0.001", 10), ("0.002", 108), ("0.004", 109), ("+Inf", 110)))
    before = measure.Page('sluice_turn_bucket{le="0.001"} 10\n'
                          'sluice_turn_bucket{le="0.002"} 10\n'
                          'sluice_turn_bucket{le="0.004"} 10\n'
                          'sluice_turn_bucket{le="+Inf"} 10\n')
    page = measure.Page(text)
    equal(page.quantile_ms("turn", before, 0.5), 2.0, "the median")
    equal(page.quantile_ms("turn", before, 0.99), 4.0, "p99")
    equal(page.quantile_ms("turn", page, 0.5), None, "of nothing")


def a_word_chooses_one_row_or_those_that_begin_with_it():
    names = ["alive-10000", "alive-1000000", "start-10"]
    equal(measure.choose(names, ["alive-10000"]), names[:1], "its name")
    equal(measure.choose(names, ["start", "alive"]), names, "beginnings")
    equal(measure.choose(names, []), names, "no word")


def the_highest_rate_that_holds_is_found_in_few_tries():
    for limit in (900, 31000, 49999, 80000):
        tried = []

        def holds(rate):
            tried.append(rate)
            return rate <= limit

        found = measure.highest(holds, 50000, 0.04)
        truth = min(limit, 50000)
        check(0.95 * truth <= found <= truth, f"{found} is not the highest up to {truth}")
        check(len(tried) < 32, f"{len(tried)} tries for {truth}")
    equal(measure.highest(lambda _: False, 50000, 0.04), 0, "when none holds")


if __name__ == "__main__":
    sys.exit(0 if run_rows([
        a_sample_belongs_to_the_innermost_function_that_a_row_names,
        every_row_of_the_stages_names_something_that_is_there,
        two_files_are_compared_as_ratios_and_chance_is_marked,
        a_quantile_is_the_bound_of_the_bucket_it_lies_in,
        a_word_chooses_one_row_or_those_that_begin_with_it,
        the_highest_rate_that_holds_is_found_in_few_tries,
    ]) else 1)
