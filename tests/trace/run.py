# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces of guests, read by their real readers, and compared with each other.

Usage: run.py SUITE IRQLAB IMAGES OUTPUT-FOLDER [GUESTS]
The JSON lines are what the other formats are compared with; the text is compared with them.
"""
import collections
import json
import os
import re
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree

import vcd

IRQLAB, IMAGES, OUTPUT = sys.argv[2:5]
GUESTS_FOLDER = sys.argv[5] if len(sys.argv) > 5 else None
GUESTS = {"sgi-pingpong": ["-smp", "2"], "timer-tick": [], "preempt": []}
# Guests with virtual interrupts, by list registers and, with GICv4.1, without them.
GUESTS_OF_GUESTS = {
    "el2_vgic": ["-machine", "virt,virtualization=on"],
    "gicv4": ["-machine", "virt,virtualization=on,gic-version=4.1", "-cpu", "max", "-smp", "2"]}
SUFFIXES = {"text": "txt", "jsonl": "jsonl", "tarmac": "tarmac", "vcd": "vcd", "fst": "fst",
            "perfetto": "pftrace", "latency": "latency", "latency-svg": "svg"}


def run(guest, trace=None):
    """The state hash."""
    summary = os.path.join(OUTPUT, f"{guest}-{os.getpid()}.json")
    image = f"{IMAGES}/{guest}.elf" if guest in GUESTS else f"{IMAGES}/../tests/guest/{guest}.elf"
    command = [IRQLAB, "run", "-kernel", image, "-semihosting", "-nographic",
               f"--json={summary}", *(GUESTS | GUESTS_OF_GUESTS)[guest]]
    if trace:
        command.append(f"--trace={trace}")
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with open(summary, encoding="utf-8") as file:
        state_hash = json.load(file)["state_hash"]
    os.unlink(summary)
    return state_hash


def path_of(guest, form, note=""):
    return os.path.join(OUTPUT, f"{guest}{note}-{os.getpid()}.{SUFFIXES[form]}")


def trace(guest, form, settings="all"):
    """The bytes."""
    path = path_of(guest, form)
    run(guest, f"{settings}:{path}")
    with open(path, "rb") as file:
        content = file.read()
    os.unlink(path)
    return content


def events(guest, settings="all"):
    return [json.loads(line) for line in trace(guest, "jsonl", settings).splitlines()]


def named(what, name):
    return [e for e in what if e.get("event") == name]


class Formats(unittest.TestCase):
    def test_the_state_is_the_same_with_and_without_and_two_traces_are_equal(self):
        for guest in GUESTS:
            untraced = run(guest)
            for form in SUFFIXES:
                with self.subTest(guest=guest, form=form):
                    path = path_of(guest, form)
                    self.assertEqual(run(guest, f"all:{path}"), untraced)
                    with open(path, "rb") as file:
                        first = file.read()
                    os.unlink(path)
                    self.assertEqual(trace(guest, form), first)
                    self.assertGreater(len(first), 200)

    def test_one_run_writes_several_files(self):
        traces = {form: path_of("preempt", form, "-several") for form in SUFFIXES}
        command = [IRQLAB, "run", "-kernel", f"{IMAGES}/preempt.elf", "-semihosting", "-nographic",
                   *(f"--trace={'irq' if form == 'text' else 'all'}:{path}"
                     for form, path in traces.items())]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for form, path in traces.items():
            with open(path, "rb") as file:
                self.assertEqual(file.read(), trace("preempt", form, "irq" if form == "text" else
                                                    "all"), form)
            os.unlink(path)

    def test_what_cannot_be_written_is_refused_before_the_guest_runs(self):
        nowhere = os.path.join(OUTPUT, "nowhere", "x.")
        wrong = [([f"all:{nowhere}{suffix}"], "cannot write .*nowhere/x")
                 for suffix in SUFFIXES.values()]
        wrong += [(["irq:/dev/null", "timer:/dev/null"], "/dev/null is given twice"),
                  (["all,format=fst"], "needs a file"),
                  (["all,format=fst:/dev/null"], "is not a file"),
                  ([f"irq:{OUTPUT}/{i}.never" for i in range(9)], "more than 8")]
        for traces, why in wrong:
            done = subprocess.run(
                [IRQLAB, "run", "-kernel", f"{IMAGES}/preempt.elf", "-semihosting", "-nographic",
                 *(f"--trace={t}" for t in traces)], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stdout), (120, b""), traces)
            self.assertRegex(done.stderr.decode(), why)
        self.assertEqual([f for f in os.listdir(OUTPUT) if f.endswith(".never")], [])

    def test_fst_without_gtkwave_names_the_package_and_leaves_no_file(self):
        path = path_of("preempt", "fst", "-without")
        done = subprocess.run(
            [os.path.abspath(IRQLAB), "run", "-kernel", f"{IMAGES}/preempt.elf", "-semihosting",
             "-nographic", f"--trace=all:{path}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={"PATH": "/nowhere"}, check=False)
        self.assertEqual(done.returncode, 120)
        self.assertIn(b"install Debian's package gtkwave", done.stderr)
        self.assertFalse(os.path.exists(path))

    def test_a_full_disk_is_an_error(self):
        for form in SUFFIXES:
            if form == "fst":
                continue  # only a file may be one
            done = subprocess.run(
                [IRQLAB, "run", "-kernel", f"{IMAGES}/preempt.elf", "-semihosting", "-nographic",
                 f"--trace=all,format={form}:/dev/full"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 121, form)
            self.assertIn(b"could not write all of /dev/full", done.stderr)

    def test_a_signal_ends_the_trace_in_order(self):
        path = path_of("preempt", "jsonl", "-signal")
        with subprocess.Popen(
                [IRQLAB, "run", "-kernel", f"{IMAGES}/bench/bench-sgi-self-4x.elf", "-semihosting",
                 "-nographic", f"--trace=irq:{path}"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            while not os.path.exists(path) or not os.path.getsize(path):
                self.assertIsNone(running.poll())
                time.sleep(0.01)
            running.terminate()
            running.wait(60)
        with open(path, encoding="utf-8") as file:
            objects = [json.loads(line) for line in file]
        os.unlink(path)
        self.assertGreater(len(objects), 1000)
        self.assertTrue(all(a["ns"] <= b["ns"] for a, b in zip(objects, objects[1:])))

    def test_format_says_more_than_the_name_of_the_file(self):
        path = path_of("timer-tick", "text", "-named")
        run("timer-tick", f"all,format=jsonl:{path}")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), trace("timer-tick", "jsonl"))
        os.unlink(path)

    def test_json_lines_say_what_the_text_says(self):
        for guest in GUESTS:
            lines = trace(guest, "text").decode().splitlines()
            objects = events(guest)
            self.assertEqual(len(lines), len(objects))
            for line, e in zip(lines, objects):
                words = line.split()
                self.assertEqual(words[:2], [str(e["instructions"]), str(e["ns"])])
                self.assertEqual(words[2], f"v{e['vcpu']}" if "vcpu" in e else "-")
                self.assertEqual(words[3], e["kind"])
                if "intid" in e:
                    self.assertIn(f"INTID {e['intid']} {e['event']}", line)
                if "symbol" in e:
                    self.assertTrue(line.endswith(f"pc {e['pc']} {e['symbol']}+{e['offset']:#x}"))

    def test_the_guests_count_is_in_the_trace(self):
        taken = collections.Counter(
            (e["vcpu"], e["intid"]) for e in named(events("sgi-pingpong"), "acknowledged"))
        self.assertEqual((taken[0, 1], taken[1, 1]), (1000, 1000))

    def test_every_line_of_tarmac_has_a_form_of_tarmac(self):
        form = re.compile(r"\d+ ns cpu\d+ (E [0-9a-f]{16} [0-9a-f]{8} CoreEvent_\w+.*|"
                          r"SIGNAL: SIGNAL=\w+ STATE=[YN]|(R \w+ ([0-9a-f]{8}|[0-9a-f]{16}) ?)+|"
                          r"INTERRUPT: V?INTID=\d+ STATE=\S+|TEXT: .+)$")
        for guest in GUESTS:
            lines = trace(guest, "tarmac").decode().splitlines()
            objects = events(guest)
            self.assertEqual(len(lines), len(objects))
            for line in lines:
                self.assertRegex(line, form)
            acknowledged = [int(line.split()[-1], 16) for line in lines if " R ICC_IAR " in line]
            self.assertEqual(acknowledged, [
                e["intid"] for e in objects if e.get("event") in ("acknowledged", "spurious")])


def handlers(objects, kind=""):
    """(vCPU, INTID, begin, end) of each, by when it ends; @kind "virtual ": the guests'."""
    open_ones, done = collections.defaultdict(list), []
    for e in objects:
        if e.get("event") == kind + "acknowledged":
            open_ones[e["vcpu"]].append((e["intid"], e["ns"]))
        elif e.get("event") == kind + "priority drop":
            intid, begin = open_ones[e["vcpu"]].pop()
            done.append((e["vcpu"], intid, begin, e["ns"]))
    return done


class Perfetto(unittest.TestCase):
    """Parsed with Perfetto's own schema."""

    def setUp(self):
        from perfetto.protos.perfetto.trace import perfetto_trace_pb2
        self.schema = perfetto_trace_pb2

    def packets(self, guest):
        parsed = self.schema.Trace()
        parsed.ParseFromString(trace(guest, "perfetto"))
        return parsed.packet

    def check_known(self, message):
        from google.protobuf import unknown_fields
        self.assertEqual(len(unknown_fields.UnknownFieldSet(message)), 0)
        for field, value in message.ListFields():
            if field.message_type:
                for item in value if isinstance(value, collections.abc.Sequence) else [value]:
                    self.check_known(item)

    def check_sequence(self, packets):
        """One writer, which says at its beginning that there was nothing before."""
        self.assertEqual({p.trusted_packet_sequence_id for p in packets}, {1})
        cleared = [p.sequence_flags & p.SEQ_INCREMENTAL_STATE_CLEARED for p in packets]
        self.assertEqual([i for i, c in enumerate(cleared) if c], [0])
        self.assertEqual({p.WhichOneof("data") for p in packets},
                         {"track_descriptor", "track_event"})

    def slices(self, guest):
        """Track names, and per track (name, begin, end, annotations); checks the structure."""
        tracks, uuids, done, depth = {}, {}, collections.defaultdict(list), {}
        last = 0
        packets = self.packets(guest)
        self.check_sequence(packets)
        for packet in packets:
            self.check_known(packet)
            if packet.HasField("track_descriptor"):
                d = packet.track_descriptor
                self.assertNotIn(d.uuid, tracks)
                self.assertTrue(not d.parent_uuid or d.parent_uuid in tracks)
                tracks[d.uuid] = d.name or d.process.process_name
                uuids[d.uuid] = d
                continue
            e = packet.track_event
            self.assertIn(e.track_uuid, tracks)
            self.assertGreaterEqual(packet.timestamp, last)
            last = packet.timestamp
            name, stack = tracks[e.track_uuid], depth.setdefault(e.track_uuid, [])
            if e.type in (e.TYPE_SLICE_BEGIN, e.TYPE_INSTANT):
                self.assertTrue(e.name and list(e.categories))
                self.assertFalse({a.WhichOneof("value") for a in e.debug_annotations} - {
                    "uint_value", "string_value", "pointer_value"})
            self.assertEqual(e.type == e.TYPE_COUNTER,
                             uuids[e.track_uuid].HasField("counter"))
            if e.type == e.TYPE_SLICE_BEGIN:
                stack.append((e.name, packet.timestamp,
                              {a.name: a for a in e.debug_annotations}))
            elif e.type == e.TYPE_SLICE_END:
                begun = stack.pop()
                done[name].append((begun[0], begun[1], packet.timestamp, begun[2]))
            elif e.type == e.TYPE_COUNTER:
                done[name].append((packet.timestamp, e.counter_value))
        self.assertEqual(sum(map(len, depth.values())), 0)
        self.assertEqual(len(set(tracks.values())), len(tracks))
        roots = [u for u, d in uuids.items() if not d.parent_uuid]
        self.assertEqual([uuids[u].process.process_name for u in roots], ["irqlab"])
        parents = {d.parent_uuid for d in uuids.values()} - set(roots)
        self.assertFalse(parents & set(depth), "a group has no events of its own")
        return done

    def test_handlers_are_those_of_the_json_lines(self):
        for guest in GUESTS:
            found, wanted = self.slices(guest), handlers(events(guest))
            for vcpu in {w[0] for w in wanted}:
                self.assertEqual(
                    [(n.split()[1], b, e) for n, b, e, _ in found[f"vCPU {vcpu} handlers"]],
                    [(str(i), b, e) for v, i, b, e in wanted if v == vcpu])
            self.assertTrue(all({"INTID", "priority", "pc", "symbol"} <= set(a) for v in range(1)
                                for _, _, _, a in found[f"vCPU {v} handlers"]))

    def test_counters_are_those_of_the_json_lines(self):
        found, wanted = self.slices("preempt"), []
        for e in events("preempt"):
            if e["kind"] == "priority" and (not wanted or wanted[-1][1] != e["running"]):
                wanted.append((e["ns"], e["running"]))
        self.assertEqual(found["vCPU 0 running priority"], wanted)
        self.assertGreater(len({value for _, value in wanted}), 2)

    def test_waiting_is_seen(self):
        found = self.slices("timer-tick")["vCPU 0 runs or waits"]
        waits = [e - b for name, b, e, _ in found if name == "waits"]
        self.assertGreaterEqual(len(waits), 10)
        self.assertGreater(min(waits[:10]), 9_000_000)
        self.assertTrue(all(a[2] == b[1] for a, b in zip(found, found[1:])))

    def test_an_interrupt_is_pending_then_active(self):
        names = [name for name, *_ in self.slices("sgi-pingpong")["SGI 1 of vCPU 1"]]
        self.assertEqual(names, ["pending", "active"] * 1000)


class Queries(unittest.TestCase):
    """Asked of Perfetto's trace_processor, in SQL."""

    def ask(self, guest, *queries):
        import trace_processor
        return trace_processor.query(os.environ["PYTHONPATH"].split(":")[0],
                                     trace(guest, "perfetto"), *queries)

    def check(self, guest):
        """Nothing is lost or wrong when it is read, and handlers are those of the JSON lines."""
        objects = events(guest)
        wanted = {(vcpu, track): [h[1:] for h in handlers(objects, kind) if h[0] == vcpu]
                  for kind, track in (("", "handlers"), ("virtual ", "guest''s handlers"))
                  for vcpu in range(2)}
        wanted = {key: value for key, value in wanted.items() if value}
        wrong, *found = self.ask(
            guest, "select name, value from stats where severity != 'info' and value > 0",
            *("select s.name, s.ts, s.ts + s.dur as last from slice s join track t "
              f"on s.track_id = t.id where t.name = 'vCPU {vcpu} {track}' "
              "and last < (select max(ts + dur) from slice) order by last, s.depth desc"
              for vcpu, track in wanted))
        self.assertEqual(wrong, [])
        self.assertEqual([[(int(n.split()[-1]), b, e) for n, b, e in f] for f in found],
                         list(wanted.values()))
        return {track for _, track in wanted}

    def test_handlers_are_those_of_the_json_lines(self):
        self.assertEqual(self.check("sgi-pingpong"), {"handlers"})
        self.assertEqual(self.check("timer-tick"), {"handlers"})

    def test_guests_handlers_are_those_of_the_json_lines(self):
        self.assertIn("guest''s handlers", self.check("el2_vgic"))
        self.assertIn("guest''s handlers", self.check("gicv4"))

    def test_symbols_pcs_and_counters_are_columns(self):
        places, counters, group = self.ask(
            "preempt",
            "select distinct extract_arg(arg_set_id, 'debug.symbol') as symbol from slice "
            "where name = 'SGI 1'",
            "select c.ts, c.value from counter c join track t on c.track_id = t.id "
            "where t.name = 'vCPU 0 running priority' order by c.ts",
            "select distinct p.name from track t join track p on t.parent_id = p.id "
            "where t.name like 'SGI %'")
        wanted = []
        for e in events("preempt"):
            if e["kind"] == "priority" and (not wanted or wanted[-1][1] != e["running"]):
                wanted.append((e["ns"], e["running"]))
        self.assertEqual([(ts, int(value)) for ts, value in counters], wanted)
        symbols = {e["symbol"] for e in named(events("preempt"), "acknowledged") if e["intid"] == 1}
        self.assertEqual({p[0] for p in places}, symbols)
        self.assertEqual(group, [("interrupts",)])


class Virtual(unittest.TestCase):
    """What a guest's virtual CPU interface does; what its hypervisor does is told as ever."""

    def test_the_state_is_the_same_with_and_without(self):
        for guest in GUESTS_OF_GUESTS:
            untraced = run(guest)
            for form in SUFFIXES:
                path = path_of(guest, form)
                self.assertEqual(run(guest, f"all:{path}"), untraced)
                os.unlink(path)

    def test_what_is_acknowledged_was_pended_and_is_ended(self):
        for guest, least in (("el2_vgic", 3), ("gicv4", 8)):
            objects, pended, done = events(guest, "irq"), collections.Counter(), 0
            for e in objects:
                key = (e["vcpu"], e.get("intid"))
                if e["event"] == "virtual pended":
                    pended[key] += 1
                elif e["event"] == "virtual acknowledged" and guest == "el2_vgic":
                    self.assertGreater(pended[key], 0, e)
                    pended[key] -= 1
                done += e["event"] == "virtual acknowledged"
            self.assertGreaterEqual(done, least)
            left = guest == "el2_vgic"  # its hypervisor clears one that the guest never ends
            self.assertEqual(len(handlers(objects, "virtual ")), done - left)
            self.assertEqual(len(named(objects, "virtual priority drop")), done - left)
        self.assertTrue([e for e in objects if e["event"] == "virtual acknowledged" and
                         e["intid"] >= 8192], "vLPIs are there")

    def test_text_and_tarmac_say_what_the_json_lines_say(self):
        for guest in GUESTS_OF_GUESTS:
            objects = events(guest)
            text = trace(guest, "text").decode()
            tarmac = trace(guest, "tarmac").decode()
            for event, form in (("virtual acknowledged", r" R ICV_IAR ([0-9a-f]{8})$"),
                                ("virtual priority drop", r" R ICV_EOIR ([0-9a-f]{8})$")):
                wanted = [e["intid"] for e in named(objects, event)]
                self.assertTrue(wanted)
                self.assertEqual([int(i, 16) for i in re.findall(form, tarmac, re.M)], wanted)
                self.assertEqual([int(i) for i in re.findall(rf"INTID (\d+) {event},", text)], wanted)

    def test_guests_handlers_are_a_wave_and_a_track_of_their_own(self):
        for guest in GUESTS_OF_GUESTS:
            path = path_of(guest, "vcd")
            objects = events(guest)
            run(guest, f"all:{path}")
            waves = vcd.read(path)
            os.unlink(path)
            for vcpu in {e["vcpu"] for e in named(objects, "virtual acknowledged")}:
                stack, wanted = [], []
                for e in objects:
                    if e.get("vcpu") == vcpu and e.get("event") == "virtual acknowledged":
                        stack.append(e["intid"])
                    elif e.get("vcpu") == vcpu and e.get("event") == "virtual priority drop":
                        stack.pop()
                    else:
                        continue
                    wanted.append((e["ns"], stack[-1] if stack else None))
                self.assertEqual(waves[f"irqlab.vcpu{vcpu}.guest_vintid"], vcd.changes_alone(wanted))


class Wave(unittest.TestCase):
    """The VCD; the FST, read by GTKWave's fst2vcd; and the VCD, converted to FST and back."""

    def read(self, guest):
        first, fst, own, again = (path_of(guest, "vcd", note)
                                  for note in ("", "-fst", "-own", "-again"))
        run(guest, f"all:{first}")
        run(guest, f"all,format=fst:{own}")
        written = vcd.read(first)
        with open(own, "rb") as file:
            self.assertIn(b"virtual time", file.read(400))  # where vcd2fst would put the host's
        subprocess.run(["fst2vcd", "-f", own, "-o", again], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(written, vcd.read(again))
        subprocess.run(["vcd2fst", first, fst], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["fst2vcd", "-f", fst, "-o", again], check=True, stdout=subprocess.DEVNULL)
        converted = vcd.read(again)
        for path in (first, fst, own, again):
            os.unlink(path)
        self.assertEqual(written, converted)
        return converted

    def test_handlers_are_those_of_the_json_lines(self):
        for guest in GUESTS:
            waves, objects = self.read(guest), events(guest)
            for vcpu in {e["vcpu"] for e in named(objects, "acknowledged")}:
                stack, wanted = [], []
                for e in objects:
                    if e.get("vcpu") != vcpu:
                        continue
                    if e.get("event") == "acknowledged":
                        stack.append(e["intid"])
                    elif e.get("event") == "priority drop":
                        stack.pop()
                    else:
                        continue
                    wanted.append((e["ns"], stack[-1] if stack else None))
                self.assertEqual(waves[f"irqlab.vcpu{vcpu}.handler_intid"],
                                 vcd.changes_alone(wanted))

    def test_lines_are_those_of_the_json_lines(self):
        waves, objects = self.read("sgi-pingpong"), events("sgi-pingpong")
        for vcpu in range(2):
            wanted = [(e["ns"], e["level"]) for e in objects
                      if e.get("line") == "IRQ" and e["vcpu"] == vcpu]
            self.assertEqual(waves[f"irqlab.vcpu{vcpu}.IRQ"], vcd.changes_alone(wanted, 0))

    def test_each_interrupt_is_pending_and_active_as_often_as_it_was_taken(self):
        waves = self.read("sgi-pingpong")
        for vcpu in range(2):
            for state in ("pending", "active"):
                values = [v for _, v in waves[f"irqlab.vcpu{vcpu}.intid_1_{state}"]]
                self.assertEqual(values, [1, 0] * 1000)


class Latency(unittest.TestCase):
    def spans(self, objects):
        """By (vCPU, INTID), for SGIs and PPIs taken one at a time by an exception."""
        asserted, taken, begun = {}, {}, {}
        found = collections.defaultdict(lambda: ([], [], []))
        for e in objects:
            key = (e.get("vcpu"), e.get("intid"))
            if e.get("event") == "pended":
                asserted[key] = e["ns"]
            elif e.get("event") == "IRQ":
                taken[e["vcpu"]] = e["ns"]
            elif e.get("event") == "acknowledged":
                begun[key] = (asserted[key], taken[e["vcpu"]])
            elif e.get("event") == "priority drop":
                a, t = begun[key]
                for values, value in zip(found[key], (t - a, e["ns"] - t, e["ns"] - a)):
                    values.append(value)
        return found

    def test_the_text_has_the_spans_of_the_json_lines(self):
        for guest in ("sgi-pingpong", "timer-tick"):
            found = {}
            for line in trace(guest, "latency").decode().splitlines():
                lane = re.match(r"\w+ (\d+) of vCPU (\d+)$", line)
                span = re.match(r"  (.+): (\d+) times, ns: least (\d+), mean (\d+), half <= (\d+), "
                                r"90 % <= (\d+), 99 % <= (\d+), most (\d+)$", line)
                if lane:
                    found[int(lane[2]), int(lane[1])] = rows = []
                elif span:
                    rows.append(tuple(map(int, span.groups()[1:])))
            wanted = self.spans(events(guest))
            self.assertEqual(set(found), set(wanted))
            for key, rows in found.items():
                for row, values in zip(rows, wanted[key], strict=True):
                    values.sort()
                    self.assertEqual((row[0], row[1], row[2], row[6]),
                                     (len(values), values[0], sum(values) // len(values),
                                      values[-1]))
                    for found_one, percent in zip(row[3:6], (50, 90, 99)):
                        value = values[-(-len(values) * percent // 100) - 1]
                        self.assertTrue(value <= found_one <= value * 5 / 4 + 1, (percent, row))

    def test_the_drawing_holds_as_many(self):
        root = xml.etree.ElementTree.fromstring(trace("sgi-pingpong", "latency-svg"))
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.tag, space + "svg")
        rows = root.findall(space + "g")
        self.assertEqual([r.find(space + "title").text for r in rows],
                         ["SGI 1 of vCPU 0", "SGI 1 of vCPU 1"])
        width, height = float(root.get("width")), float(root.get("height"))
        for row in rows:
            bars = row.findall(space + "rect")
            counts = [int(re.search(r": (\d+) times", b.find(space + "title").text)[1])
                      for b in bars]
            self.assertEqual(sum(counts), 3000)
            for bar in bars:
                x, y, w, h = (float(bar.get(k)) for k in ("x", "y", "width", "height"))
                self.assertTrue(0 <= x and x + w <= width and 0 <= y and y + h <= height)


class Linux(unittest.TestCase):
    """Debian's kernel with two vCPUs, to a user program: all formats in one run, read as above."""
    CNTV = 27  # the timer that Linux takes at EL1

    def boot(self, *options, append=""):
        summary = os.path.join(OUTPUT, f"linux-{os.getpid()}.json")
        done = subprocess.run(
            [IRQLAB, "run", "-kernel", f"{GUESTS_FOLDER}/linux", "-initrd",
             f"{GUESTS_FOLDER}/initrd.gz", "-append", f"console=ttyAMA0 {append}", "-smp", "2",
             "-nographic", f"--json={summary}", *options], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, check=True, timeout=500)
        with open(summary, encoding="utf-8") as file:
            result = json.load(file)
        os.unlink(summary)
        return done.stdout.decode(errors="replace"), result

    def test_each_format_has_the_interrupts_of_the_summary_and_the_kernels_functions(self):
        append = "irqlab.functions=handle_irq"
        console, untraced = self.boot(append=append)
        names = os.path.join(OUTPUT, f"linux-{os.getpid()}.map")
        with open(names, "w", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in console.splitlines()
                               if re.fullmatch(r"[0-9a-f]{16} [tT] \S+", line)))
        self.assertGreater(min(self.counts(untraced)), 50)
        paths = {form: path_of("linux", form) for form in SUFFIXES}
        _, traced = self.boot("--symbols", names, *(f"--trace=all:{p}" for p in paths.values()),
                              append=append)
        self.assertEqual(traced["state_hash"], untraced["state_hash"])
        for form, path in paths.items():
            getattr(self, "check_" + form.replace("-", "_"))(path, traced)
            os.unlink(path)
        os.unlink(names)

    def counts(self, summary):
        """Of the timer, at each vCPU."""
        return [next(i["count"] for i in summary["interrupts"]
                     if (i["intid"], i["vcpu"]) == (self.CNTV, vcpu)) for vcpu in range(2)]

    def check_text(self, path, summary):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for vcpu, count in enumerate(self.counts(summary)):
            taken = [l for l in lines if f" v{vcpu} " in l and f" INTID {self.CNTV} acknowl" in l]
            self.assertEqual(len(taken), count)
            self.assertTrue(all(re.search(r"handle_irq\S*\+0x[0-9a-f]+$", l) for l in taken), taken[0])

    def check_jsonl(self, path, summary):
        with open(path, encoding="utf-8") as file:
            objects = [json.loads(line) for line in file]
        self.objects = objects
        for vcpu, count in enumerate(self.counts(summary)):
            taken = [e for e in named(objects, "acknowledged")
                     if (e["vcpu"], e["intid"]) == (vcpu, self.CNTV)]
            self.assertEqual(len(taken), count)
        self.assertTrue(all("handle_irq" in e["symbol"] for e in named(objects, "acknowledged")))

    def check_tarmac(self, path, summary):
        with open(path, encoding="utf-8") as file:
            content = file.read()
        for vcpu, count in enumerate(self.counts(summary)):
            self.assertEqual(content.count(f" ns cpu{vcpu} R ICC_IAR {self.CNTV:08x}\n"), count)

    def check_waves(self, waves, summary):
        for vcpu, count in enumerate(self.counts(summary)):
            active = waves[f"irqlab.vcpu{vcpu}.intid_{self.CNTV}_active"]
            self.assertEqual(sum(value == 1 for _, value in active), count)

    def check_vcd(self, path, summary):
        self.waves = vcd.read(path)
        self.check_waves(self.waves, summary)

    def check_fst(self, path, summary):
        again = path_of("linux", "vcd", "-again")
        subprocess.run(["fst2vcd", "-f", path, "-o", again], check=True, stdout=subprocess.DEVNULL)
        waves = vcd.read(again)
        os.unlink(again)
        self.check_waves(waves, summary)
        self.assertEqual(waves, self.waves)

    def check_perfetto(self, path, summary):
        import trace_processor
        with open(path, "rb") as file:
            content = file.read()
        wrong, taken, symbols = trace_processor.query(
            os.environ["PYTHONPATH"].split(":")[0], content,
            "select name, value from stats where severity != 'info' and value > 0",
            "select t.name, count(*) as n from slice s join track t on s.track_id = t.id "
            f"where s.name = 'PPI {self.CNTV}' and t.name like '%handlers' group by 1 order by 1",
            "select distinct extract_arg(arg_set_id, 'debug.symbol') as symbol from slice "
            f"where name = 'PPI {self.CNTV}'")
        self.assertEqual(wrong, [])
        self.assertEqual(taken, [(f"vCPU {vcpu} handlers", count)
                                 for vcpu, count in enumerate(self.counts(summary))])
        self.assertTrue(symbols and all("handle_irq" in s[0] for s in symbols), symbols)

    def check_latency(self, path, summary):
        with open(path, encoding="utf-8") as file:
            found = re.findall(rf"^PPI {self.CNTV} of vCPU (\d)\n.*\n(?:    .*\n)*"
                               r"  taken to EOI: (\d+) times", file.read(), re.M)
        self.assertEqual(found, [(str(v), str(c)) for v, c in enumerate(self.counts(summary))])

    def check_latency_svg(self, path, summary):
        titles = [t.text for t in xml.etree.ElementTree.parse(path).iter(
            "{http://www.w3.org/2000/svg}title")]
        for vcpu in range(len(self.counts(summary))):
            self.assertIn(f"PPI {self.CNTV} of vCPU {vcpu}", titles)


class Filters(unittest.TestCase):
    def test_intid_vcpu_and_kind_leave_out_the_others_alone(self):
        for guest, settings, keep in (
                ("sgi-pingpong", "irq,vcpu=1", lambda e: e.get("vcpu") == 1),
                ("preempt", "irq,intid=1+3-4",
                 lambda e: e.get("intid") in (1, 3, 4) and e["event"] != "spurious"),
                ("timer-tick", "irq,timer,intid=27",
                 lambda e: e.get("intid") == 27 or e.get("timer") == "CNTV"),
                ("timer-tick", "timer,exception,intid=30",
                 lambda e: e.get("timer") == "CNTP" or e["kind"] == "exception")):
            kinds = [k for k in settings.split(",") if "=" not in k]
            whole = events(guest)
            wanted = [e for e in whole if e["kind"] in kinds and keep(e)]
            self.assertEqual(events(guest, settings), wanted)
            self.assertLess(len(wanted), len(whole))
            self.assertTrue(wanted, settings)


if __name__ == "__main__":
    os.makedirs(OUTPUT, exist_ok=True)
    unittest.main(argv=[sys.argv[0], sys.argv[1].capitalize()], verbosity=2)
